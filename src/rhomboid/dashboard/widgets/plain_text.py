"""Text from anywhere, shown as it is: no markup is obeyed and nothing in it reaches the terminal as a command."""

from __future__ import annotations

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from rhomboid.errors import harmless


class PlainText(Widget):
    """One paragraph; redrawn only when ``text`` changes, and laid out anew only where its height is ``auto``."""

    text: reactive[str] = reactive("")

    def __init__(self, text: str = "", *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.set_reactive(PlainText.text, text)

    def watch_text(self) -> None:
        if self.styles.is_auto_height:
            self.refresh(layout=True)

    def render(self) -> Content:
        return Content(harmless(self.text))


class PlainLines(PlainText):
    """The same for text of several lines."""

    def render(self) -> Content:
        return Content("\n".join(map(harmless, self.text.split("\n"))))
