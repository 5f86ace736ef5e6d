"""Wording: how numbers read, on every page, in every figure and on the command line."""

UNKNOWN = "–"
"""Stands where a number was not measured or is not known."""


def percent(fraction: float | None, digits: int = 1) -> str:
    """Write a fraction in percent with fixed digits: `6.0 %`, and with 2 digits `6.02 %`."""
    return UNKNOWN if fraction is None else f"{100 * fraction:.{digits}f} %"


def short_percent(fraction: float) -> str:
    """Write a fraction in percent with three significant digits, as a user would set it: `6 %`, `16.7 %`, `0.15 %`."""
    return f"{100 * fraction:.3g} %"


def seconds(value_s: float) -> str:
    """Write seconds with as many digits as their size needs: `0.043 s`, `0.85 s`, `12.4 s`, `1,240 s`."""
    return _scaled(value_s, "s")


def milliseconds(value_s: float) -> str:
    """Write seconds in milliseconds: `0.043 ms`, `0.85 ms`, `12.4 ms`, `702 ms`."""
    return _scaled(1e3 * value_s, "ms")


def microseconds(value_s: float | None) -> str:
    """Write seconds in whole microseconds: `43 us`; ASCII, for tables on a terminal."""
    return UNKNOWN if value_s is None else f"{1e6 * value_s:,.0f} us"


def times(factor: float) -> str:
    """Write a factor: `2.5×`, `14.6×`, `120×`."""
    return f"{factor:,.0f}×" if factor >= 100 else f"{factor:.1f}×"


def _scaled(value: float, unit: str) -> str:
    digits = 3 if value < 0.1 else 2 if value < 10 else 1 if value < 100 else 0
    return f"{value:,.{digits}f} {unit}"
