"""Accuracy on labelled recordings: ``python -m benchmarks.accuracy --data DIR [--plot FILE...]``.

Prints what ``rhomboid accuracy`` prints. With ``--plot`` (needs matplotlib) the sets of the named recordings, or with
no names all missed ones, are drawn with every decision marked, one picture a set.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from rhomboid.accuracy import Label, measure, read_labels
from rhomboid.errors import RhomboidError, UsageError
from rhomboid.tables import report


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.accuracy", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the folder that holds labels.csv")
    parser.add_argument("--plot", nargs="*", metavar="FILE", help="as named in labels.csv; none: all missed sets")
    parser.add_argument("--pictures", type=Path, default=Path("pictures"), help="the folder to draw into")
    options = parser.parse_args()
    try:
        if options.plot:
            draw_all(options.data, _sets_of(options.data, options.plot), options.pictures)
            return 0
        result = measure(options.data, lambda done, of: print(f"\r{done} of {of} files", end="", file=sys.stderr))
        print(report(result))
        if options.plot is not None:
            draw_all(options.data, [missed.label for missed in result.missed], options.pictures)
    except RhomboidError as error:
        print(f"benchmarks.accuracy: {error}", file=sys.stderr)
        return error.exit_status
    return 0


def _sets_of(folder: Path, files: list[str]) -> list[Label]:
    sets = [label for label in read_labels(folder) if label.task == "reps" and label.file in files]
    if not sets:
        raise UsageError("no labelled set is in these files", do="name them as labels.csv does")
    return sets


def draw_all(folder: Path, sets: list[Label], pictures: Path) -> None:
    """One picture a set, in ``pictures``. Raises UsageError where matplotlib is missing."""
    try:
        from benchmarks.accuracy.pictures import draw
    except ModuleNotFoundError as error:
        raise UsageError("drawing needs matplotlib", do="pip install matplotlib") from error
    from benchmarks.accuracy.frames import labelled

    pictures.mkdir(parents=True, exist_ok=True)
    for number, (label, frames) in enumerate(labelled(folder, sets)):
        target = pictures / f"{number:03d} {label.activity}.png"
        draw(label, frames, target)
        print(target)


if __name__ == "__main__":
    sys.exit(main())
