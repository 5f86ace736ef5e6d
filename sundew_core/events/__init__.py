"""Events: what a run and a contest are made of, and the commands that a run obeys."""
