"""Theme: the colours of every figure, dark and light.

One colour per arm on every figure of every page. Marks keep a contrast of 3:1 or more against the card, text 4.5:1
or more (WCAG 2.2, 1.4.3 and 1.4.11); where an arm's colour is too pale for that on white, the light theme deepens
the same hue.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from sundew_core.arms import ARM_KINDS


@dataclass(frozen=True, kw_only=True, slots=True)
class Theme:
    """Colours as `#RRGGBB`."""

    ground: str
    panel: str
    """The card that a figure stands on."""
    line: str
    text: str
    secondary: str
    arms: Mapping[str, str]
    """Marks: lines, points and bars."""
    arm_texts: Mapping[str, str]
    """Words in an arm's colour."""
    active: str
    dormant: str
    saved: str
    """Compute that was not needed."""
    change: str
    """Where the user changed a knob."""
    change_text: str


DARK = Theme(
    ground="#0E1513",
    panel="#121B18",
    line="#24332D",
    text="#E4ECE8",
    secondary="#8CA198",
    arms=MappingProxyType({arm: kind.dark[0] for arm, kind in ARM_KINDS.items()}),
    arm_texts=MappingProxyType({arm: kind.dark[1] for arm, kind in ARM_KINDS.items()}),
    active="#E8505B",
    dormant="#3D5A4C",
    saved="#4A8F70",
    change="#F5B841",
    change_text="#F5B841",
)
LIGHT = Theme(
    ground="#F4F7F5",
    panel="#FFFFFF",
    line="#DDE5E1",
    text="#17211D",
    secondary="#5A6B63",
    arms=MappingProxyType({arm: kind.light[0] for arm, kind in ARM_KINDS.items()}),
    arm_texts=MappingProxyType({arm: kind.light[1] for arm, kind in ARM_KINDS.items()}),
    active="#E8505B",
    dormant="#A9C4B7",
    saved="#4A8F70",
    change="#B8800F",
    change_text="#8A5D00",
)


def theme(dark: bool) -> Theme:
    """Choose the dark or the light theme."""
    return DARK if dark else LIGHT


def faint(colour: str, opacity: float) -> str:
    """Make a `#RRGGBB` colour transparent; opacity in [0, 1]."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity:g})"


def blend(colour: str, ground: str, share: float) -> str:
    """Mix two `#RRGGBB` colours; `share` in [0, 1] is that of the first. It looks like `faint` on that ground, but is opaque."""
    parts = [(int(colour[i : i + 2], 16), int(ground[i : i + 2], 16)) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(share * top + (1.0 - share) * below):02X}" for top, below in parts)
