"""Pages of the site that stand elsewhere in the repository, where their code and their readers are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files


def on_files(files: Files, config: Any) -> Files:
    """Takes in the wire formats and the pages at the top, each under its own path."""
    root = Path(config.docs_dir).parent
    for path in [root / "CHANGELOG.md", root / "SECURITY.md", *sorted((root / "firmware_protocol").rglob("*"))]:
        if path.is_file():
            files.append(File.generated(config, path.relative_to(root).as_posix(), abs_src_path=str(path)))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """On the site they stand beside the pages of ``docs/``, in the repository beside ``docs/`` itself."""
    return markdown if "/" in page.file.src_uri else markdown.replace("](../", "](")
