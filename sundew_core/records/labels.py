"""Labels: what people write about a run, put in order before it is kept. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

from sundew_core.errors import InputError

LONGEST_NAME = 80
LONGEST_TAG = 30
MOST_TAGS = 20
LONGEST_NOTE = 10_000


def as_name(text: str) -> str | None:
    """A name on one line; None for an empty one, which gives a run its own again. Raises `InputError` for one too long."""
    name = " ".join(text.split())
    if len(name) > LONGEST_NAME:
        raise InputError(f"the name {name[:20]!r}… has {len(name):,} characters: give at most {LONGEST_NAME}")
    return name or None


def as_tags(tags: str | Iterable[str]) -> tuple[str, ...]:
    """Tags without blanks around them, each once, in the order given; a text has commas between them. Raises `InputError`."""
    parts = re.split(r"[,\n]", tags) if isinstance(tags, str) else tags
    found = tuple(dict.fromkeys(tag for tag in (" ".join(part.split()) for part in parts) if tag))
    if len(found) > MOST_TAGS:
        raise InputError(f"{len(found)} tags are too many: give at most {MOST_TAGS}")
    for tag in found:
        if len(tag) > LONGEST_TAG:
            raise InputError(
                f"the tag {tag[:20]!r}… has {len(tag):,} characters: give at most {LONGEST_TAG}, commas between tags"
            )
    return found


def as_note(text: str) -> str | None:
    """A note without blanks around it; None for an empty one. Raises `InputError` for one too long."""
    note = text.strip()
    if len(note) > LONGEST_NOTE:
        raise InputError(f"the note has {len(note):,} characters: give at most {LONGEST_NOTE:,}")
    return note or None
