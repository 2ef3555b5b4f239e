"""Where the trunk is between leaning back and bending forward, as a pointer on a line of text."""

from __future__ import annotations

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

BACK_DEG, FORWARD_DEG = 20, 40
POINTER = "●"


class TrunkGauge(Widget):
    """Two lines: the scale with its pointer, and what its ends mean. Without an angle there is no pointer.

    ``directed`` is False while only the size of the tilt is known; the scale then has no side for leaning back.
    """

    angle_deg: reactive[float | None] = reactive(None)
    directed: reactive[bool] = reactive(True)

    def render(self) -> Content:
        return Content("\n".join(gauge(self.angle_deg, self.size.width, directed=self.directed)))


def gauge(angle_deg: float | None, width: int, *, directed: bool) -> tuple[str, str]:
    """The scale and its labels, each ``width`` characters; a pointer beyond the scale stays at its end, as an arrow."""
    low_deg, high_deg = (-BACK_DEG, FORWARD_DEG) if directed else (0, FORWARD_DEG)
    if width < 12:
        return "", ""

    def column(deg: float) -> int:
        return round((deg - low_deg) / (high_deg - low_deg) * (width - 1))

    scale = ["├", *"─" * (width - 2), "┤"]
    scale[column(0)] = "┼" if directed else "├"
    if angle_deg is not None:
        at = column(min(max(angle_deg, low_deg), high_deg))
        scale[at] = "◀" if angle_deg < low_deg else "▶" if angle_deg > high_deg else POINTER
    right = f"{high_deg}° forward" if directed else f"{high_deg}° any way"
    left = f"{-low_deg}° back" if directed else "0°"
    labels = left.ljust(width - len(right)) + right
    if directed and len(left) + 1 < column(0) < width - len(right) - 3:
        labels = labels[: column(0)] + "0°" + labels[column(0) + 2 :]
    return "".join(scale), labels[:width]
