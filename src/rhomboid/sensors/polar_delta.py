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
    widths, counts, offsets = _blocks(content, reference_bits)
    samples = np.empty((1 + sum(counts) // CHANNELS, CHANNELS), np.int64)
    samples[0] = np.frombuffer(content, f"<i{reference_bits // 8}", CHANNELS)
    if len(samples) > 1:
        samples[1:] = _differences(content, widths, counts, offsets)
        np.cumsum(samples, axis=0, out=samples)
    return samples


def unpack_all(contents: Iterable[bytes], reference_bits: int) -> tuple[Samples, list[int]]:
    """The samples of these frames, up to the first that cannot be one, and how many there are in each."""
    frames: list[bytes] = []
    lengths: list[int] = []
    widths: list[int] = []
    counts: list[int] = []
    offsets: list[int] = []
    begin = before = 0  # of a frame: its first byte, and the differences before it
    for content in contents:
        try:
            own_widths, own_counts, own_offsets = _blocks(content, reference_bits)
        except ValueError:
            break
        widths += own_widths
        counts += own_counts
        offsets += [8 * begin + at - before * width for at, width in zip(own_offsets, own_widths, strict=True)]
        frames.append(content)
        lengths.append(1 + sum(own_counts) // CHANNELS)
        begin += len(content)
        before += sum(own_counts)
    samples = np.zeros((sum(lengths), CHANNELS), np.int64)
    if not frames:
        return samples, lengths
    starts = np.cumsum(lengths) - lengths
    if before:
        is_difference = np.ones(len(samples), bool)
        is_difference[starts] = False
        samples[is_difference] = _differences(b"".join(frames), widths, counts, offsets)
        np.cumsum(samples, axis=0, out=samples)
    first = b"".join([content[: CHANNELS * reference_bits // 8] for content in frames])
    references = np.frombuffer(first, f"<i{reference_bits // 8}").reshape(-1, CHANNELS)
    samples += np.repeat(references - samples[starts], lengths, axis=0)
    return samples, lengths


def _differences(content: bytes, widths: list[int], counts: list[int], offsets: list[int]) -> Samples:
    width, offset = np.repeat(np.array((widths, offsets)), counts, axis=1)
    bit = offset + np.arange(len(width)) * width
    # The eight bytes from every byte on, and from the end on, those behind the end being zero.
    words = np.ndarray((len(content) + 1,), np.dtype("<i8"), content + bytes(8), strides=(1,))
    unused = 64 - width
    differences = words[bit >> 3] << (unused - (bit & 7)) >> unused  # back by an arithmetic shift: it has the sign
    if 0 in widths:
        differences[width == 0] = 0
    in_samples: Samples = differences.reshape(-1, CHANNELS)
    return in_samples


def _blocks(content: bytes, reference_bits: int) -> tuple[list[int], list[int], list[int]]:
    """Of each block: bits of a difference, number of differences, and the bit where a difference 0 would lie.

    That is: where the first one of the frame would, if all of them were as wide as those of this block.
    Raises ValueError.
    """
    at = CHANNELS * reference_bits // 8
    if len(content) < at:
        raise ValueError("it has no whole first sample")
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
    if total >= CHANNELS * MOST_SAMPLES:
        raise ValueError(f"{total // CHANNELS + 1} samples cannot be in one frame")
    return widths, counts, offsets
