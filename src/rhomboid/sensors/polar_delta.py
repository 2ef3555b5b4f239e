"""The compression of Polar's frames: a first sample, then blocks of differences, each of as many bits as it needs.

All blocks of a frame are unpacked together: every difference is fetched with the eight bytes around it and shifted into
place, so that the time does not depend on how many blocks there are.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

CHANNELS = 3
WIDEST_BITS = 32
MOST_SAMPLES = 1024  # a block of differences of no bits costs two bytes and could claim 255 samples
_PLACES = np.arange(CHANNELS * MOST_SAMPLES)

Samples = npt.NDArray[np.int64]


def unpack(content: bytes, reference_bits: int) -> Samples:
    """The samples (n, 3) of a frame whose first one has ``reference_bits`` (16 or 32) a channel.

    Raises ValueError, saying what is wrong, if the content cannot be such a frame.
    """
    reference_bytes = CHANNELS * reference_bits // 8
    if len(content) < reference_bytes:
        raise ValueError("it has no whole first sample")
    widths, counts, offsets = _blocks(content, reference_bytes)
    total = sum(counts)
    if total >= CHANNELS * MOST_SAMPLES:
        raise ValueError(f"{total // CHANNELS + 1} samples cannot be in one frame")
    samples = np.empty((1 + total // CHANNELS, CHANNELS), np.int64)
    samples[0] = np.frombuffer(content, f"<i{reference_bits // 8}", CHANNELS)
    if total:
        width, offset = np.repeat(np.array((widths, offsets)), counts, axis=1)
        bit = offset + _PLACES[:total] * width
        # The eight bytes from every byte on, and from the end on, those behind the end being zero.
        words = np.ndarray((len(content) + 1,), np.dtype("<i8"), content + bytes(8), strides=(1,))
        unused = 64 - width
        deltas = words[bit >> 3] << (unused - (bit & 7)) >> unused  # back by an arithmetic shift: it carries the sign
        if 0 in widths:
            deltas[width == 0] = 0
        samples[1:] = deltas.reshape(-1, CHANNELS)
        np.cumsum(samples, axis=0, out=samples)
    return samples


def _blocks(content: bytes, at: int) -> tuple[list[int], list[int], list[int]]:
    """Of each block: bits of a difference, number of differences, and the bit where a difference 0 would lie.

    That is: where the first one of the frame would, if all of them were as wide as those of this block.
    """
    widths, counts, offsets = [], [], []
    end, total = len(content), 0
    while at < end:
        if at + 2 > end:
            raise ValueError("a block of differences is cut short")
        width, count = content[at], CHANNELS * content[at + 1]
        if width > WIDEST_BITS:
            raise ValueError(f"differences of {width} bits cannot be")
        at += 2
        widths.append(width)
        counts.append(count)
        offsets.append(8 * at - total * width)
        total += count
        at += (width * count + 7) // 8
    if at > end:
        raise ValueError("a block of differences is longer than its frame")
    return widths, counts, offsets
