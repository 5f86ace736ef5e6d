"""What all tests share: property tests search anew on a developer's machine, and repeat the same examples in CI."""

import os
import sys

import pytest
from hypothesis import settings

from tests.acting import runner, running

settings.register_profile("search", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "search")

__all__ = ["runner", "running"]  # fixtures


@pytest.fixture(scope="session", autouse=True)
def short_calibration():
    """Before it begins, a run measures the machine for two seconds. Few tests care about that, and many train."""
    calibration = sys.modules.get("sundew_core.training.calibration")
    with pytest.MonkeyPatch.context() as patch:
        if calibration is not None:
            patch.setattr(calibration, "BUDGET_FLOP", calibration.BUDGET_FLOP / 20)
        yield
