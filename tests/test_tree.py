"""The repository as a stranger finds it: few things at the top, and prose only where it is looked for."""

import shutil
import subprocess
from pathlib import PurePosixPath

import pytest

from tools import ROOT

TOP = {
    "app.py", "sundew_core", "pages", "tests", "tools", "docs", "requirements.txt", "requirements-dev.txt", "Dockerfile",
    "README.md",
    "pyproject.toml", ".streamlit", ".ci", ".gitignore", ".dockerignore",
}  # fmt: skip


@pytest.fixture(scope="module")
def files():
    """Every file that git keeps, relative to the root."""
    if not (ROOT / ".git").exists():
        pytest.skip("this copy is not a git repository, so nothing tells its files from what lies about")
    if shutil.which("git") is None:
        pytest.skip("git is not installed, so nothing tells the repository's files from what lies about")
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return [PurePosixPath(name) for name in listing.split("\0") if name]


def test_the_top_level_holds_what_it_must_and_nothing_else(files):
    assert {path.parts[0] for path in files} == TOP


def test_prose_is_in_the_readme_and_in_docs(files):
    prose = [path for path in files if path.suffix.lower() in (".md", ".markdown", ".rst")]
    assert [path for path in prose if path.parts[0] not in ("README.md", "docs")] == []


def test_nothing_that_a_program_made_is_kept(files):
    made = (".pyc", ".db", ".db-wal", ".db-shm", ".sqlite", ".log", ".pt", ".pth", ".npz", ".jsonl")
    assert [path for path in files if path.suffix in made or "__pycache__" in path.parts] == []
