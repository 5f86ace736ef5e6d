"""Arrays as text: exactly what was written comes back, on every machine, and other text is refused."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays, scalar_dtypes

from sundew_core.events.arrays import from_text, to_text

NUMBERS = scalar_dtypes().filter(lambda kind: kind.kind in "iuf" and kind.itemsize <= 8)


@given(arrays(NUMBERS, st.integers(0, 40)))
def test_what_is_written_comes_back_exactly(array):
    back = from_text(to_text(array))
    assert back.dtype == array.dtype.newbyteorder("<")
    assert back.tobytes() == array.astype(array.dtype.newbyteorder("<")).tobytes()


def test_the_text_is_that_of_the_description():
    assert to_text(np.array([1, 2, 3], np.uint16)) == to_text(np.array([1, 2, 3], ">u2")) == "<u2 eJxjZGBiYGYAAAAaAAc="


def test_many_numbers_are_packed():
    assert len(to_text(np.full(50_000, 7, np.uint8))) < 200


def test_what_was_read_cannot_be_changed():
    with pytest.raises(ValueError, match="read-only"):
        from_text(to_text(np.arange(3)))[0] = 1


@pytest.mark.parametrize(
    "text", ["", "<u2", "hello world", "<u2 ###", "<u2 YWJj", "<u2 eJxj", "<u4 eJxjZGBiYGYAAAAaAAc=", "(1, eJ"]
)
def test_text_that_is_not_an_array_is_refused(text):
    with pytest.raises(ValueError, match=r"\w"):
        from_text(text)
