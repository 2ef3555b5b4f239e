"""Where the trunk is between leaning back and bending forward, as a pointer on a line of text."""

from __future__ import annotations

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

BACK_DEG, FORWARD_DEG = 20, 40
POINTER, LIMIT = "●", "╋"


class TrunkGauge(Widget):
    """Two lines: the scale with its pointer and the limit, and what they mean. Without an angle there is no pointer.

    ``directed`` is False while only the size of the tilt is known; the scale then has no side for leaning back.
    ``limit_deg`` is how far forward is too far; None: nothing is.
    """

    angle_deg: reactive[float | None] = reactive(None)
    directed: reactive[bool] = reactive(True)
    limit_deg: reactive[float | None] = reactive(None)

    def render(self) -> Content:
        lines = gauge(self.angle_deg, self.size.width, directed=self.directed, limit_deg=self.limit_deg)
        return Content("\n".join(lines))


def gauge(angle_deg: float | None, width: int, *, directed: bool, limit_deg: float | None = None) -> tuple[str, str]:
    """The scale and its labels, each ``width`` characters; a pointer beyond the scale stays at its end, as an arrow.

    What lies beyond the limit is drawn double.
    """
    low_deg, high_deg = (-BACK_DEG, FORWARD_DEG) if directed else (0, FORWARD_DEG)
    if width < 12:
        return "", ""

    def column(deg: float) -> int:
        return round((deg - low_deg) / (high_deg - low_deg) * (width - 1))

    scale = ["├", *"─" * (width - 2), "┤"]
    scale[column(0)] = "┼" if directed else "├"
    limited = limit_deg is not None and limit_deg < high_deg
    if limit_deg is not None and limited:
        scale[column(limit_deg) :] = [LIMIT, *"═" * (width - column(limit_deg) - 2), "╡"]
    if angle_deg is not None:
        at = column(min(max(angle_deg, low_deg), high_deg))
        scale[at] = "◀" if angle_deg < low_deg else "▶" if angle_deg > high_deg else POINTER
    right = f"{high_deg}° forward" if directed else f"{high_deg}° any way"
    left = f"{-low_deg}° back" if directed else "0°"
    labels = left.ljust(width - len(right)) + right
    if directed:
        labels = _written(labels, "0°", column(0))
    if limit_deg is not None and limited:
        labels = _written(labels, f"limit {limit_deg:g}°", column(limit_deg))
    return "".join(scale), labels[:width]


def _written(labels: str, text: str, column: int) -> str:
    """``labels`` with ``text`` beginning at ``column``, where nothing else stands there or next to it."""
    start = min(column, len(labels) - len(text))
    if start < 1 or labels[start - 1 : start + len(text) + 1].strip():
        return labels
    return labels[:start] + text + labels[start + len(text) :]
