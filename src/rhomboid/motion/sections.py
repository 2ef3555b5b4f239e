"""Second-order filter sections with state, for streams that come in blocks of any size, often of one frame.

Section after section through ``scipy.signal.lfilter``, which asks for a tenth of the time ``sosfilt`` takes to begin.
"""

from __future__ import annotations

from rhomboid.imu import Array


def filtered(sos: Array, x: Array, state: Array) -> tuple[Array, Array]:
    """``x`` (n,) or (n, columns) through ``sos`` (sections, 6), and the ``state`` after it: (sections, 2, ...)."""
    from scipy.signal import lfilter

    after = state.copy()
    for k, section in enumerate(sos):
        x, after[k] = lfilter(section[:3], section[3:], x, axis=0, zi=state[k])
    return x, after
