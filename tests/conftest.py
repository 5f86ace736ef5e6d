"""What all tests share: property tests search anew on a developer's machine, and repeat the same examples in CI."""

import os

from hypothesis import settings

from tests.acting import runner, running

settings.register_profile("search", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "search")

__all__ = ["runner", "running"]  # fixtures
