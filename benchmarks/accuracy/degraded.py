"""What worse streams cost: ``python -m benchmarks.accuracy.degraded --data DIR [--every N]``.

Labelled recordings are counted again with a lower or higher rate, without the gyroscope, with wrong time stamps and
with packets lost. Of every group every ``N``-th set is taken, in the order of labels.csv (default 4), and every N-th
file of posture trials.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np

from rhomboid import events as e
from rhomboid.accuracy import MARGIN_S, SCORED_SLOUCH, Label, Share, read_labels
from rhomboid.imu import Array, Gap, ImuBlock, StreamItem
from rhomboid.library import open_file
from rhomboid.motion.pipeline import Pipeline
from rhomboid.motion.settings import Settings

LOW_HZ, HIGH_HZ = 25.0, 208.0
JITTER = 0.2
LOST, PACKET, BURST = 0.02, 5, 3.0
"""Share of the packets lost, samples a packet, packets in a burst on average."""
ACC_NOISE_G_RTHZ, GYR_NOISE_DPS_RTHZ = 160e-6, 0.008  # a good consumer IMU

Degrade = Callable[[ImuBlock, np.random.Generator], list[StreamItem]]


def resampled(block: ImuBlock, rate_hz: float, rng: np.random.Generator) -> ImuBlock:
    """At another rate: below the recorded one low-passed first, above it with the noise of the added bandwidth."""
    from scipy.signal import butter, sosfiltfilt

    usual_s = float(np.median(np.diff(block.t_s)))
    even_s = np.arange(block.t_s[0], block.t_s[-1], usual_s)
    values = _values(block)
    line = np.stack([np.interp(even_s, block.t_s, v) for v in values.T], axis=1)
    if rate_hz < 0.95 / usual_s and len(line) > 30:
        line = sosfiltfilt(butter(4, 0.4 * rate_hz, fs=1.0 / usual_s, output="sos"), line, axis=0)
    t_s = np.arange(even_s[0], even_s[-1], 1.0 / rate_hz)
    line = np.stack([np.interp(t_s, even_s, v) for v in line.T], axis=1)
    if rate_hz > 1.05 / usual_s:
        noise = np.repeat([ACC_NOISE_G_RTHZ, GYR_NOISE_DPS_RTHZ], 3)[: line.shape[1]] * np.sqrt(rate_hz / 2)
        line += noise * rng.standard_normal(line.shape)
    return _block(t_s, line)


def accelerometer_only(block: ImuBlock) -> ImuBlock:
    return ImuBlock(block.t_s, block.acc_g)


def jittery(block: ImuBlock, rng: np.random.Generator) -> ImuBlock:
    """Time stamps that are wrong by up to a share of the period; the samples are as they were."""
    period_s = float(np.median(np.diff(block.t_s)))
    t_s = block.t_s + JITTER * period_s * rng.uniform(-1.0, 1.0, len(block))
    return ImuBlock(np.maximum.accumulate(t_s) + 1e-6 * np.arange(len(block)), block.acc_g, block.gyr_dps)


def lossy(block: ImuBlock, rng: np.random.Generator) -> list[StreamItem]:
    """Packets lost in bursts, every loss marked (Gilbert's model: two states, geometric lengths)."""
    items: list[StreamItem] = []
    start, losing, last_s = 0, False, float(block.t_s[0])
    begin = LOST / (1.0 - LOST) / BURST
    for first in range(0, len(block) + PACKET, PACKET):
        was, losing = losing, bool(rng.random() < (1.0 - 1.0 / BURST if losing else begin))
        if losing and not was and first > start:
            items.append(block[start:first])
            last_s = float(block.t_s[min(first, len(block)) - 1])
        if was and not losing and first < len(block):
            items.append(Gap(last_s, float(block.t_s[first]), "packets lost"))
            start = first
    return items if losing or start >= len(block) else [*items, block[start:]]


CONDITIONS: dict[str, Degrade] = {
    "as recorded": lambda b, rng: [b],
    "25 Hz": lambda b, rng: [resampled(b, LOW_HZ, rng)],
    "208 Hz, noise added": lambda b, rng: [resampled(b, HIGH_HZ, rng)],
    "accelerometer only": lambda b, rng: [accelerometer_only(b)],
    "time stamps +-20 % of a period": lambda b, rng: [jittery(b, rng)],
    "2 % of packets lost, in bursts": lossy,
    "all: 25 Hz, acc., jitter, loss": lambda b, rng: lossy(
        jittery(accelerometer_only(resampled(b, LOW_HZ, rng)), rng), rng
    ),
}


def _values(block: ImuBlock) -> Array:
    return block.acc_g if block.gyr_dps is None else np.concatenate((block.acc_g, block.gyr_dps), axis=1)


def _block(t_s: Array, values: Array) -> ImuBlock:
    gyr_dps = values[:, 3:] if values.shape[1] > 3 else None
    return ImuBlock(t_s, np.ascontiguousarray(values[:, :3]), gyr_dps)


def events_of(blocks: list[ImuBlock], degrade: Degrade, settings: Settings) -> list[e.Event]:
    """The same random numbers for every recording."""
    pipeline, rng = Pipeline(settings), np.random.default_rng(1)
    items: list[StreamItem] = []
    for block in blocks:
        if items and isinstance(items[-1], ImuBlock):
            items.append(Gap(float(items[-1].t_s[-1]), float(block.t_s[0]), "as recorded"))
        items += degrade(block, rng)
    return [event for item in items for event in pipeline.feed(item)] + pipeline.finish()


@cache
def blocks_of(path: Path) -> list[ImuBlock]:
    """The unbroken stretches of a recording."""
    return [item for item in open_file(path).items if isinstance(item, ImuBlock)]


def cut(blocks: list[ImuBlock], label: Label) -> list[ImuBlock]:
    """What a label is about, with the usual margin."""
    ends = label.start_s - MARGIN_S, label.end_s + MARGIN_S
    pieces = [b[slice(*np.searchsorted(b.t_s, ends).tolist())] for b in blocks]
    return [piece for piece in pieces if len(piece) > 1]


def sampled(labels: list[Label], every: int) -> tuple[list[Label], list[str]]:
    """Every so many sets of each group, and files with posture trials, in order."""
    groups: defaultdict[str, list[Label]] = defaultdict(list)
    for label in labels:
        if label.task == "reps" and not label.file.startswith("pushup"):
            groups[label.group].append(label)
    files = list(dict.fromkeys(label.file for label in labels if label.activity == "reference"))
    return [label for group in groups.values() for label in group[::every]], files[::every]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.accuracy.degraded", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the folder that holds labels.csv")
    parser.add_argument("--every", type=int, default=4)
    options = parser.parse_args()
    labels = read_labels(options.data)
    sets, files = sampled(labels, options.every)
    print(f"{len(sets)} sets, {sum(label.sure for label in sets)} of them with a sure truth; {len(files)} sitters")
    columns = ("final exact %", "within 1 %", "live exact %", "within 1 %", "slouch alarmed %", "upright alarmed %")
    print(f"{'':32}" + "".join(f"{name:>18}" for name in columns))
    for name, degrade in CONDITIONS.items():
        print(f"{name:32}" + "".join(f"{s!s:>18}" for s in scores(options.data, labels, sets, files, degrade)))
        sys.stdout.flush()
    return 0


