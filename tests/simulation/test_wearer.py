"""The wearer obeys physics: what is felt follows from how the sensor point turns and moves, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import cumulative_simpson
from scipy.spatial.transform import Rotation

from rhomboid.imu import Array
from rhomboid.simulation.wearer import ANGLES, G_M_S2, PLACES, Burst, Step, Track, Wave, Wearer

T_S = np.arange(0.0, 6.0, 1e-3)


def lively() -> Wearer:
    """Every coordinate moves in every way at once."""
    tracks = {}
    for i, name in enumerate((*ANGLES, *PLACES)):
        turns = name in ANGLES
        step = Step(0.5 + 0.3 * i, 1.2, 30.0 + 10.0 * i if turns else 0.2)
        burst = Burst(2.0 + 0.2 * i, 2.5, 0.5, 5.0 if turns else 0.02, 1.5, 0.3 * i)
        wave = Wave(3.0 if turns else 0.01, 0.3 + 0.1 * i, float(i))
        tracks[name] = Track([step, burst], [wave])
    return Wearer(tracks)


def integral(values: Array) -> Array:
    whole: Array = cumulative_simpson(values, x=T_S, axis=0, initial=0)
    return whole


def test_integrated_angular_velocity_is_the_pose() -> None:
    felt = lively().feel(T_S)
    pose = Rotation.from_matrix(felt.rotation[0])
    middle = lively().feel(T_S[:-1] + 0.5e-3).gyr_dps
    for step in Rotation.from_rotvec(np.radians(middle) * 1e-3):
        pose = pose * step
    assert np.degrees((pose.inv() * Rotation.from_matrix(felt.rotation[-1])).magnitude()) < 0.01


def test_twice_integrated_specific_force_is_the_displacement() -> None:
    felt = lively().feel(T_S)
    acc = np.einsum("nij,nj->ni", felt.rotation, felt.acc_g * G_M_S2) - [0.0, 0.0, G_M_S2]
    start_m_s = (felt.place_m[1] - felt.place_m[0]) / 1e-3 - 0.5e-3 * acc[0]
    moved = integral(integral(acc) + start_m_s)
    np.testing.assert_allclose(moved, felt.place_m - felt.place_m[0], atol=1e-5)


def test_at_rest_it_feels_one_g_upward_and_no_turning() -> None:
    felt = Wearer({"flexion": Track([Step(0.0, 1.0, 30.0)])}).feel(np.array([5.0, 6.0]))
    np.testing.assert_allclose(felt.acc_g, [[-0.5, 0.0, np.sqrt(0.75)]] * 2, atol=1e-12)
    assert (felt.gyr_dps == 0).all()


@pytest.mark.parametrize(
    ("name", "axis", "sign", "up"),
    [
        ("flexion", 1, 1, [-0.5, 0, np.sqrt(0.75)]),  # forward: up is behind
        ("lateral", 0, -1, [0, -0.5, np.sqrt(0.75)]),  # to the left: up is to the right
        ("twist", 2, 1, [0, 0, 1]),
        ("heading", 2, 1, [0, 0, 1]),
    ],
)
def test_signs_are_those_of_the_body_frame(name: str, axis: int, sign: int, up: list[float]) -> None:
    wearer = Wearer({name: Track([Step(1.0, 2.0, 30.0)])})
    np.testing.assert_allclose(wearer.feel(np.array([4.0, 5.0])).acc_g[0], up, atol=1e-12)
    turning = wearer.feel(np.array([1.9, 2.0])).gyr_dps[1]
    assert np.sign(turning[axis]) == sign
    assert turning[axis] == pytest.approx(sign * 1.875 * 30.0 / 2.0)  # the top speed of minimum jerk
    assert np.count_nonzero(np.abs(turning) > 1e-9) == 1


@pytest.mark.parametrize("piece", [Step(1.0, 1.5, 10.0), Burst(1.0, 1.5, 0.4, 10.0, 3.0, 0.7)])
def test_every_movement_is_smooth_to_the_second_derivative(piece: Step | Burst) -> None:
    motion = Track([piece]).at(T_S)
    np.testing.assert_allclose(np.gradient(motion.value, T_S), motion.rate, atol=0.05)
    np.testing.assert_allclose(np.gradient(motion.rate, T_S)[1:-1], motion.curve[1:-1], atol=6.0)
    assert np.abs(np.diff(motion.curve)).max() < 0.03 * np.abs(motion.curve).max()


def test_a_pose_does_not_depend_on_how_it_is_asked_for() -> None:
    whole = lively().feel(T_S)
    for part in (slice(0, 700), slice(700, 703), slice(703, 6000)):
        np.testing.assert_allclose(lively().feel(T_S[part]).acc_g, whole.acc_g[part], atol=1e-12)
