"""The report in a real browser: Chromium without a window looks at it and prints it.

Without a browser these skip, unless REPORT_BROWSER=required (so in CI): then they fail.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import matplotlib.image
import numpy as np
import pytest

from rhomboid.report.browser import find_browser, print_pdf, run
from rhomboid.report.page import STYLE

from .test_page import whole

pytestmark = [
    pytest.mark.slow,
    pytest.mark.xdist_group("report"),
    pytest.mark.skipif(
        find_browser() is None and os.environ.get("REPORT_BROWSER") != "required", reason="there is no Chromium"
    ),
]
LOGGED = "--enable-logging=stderr"
QUESTION = """<script>
addEventListener("load", () => {
  const pictures = [...document.images];
  const answer = document.createElement("pre");
  answer.textContent = JSON.stringify({
    pictures: pictures.length, broken: pictures.filter(p => !p.complete || p.naturalWidth < 100).length,
    wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    styled: getComputedStyle(document.querySelector(".limits")).borderTopWidth,
    outside: [...document.querySelectorAll("table, img, p, div")].filter(
      x => x.getBoundingClientRect().right > document.body.getBoundingClientRect().right + 1).length
  });
  document.body.append(answer);
});
</script>"""


@pytest.fixture
def html(tmp_path: Path) -> Path:
    path = tmp_path / "report.html"
    path.write_text(whole(), encoding="utf-8")
    return path


def test_nothing_in_it_is_refused_and_all_pictures_are_drawn(html: Path) -> None:
    said = run(html, LOGGED, "--dump-dom")
    assert "CONSOLE" not in said and "Training report" in said
    asking = whole().replace("default-src 'none';", "default-src 'none'; script-src 'unsafe-inline';")
    html.write_text(asking.replace("</head>", QUESTION + "</head>"), encoding="utf-8")
    for size in ("--window-size=1000,800", "--window-size=600,800"):
        answer = re.search(r"<pre>({.*?})</pre>", run(html, size, "--virtual-time-budget=5000", "--dump-dom"))
        assert answer is not None
        assert answer[1] == '{"pictures":15,"broken":0,"wide":0,"styled":"2px","outside":0}'


def test_a_page_that_was_tampered_with_is_refused(html: Path) -> None:
    evil = "<script>document.title = 'gone'</script><img src='http://127.0.0.1:9/x.png'>"
    html.write_text(whole().replace("</body>", evil + "</body>").replace(STYLE, STYLE + "p { color: red }"))
    said = run(html, LOGGED, "--dump-dom")
    assert len(re.findall("CONSOLE.*Content Security Policy", said)) >= 3  # the script, the picture, the style
    assert "<title>Training report" in said


def test_it_looks_like_a_report(html: Path, tmp_path: Path) -> None:
    shot = tmp_path / "shot.png"
    run(html, f"--screenshot={shot}", "--window-size=900,3000", "--hide-scrollbars")
    pixels = (matplotlib.image.imread(shot)[:, :, :3] * 255).round().astype(int)
    assert pixels.shape == (3000, 900, 3)
    for colour in ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#56B4E9"):
        wanted = [int(colour[k : k + 2], 16) for k in (1, 3, 5)]
        assert (abs(pixels - wanted).max(axis=2) < 8).sum() > 200, colour
    ink = (pixels.min(axis=2) < 200).mean(axis=1)
    assert 0.02 < ink.mean() < 0.4
    empty = np.flatnonzero(np.diff(np.flatnonzero(ink > 0)) > 150)
    assert len(empty) == 0  # no hole of four centimetres
    assert (pixels[:, :60] > 250).all() and (pixels[:, -60:] > 250).all()  # margins


def test_it_is_printed_on_a4(html: Path, tmp_path: Path) -> None:
    pdf = tmp_path / "report.pdf"
    print_pdf(html, pdf)
    content = pdf.read_bytes()
    assert content.startswith(b"%PDF")
    sizes = {tuple(map(float, box.split()[2:])) for box in re.findall(rb"/MediaBox \[([^\]]*)\]", content)}
    assert sizes and all(abs(w - 595) < 2 and abs(h - 842) < 2 for w, h in sizes)
    assert 5 <= len(re.findall(rb"/Type /Page\b", content)) <= 12
