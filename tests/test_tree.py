"""The repository as a newcomer finds it: few files at the top, and prose only in the README and in docs."""

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
    """Every file in git, relative to the root."""
    if not (ROOT / ".git").exists():
        pytest.skip("this copy is not a git repository, so its files cannot be listed")
    if shutil.which("git") is None:
        pytest.skip("git is not installed, so the repository's files cannot be listed")
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return [PurePosixPath(name) for name in listing.split("\0") if name]


def test_the_top_level_holds_exactly_these(files):
    assert {path.parts[0] for path in files} == TOP


def test_prose_is_in_the_readme_and_in_docs(files):
    prose = [path for path in files if path.suffix.lower() in (".md", ".markdown", ".rst")]
    assert [path for path in prose if path.parts[0] not in ("README.md", "docs")] == []


def test_no_generated_file_is_in_git(files):
    made = (".pyc", ".db", ".db-wal", ".db-shm", ".sqlite", ".log", ".pt", ".pth", ".npz", ".jsonl")
    assert [path for path in files if path.suffix in made or "__pycache__" in path.parts] == []
