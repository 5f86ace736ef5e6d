"""Downloads keep only what was published."""

import hashlib

import pytest

from sundew_core.data import fetch


def test_fetch_keeps_only_what_was_published(tmp_path):
    source, path = tmp_path / "source", tmp_path / "folder" / "file"
    source.write_bytes(b"published" * 1000)
    md5 = hashlib.md5(source.read_bytes()).hexdigest()
    nowhere = (tmp_path / "nowhere").as_uri()
    with pytest.raises(OSError, match=r"nowhere.*incomplete or changed"):
        fetch.fetch([nowhere, source.as_uri()], path, "0" * 32, lambda message: None)
    assert list(path.parent.iterdir()) == []
    messages: list[str] = []
    fetch.fetch([nowhere, source.as_uri()], path, md5, messages.append)
    assert path.read_bytes() == source.read_bytes()
    assert messages[0].startswith("Downloading file")
    source.unlink()
    fetch.fetch([source.as_uri()], path, md5, messages.append)