def scores(folder: Path, labels: list[Label], sets: list[Label], files: list[str], degrade: Degrade) -> list[Share]:
    """The six shares of the table."""
    off: list[tuple[bool, int, int]] = []
    for label in sets:
        found = events_of(cut(blocks_of(folder / label.file), label), degrade, Settings(mode="set"))
        final = sum(x.reps for x in found if isinstance(x, e.SetClosed))
        live = sum(isinstance(x, e.RepCompleted) for x in found)
        off.append((label.sure, label.off(final), label.off(live)))
    alarmed: defaultdict[str, list[bool]] = defaultdict(list)
    for file in files:
        trials = [label for label in labels if label.file == file and label.task == "posture"]
        reference = next((x.start_s, x.end_s) for x in trials if x.activity == "reference")
        settings = Settings(mode="desk", slouch=SCORED_SLOUCH, reference_s=reference)
        found = events_of(blocks_of(folder / file), degrade, settings)
        alerts_s = [x.at_s for x in found if isinstance(x, e.SlouchStarted)]
        for x in trials:
            alarmed[x.activity].append(any(x.start_s - MARGIN_S <= t <= x.end_s + MARGIN_S for t in alerts_s))
    sure = [(final, live) for known, final, live in off if known]
    return [
        Share(sum(final == 0 for final, _ in sure), len(sure)),
        Share(sum(final <= 1 for _, final, _ in off), len(off)),
        Share(sum(live == 0 for _, live in sure), len(sure)),
        Share(sum(live <= 1 for _, _, live in off), len(off)),
        *(Share(sum(alarmed[kind]), len(alarmed[kind])) for kind in ("slouching", "upright")),
    ]


if __name__ == "__main__":
    sys.exit(main())
