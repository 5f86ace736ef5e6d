"""Contests: several arms in turn on one machine, compared at equal training seconds, or timed."""
