"""The dashboard in a real browser: Chromium without a window loads it, sees counts move, types, and opens a second tab.

Without a browser this skips, unless SERVE_BROWSER=required (so in CI): then it fails.
"""

from __future__ import annotations

import asyncio
import io
import os
import re
from pathlib import Path

import matplotlib.image
import pytest

from rhomboid.report.browser import find_browser

from .chromium import Chromium
from .serving import PATIENCE_S, Serving

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        find_browser() is None and os.environ.get("SERVE_BROWSER") != "required", reason="there is no Chromium"
    ),
]


def reps(shown: str) -> int:
    """The last repetition in the list of events."""
    return max((int(found) for found in re.findall(r" rep (\d+)", shown)), default=0)


def whole(shown: str) -> list[str]:
    """The lines, without what is empty to the right and below: anything left around them would be seen."""
    return [line.rstrip() for line in shown.rstrip().split("\n")]


async def test_it_loads_and_counts_and_hears_keys_and_a_second_tab_sees_the_same(tmp_path: Path) -> None:
    profile = tmp_path / "profile"
    with Serving(tmp_path, "demo", "--speed", "4", "--sound", "off") as serving:
        async with Chromium(profile) as browser:
            large = await browser.open(serving.url, (1200, 800))
            counted = reps(await large.until(reps, "a repetition"))
            await large.until(lambda shown: reps(shown) > counted, "another repetition")

            await large.press(" ")
            await large.until(lambda shown: "paused" in shown, "the pause")
            small = await browser.open(serving.url, (900, 600))
            await small.until(lambda shown: "paused" in shown, "the pause in the second tab")
            await large.until(lambda shown: not shown.split("\n")[-1].strip(), "a screen that fits both")
            async with asyncio.timeout(PATIENCE_S):
                while whole(await large.text()) != whole(await small.text()):
                    await asyncio.sleep(0.1)

            await small.press("2")
            for tab in (large, small):
                await tab.until(lambda shown: "trunk angle" in shown, "the desk")
            pixels = matplotlib.image.imread(io.BytesIO(await small.picture()))
            assert pixels.shape[:2] == (600, 900)
            assert 0.01 < (pixels[:, :, :3].max(axis=2) > 0.6).mean() < 0.5  # letters and lines, on a dark ground

            await small.close()
            await large.until(lambda shown: shown.split("\n")[-1].strip(), "the whole screen again")

            await large.press("q")
            status, complaints = await asyncio.to_thread(serving.ended)
            assert (status, complaints) == (0, "")
            assert await large.evaluate("getComputedStyle(document.querySelector('.closed')).display") == "block"
            for tab in (large, small):
                assert tab.complaints == []
                assert len(tab.asked_for) == 5
                assert all(re.sub("^ws:", "http:", url).startswith(serving.url) for url in tab.asked_for)
