"""The compression of Polar's frames: a first sample, then blocks of differences, each of as many bits as it needs.

All blocks of all frames are unpacked together: every difference is fetched with the eight bytes around it and shifted
into place, so that the time hardly depends on how many blocks and frames there are.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

CHANNELS = 3
WIDEST_BITS = 32
MOST_SAMPLES = 1024  # a block of differences of no bits costs two bytes and could claim 255 samples

Samples = npt.NDArray[np.int64]


def unpack(content: bytes, reference_bits: int) -> Samples:
    """The samples (n, 3) of a frame whose first one has ``reference_bits`` (16 or 32) a channel.

    Raises ValueError, saying what is wrong, if the content cannot be such a frame.
    """
    samples = _differences(content, _blocks(content, reference_bits))
    return np.cumsum(samples, axis=0, out=samples)


def unpack_all(contents: Iterable[bytes], reference_bits: int) -> tuple[Samples, list[int]]:
    """The samples of these frames, up to the first that cannot be one, and how many there are in each."""
    frames: list[bytes] = []
    lengths: list[int] = []
    blocks: list[int] = []
    begin = 0
    for content in contents:
        try:
            own = _blocks(content, reference_bits, begin)
        except ValueError:
            break
        blocks += own
        frames.append(content)
        lengths.append(sum(own[1::3]) // CHANNELS)
        begin += len(content)
    if not frames:
        return np.empty((0, CHANNELS), np.int64), lengths
    samples = _differences(b"".join(frames), blocks)
    np.cumsum(samples, axis=0, out=samples)
    before = np.zeros((len(frames), CHANNELS), np.int64)
    before[1:] = samples[np.cumsum(lengths[:-1], dtype=np.int64) - 1]
    samples -= before.repeat(lengths, axis=0)
    return samples, lengths


def _differences(content: bytes, blocks: list[int]) -> Samples:
    widths, counts, ats = np.array((blocks[::3], blocks[1::3], blocks[2::3]))
    # Where the first difference of all would lie, if all were as wide as those of the block.
    offsets = 8 * ats - (counts.cumsum() - counts) * widths
    width = widths.repeat(counts)
    bit = np.arange(len(width))
    bit *= width
    bit += offsets.repeat(counts)
    # The eight bytes from every byte on, and from the end on, those behind the end being zero.
    words = np.ndarray((len(content) + 1,), np.dtype("<i8"), content + bytes(8), strides=(1,))
    differences = words[bit >> 3]
    unused = 64 - width
    bit &= 7
    differences <<= unused - bit
    differences >>= unused  # an arithmetic shift: it has the sign
    if 0 in blocks[::3]:
        differences[width == 0] = 0
    in_samples: Samples = differences.reshape(-1, CHANNELS)
    return in_samples


def _blocks(content: bytes, reference_bits: int, begin: int = 0) -> list[int]:
    """Of each block three numbers: bits of a difference, number of differences, and the byte where they begin.

    The first sample is a block as well: its differences are those from zero. The content itself begins at byte
    ``begin``. Raises ValueError.
    """
    at = CHANNELS * reference_bits // 8
    if len(content) < at:
        raise ValueError("it has no whole first sample")
    blocks = [reference_bits, CHANNELS, begin]
    end, total = len(content), 0
    while at < end:
        if at + 2 > end:
            raise ValueError("a block of differences is cut short")
        width, count = content[at], CHANNELS * content[at + 1]
        if width > WIDEST_BITS:
            raise ValueError(f"differences of {width} bits cannot be")
        at += 2
        blocks += (width, count, begin + at)
        total += count
        at += (width * count + 7) // 8
    if at > end:
        raise ValueError("a block of differences is longer than its frame")
    if total >= CHANNELS * MOST_SAMPLES:
        raise ValueError(f"{total // CHANNELS + 1} samples cannot be in one frame")
    return blocks
