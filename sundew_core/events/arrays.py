"""Arrays as text: an event may carry one number per sample, and its reader needs no torch.

    "<u2 eJxjZGBiYGYAAAAaAAc="    numpy's name of the type, a blank, and base64 of the zlib-compressed values

The bytes are always little-endian, as the name says, so that every machine reads the same values.
"""

import base64
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray


def to_text(array: NDArray[Any]) -> str:
    """Write an array [N] of numbers; exactly these values come back."""
    portable = array.astype(array.dtype.newbyteorder("<"), copy=False)
    return f"{portable.dtype.str} {base64.b64encode(zlib.compress(portable.tobytes())).decode()}"


def from_text(text: str) -> NDArray[Any]:
    """Read an array [N] written by `to_text`; it is read-only. Raises `ValueError` for any other text."""
    kind, _, packed = text.partition(" ")
    try:
        return np.frombuffer(zlib.decompress(base64.b64decode(packed, validate=True)), dtype=np.dtype(kind))
    except (TypeError, SyntaxError, zlib.error) as error:
        raise ValueError(f"{text[:20]!r} is not the beginning of an array: {error}") from error
