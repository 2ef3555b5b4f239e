"""Runs each notebook in ``docs/`` and makes a page of it: its words, its code, and what that says now.

A cell that fails fails the build. The notebook itself, kept without its results, can be downloaded from the page.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
from mkdocs.structure.files import File, Files
from nbclient import NotebookClient


def on_files(files: Files, config: Any) -> Files:
    """Adds a page beside every notebook."""
    for file in [f for f in files if f.src_uri.endswith(".ipynb")]:
        notebook = nbformat.read(file.abs_src_path, as_version=4)
        root = Path(config.docs_dir).parent
        NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(root)}}).execute()
        page = "\n\n".join([*shown(notebook), f"[This page as a notebook]({Path(file.src_uri).name})"])
        files.append(File.generated(config, file.src_uri.replace(".ipynb", ".md"), content=page))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Links to a notebook lead to its page, but for that page's own."""
    own = Path(page.file.src_uri).with_suffix(".ipynb").name
    return re.sub(r"\]\(([\w-]+\.ipynb)\)", lambda m: m[0] if m[1] == own else m[0].replace(".ipynb", ".md"), markdown)


def shown(notebook: Any) -> Iterator[str]:
    """The notebook as Markdown, piece by piece."""
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            yield cell.source
            continue
        yield f"```python\n{cell.source}\n```"
        for output in cell.outputs:
            data = output.get("data", {})
            if "image/png" in data:
                yield f"![What the code above draws](data:image/png;base64,{data['image/png'].strip()})"
            elif text := output.get("text") or data.get("text/plain"):
                yield f"```text\n{text.rstrip()}\n```"
