"""The site loads nothing from the web: a page that would is an error."""

from __future__ import annotations

import re
from typing import Any

from mkdocs.exceptions import PluginError

LOADED = re.compile(r"<(?:script|link|img|iframe|source)\b[^>]*\b(?:src|href)=\"?(?:https?:)?//[^\s\">]*")


def on_post_page(output: str, page: Any, **_: Any) -> str:
    """Raises PluginError with what would be fetched."""
    if found := LOADED.search(output):
        raise PluginError(f"{page.file.src_uri} would load something from the web: {found[0]}")
    return output
