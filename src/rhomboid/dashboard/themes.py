"""The colours one can choose. None of them says anything alone: whatever has a colour has a word or a shape too."""

from __future__ import annotations

from dataclasses import replace

from textual.theme import BUILTIN_THEMES, Theme

CONTRAST = Theme(
    name="contrast",
    primary="#00d7ff",
    secondary="#ffffff",
    accent="#ffff00",
    warning="#ffaf00",
    error="#ff5f5f",
    success="#00ff5f",
    foreground="#ffffff",
    background="#000000",
    surface="#000000",
    panel="#1c1c1c",
    variables={"text-muted": "#e4e4e4", "footer-key-foreground": "#ffff00", "block-cursor-text-style": "bold reverse"},
)

THEMES: dict[str, tuple[Theme, str]] = {
    "dark": (replace(BUILTIN_THEMES["textual-dark"], name="dark"), "dark"),
    "light": (replace(BUILTIN_THEMES["textual-light"], name="light"), "light"),
    "terminal": (replace(BUILTIN_THEMES["ansi-dark"], name="terminal"), "the terminal's own colours"),
    "terminal-light": (
        replace(BUILTIN_THEMES["ansi-light"], name="terminal-light"),
        "the terminal's own colours, where its background is light",
    ),
    "contrast": (CONTRAST, "high contrast"),
}
"""By name: the theme, and what it is in words."""
