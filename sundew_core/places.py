"""Where files are kept: three environment variables, read at every call so that a test or a shell can change them."""

import os
from pathlib import Path


def home() -> Path:
    """`SUNDEW_HOME`, default `runs/`: the database of runs and contests."""
    return Path(os.environ.get("SUNDEW_HOME") or "runs")


def data_folder() -> Path:
    """`SUNDEW_DATA`, default `data/`: the data sets."""
    return Path(os.environ.get("SUNDEW_DATA") or "data")


def store_url() -> str:
    """`SUNDEW_STORE_URL`, default an SQLite file in `home()`: any SQLAlchemy URL."""
    return os.environ.get("SUNDEW_STORE_URL") or f"sqlite:///{(home() / 'sundew.db').absolute().as_posix()}"
