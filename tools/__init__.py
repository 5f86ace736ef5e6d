"""Tools: scripts that measure Sundew, and scripts that make its pictures and recorded examples."""

from pathlib import Path

ROOT = Path(__file__).parent.parent
"""The root of the repository."""
DOCS = ROOT / "docs"
