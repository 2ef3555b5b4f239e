"""Printing a page to PDF with a browser that is there already (Chromium or a relative of it), without a window."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from rhomboid.errors import DataError, UsageError

BROWSERS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "microsoft-edge",
    "msedge",
)
PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
)
TIMEOUT_S = 120.0


def find_browser() -> str | None:
    """The first that is installed."""
    found = (shutil.which(name) for name in (*BROWSERS, *PLACES))
    return next((path for path in found if path is not None), None)


def print_pdf(html: Path, pdf: Path) -> None:
    """Writes ``html`` as PDF. Raises UsageError without a browser, DataError where it fails."""
    run(html, f"--print-to-pdf={pdf.absolute()}", "--no-pdf-header-footer")
    if not pdf.is_file():
        raise DataError("the browser wrote no PDF", do="open the HTML file and print it from there", where=str(pdf))


def run(html: Path, *arguments: str) -> str:
    """A browser without window or network, on a profile of its own; gives what it said. Raises as ``print_pdf``."""
    browser = find_browser()
    if browser is None:
        do = "open the HTML file in any browser and print it from there"
        raise UsageError("there is no Chromium, Chrome or Edge to print with", do=do)
    # The page is our own and runs nothing; the browser itself refuses its sandbox to the superuser.
    alone = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        command = [browser, "--headless", "--disable-gpu", "--disable-extensions", "--no-first-run", *alone]
        command += ["--proxy-server=127.0.0.1:9", f"--user-data-dir={profile}", *arguments, html.absolute().as_uri()]
        try:
            done = subprocess.run(command, capture_output=True, timeout=TIMEOUT_S, check=False)  # noqa: S603
        except (OSError, subprocess.TimeoutExpired) as problem:
            do = "open the HTML file and print it from there"
            raise DataError("the browser did not finish", do=do, where=browser) from problem
    return (done.stdout + done.stderr).decode("utf-8", errors="replace")
