"""A labelled set as a picture: signals it was seen in, what was announced live, what the look back made of it."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")
import matplotlib.pyplot as plt
import numpy as np

from benchmarks.accuracy.frames import COLUMNS, SetFrames
from rhomboid.accuracy import Label
from rhomboid.events import Movement, RepCompleted
from rhomboid.motion.frontend import Frames
from rhomboid.motion.recount_model import probabilities
from rhomboid.motion.recount_ways import PROJECTIONS, signals, ways_to_count
from rhomboid.motion.rep_recount import recount
from rhomboid.motion.repetition import RepetitionDetector
from rhomboid.motion.settings import Settings

WAYS_SHOWN = 4


def draw(label: Label, frames: SetFrames, target: Path) -> None:
    """The most trusted ways of counting, one above the other, each with its repetitions; announced ones in green."""
    live = _announced(frames)
    f = frames
    final, corrections = recount(
        f.t_s, f.acc_g, f.gyr_dps, f.up, f.quat, f.has_gyro, f.breaks, live, "set", f.t_s[0], f.t_s[-1]
    )
    s = signals(f.t_s, f.acc_g, f.gyr_dps, f.up)
    ways = [] if s is None else ways_to_count(s)
    if s is None or not ways:
        return
    trust = probabilities(ways, s)
    figure, axes = plt.subplots(WAYS_SHOWN, 1, figsize=(14, 2.2 * WAYS_SHOWN), sharex=True, squeeze=False)
    for ax, i in zip(axes[:, 0], np.argsort(-trust), strict=False):
        way = ways[i]
        ax.plot(s.t_s, way.p, linewidth=0.8)
        ax.plot(s.t_s[way.far], way.p[way.far], "rv", markersize=4)
        group, component, low_pass_hz = PROJECTIONS[way.projection]
        ax.set_title(f"{len(way.far)} by {group} {component}, {low_pass_hz:g} Hz: {trust[i]:.0%}", fontsize=8)
        for movement in live:
            ax.axvspan(movement.start_s, movement.end_s, color="tab:green", alpha=0.15)
        for movement in final:
            ax.axvline(movement.peak_s, color="tab:red", linewidth=0.6)
    said = ", ".join(f"{c.change} at {c.movement.peak_s:.1f} s ({c.reason})" for c in corrections[:3])
    figure.suptitle(
        f"{label.file} {label.activity}: true {label.expected_reps}, live {len(live)}, final {len(final)}\n{said}",
        fontsize=9,
    )
    figure.tight_layout()
    figure.savefig(target, dpi=80)
    plt.close(figure)


def _announced(f: SetFrames) -> list[Movement]:
    """What the live counter says of the set, break by break."""
    detector = RepetitionDetector(Settings(mode="set"))
    cuts = np.searchsorted(f.t_s, [b.end_s for b in f.breaks])
    events = []
    for number, rows in enumerate(np.split(np.arange(len(f.t_s)), cuts)):
        if number:
            events += detector.interrupt(f.breaks[number - 1])
        part = {name: getattr(f, name)[rows] for name in COLUMNS}
        events += detector.feed(Frames(seen_s=part["t_s"], has_gyro=f.has_gyro, **part))
    return [event.movement for event in events if isinstance(event, RepCompleted)]
