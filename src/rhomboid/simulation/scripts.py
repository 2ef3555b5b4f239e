"""What the simulated wearer can be asked to do: named scripts, made of acts that people would recognise."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from rhomboid.errors import UsageError
from rhomboid.simulation.stage import Performance, Stage

TALL_S = 8.0
"""Every script begins this long in the tall pose and quiet, for the reference."""
DESK_PACE = 20.0
"""A long stretch at the desk is shown twenty times as fast."""

ROW = "one-arm dumbbell row"
SQUEEZE = "shoulder-blade squeeze"
EXTENSION = "back extension"
ROTATION = "thoracic rotation"
CAT_CAMEL = "cat-camel"

Range = tuple[float, float]
"""Anything from the first to the second."""

STANDING = {"flexion": 0.0, "lateral": 0.0, "twist": 0.0, "z": 0.0}
SITTING = {"flexion": 1.0, "lateral": 0.0, "twist": 0.0, "z": -0.4}
BENT_OVER = {"flexion": 58.0, "lateral": 3.0, "twist": 0.0, "z": -0.15}
PRONE = {"flexion": 86.0, "lateral": 0.0, "twist": 0.0, "z": -0.85}
ON_ALL_FOURS = {"flexion": 80.0, "lateral": 0.0, "twist": 0.0, "z": -0.5}


# --- acts -----------------------------------------------------------------------------------------------------------


def stand_tall(stage: Stage, seconds: float = TALL_S) -> None:
    """Quiet, in the pose the reference is taken from."""
    stage.wait(seconds)


def take_pose(stage: Stage, seconds: float, pose: Mapping[str, float]) -> None:
    """Slowly into another pose, with the small corrections people make once they are there."""
    stage.move(stage.about(seconds), **pose)
    stage.wait(stage.between(0.2, 0.5))
    shift = stage.between(0.8, 2.0) * stage.either()
    stage.move(stage.between(0.6, 1.0), flexion=pose["flexion"] + shift, lateral=pose["lateral"] + 0.4 * shift)
    stage.wait(stage.between(0.2, 0.6))
    stage.move(stage.between(0.8, 1.3), flexion=pose["flexion"], lateral=pose["lateral"])


def repeat(
    stage: Stage,
    exercise: str,
    count: int,
    excursion: Mapping[str, float],
    *,
    out_s: float,
    back_s: float,
    pause_s: tuple[float, float],
    between_s: tuple[float, float],
    jolt_m: float = 0.0,
    alternating: bool = False,
) -> None:
    """A set: every repetition a little different, and the last ones smaller and slower than the first."""
    with stage.set_of(exercise):
        for i in range(count):
            tired = i / count
            size = stage.about(1.0 - 0.1 * tired, 0.08)
            side = -1.0 if alternating and i % 2 else 1.0
            reach = {name: side * size * change for name, change in excursion.items()}
            out, pause = stage.about(out_s * (1 + 0.15 * tired), 0.08), stage.between(*pause_s)
            back = stage.about(back_s * (1 + 0.15 * tired), 0.08)
            if jolt_m:
                stage.shake(0.25, "z", stage.about(jolt_m, 0.3), 7.0, at_s=0.7 * out)
                stage.shake(0.3, "z", stage.about(jolt_m, 0.3), 6.0, at_s=out + pause + 0.75 * back)
            stage.rep(exercise, reach, out, pause, back)
            if i + 1 < count:
                stage.wait(stage.between(*between_s))


def row_set(stage: Stage, count: int, *, pause_s: Range = (1.0, 1.6), pace: float = 1.0) -> None:
    """One-arm rows, hinged forward: the trunk turns toward the working side, with a jolt at top and bottom."""
    take_pose(stage, 2.5, BENT_OVER)
    stage.wait(stage.between(1.0, 2.0))
    side = stage.either()
    pull = {"twist": 13.0 * side, "flexion": -4.0, "lateral": 2.0 * side, "z": 0.012}
    out_s, back_s = 0.9 / pace, 1.3 / pace
    repeat(
        stage, ROW, count, pull, out_s=out_s, back_s=back_s, pause_s=pause_s, between_s=(0.3, 0.9), jolt_m=0.0009
    )  # fmt: skip
    stage.wait(stage.between(1.0, 2.0))
    take_pose(stage, 2.5, STANDING)


def squeeze_set(stage: Stage, count: int, *, pause_s: Range = (3.0, 5.0), pace: float = 1.0) -> None:
    """The blades close and are held: the sensor tilts a degree or two and moves some millimetres."""
    stage.wait(stage.between(1.0, 2.0))
    close = {"flexion": -1.9, "twist": 0.3 * stage.either(), "x": -0.005, "z": 0.004}
    out_s, back_s = 0.8 / pace, 0.9 / pace
    repeat(stage, SQUEEZE, count, close, out_s=out_s, back_s=back_s, pause_s=pause_s, between_s=(1.5, 2.8))
    stage.wait(stage.between(2.0, 3.0))


def extension_set(stage: Stage, count: int, *, pause_s: Range = (1.5, 3.0), pace: float = 1.0) -> None:
    """Lying face down, the chest is lifted and held."""
    take_pose(stage, 5.0, PRONE)
    stage.wait(stage.between(2.0, 3.0))
    lift, out_s, back_s = {"flexion": -20.0}, 1.3 / pace, 1.5 / pace
    repeat(stage, EXTENSION, count, lift, out_s=out_s, back_s=back_s, pause_s=pause_s, between_s=(1.0, 2.0))
    stage.wait(stage.between(2.0, 3.0))
    take_pose(stage, 5.0, STANDING)


def rotation_set(stage: Stage, count: int) -> None:
    """Sitting, the upper trunk turns to one side, is held, comes back, and turns to the other."""
    take_pose(stage, 2.0, SITTING)
    stage.wait(stage.between(1.5, 2.5))
    turn = {"twist": 38.0, "lateral": 2.0}
    repeat(
        stage, ROTATION, count, turn, out_s=1.4, back_s=1.4, pause_s=(1.5, 2.5), between_s=(0.5, 1.2), alternating=True
    )  # fmt: skip
    stage.wait(stage.between(2.0, 3.0))


def cat_camel_set(stage: Stage, count: int, *, pause_s: Range = (0.2, 0.6), pace: float = 1.0) -> None:
    """On all fours: from the sagging back to the arched one and back again is one repetition."""
    take_pose(stage, 4.0, ON_ALL_FOURS)
    stage.move(1.5, flexion=ON_ALL_FOURS["flexion"] - 10.0)
    stage.wait(stage.between(0.8, 1.5))
    arch = {"flexion": 24.0, "z": 0.02}
    out_s, back_s = 1.6 / pace, 1.6 / pace
    repeat(stage, CAT_CAMEL, count, arch, out_s=out_s, back_s=back_s, pause_s=pause_s, between_s=(0.3, 0.7))
    stage.wait(stage.between(0.8, 1.5))
    take_pose(stage, 4.0, STANDING)


def walk(stage: Stage, seconds: float) -> None:
    """Steps at about 110 a minute, a turn on the way."""
    stride_hz = stage.about(0.92, 0.06)
    for name, amplitude, per_stride in (
        ("z", 0.016, 2), ("x", 0.006, 2), ("y", 0.018, 1), ("twist", 4.0, 1), ("lateral", 1.8, 1), ("flexion", 1.0, 2),
    ):  # fmt: skip
        size = stage.about(amplitude, 0.15)
        stage.shake(seconds, name, size, per_stride * stride_hz, ramp_s=min(1.0, seconds / 3))
        if name == "z":  # the heel strike
            stage.shake(seconds, name, 0.0008, 8 * stride_hz, ramp_s=min(1.0, seconds / 3))
    stage.wait(0.4 * seconds)
    stage.move(0.3 * seconds, heading=stage.pose("heading") + stage.between(60.0, 150.0) * stage.either())
    stage.wait(0.3 * seconds)


def reach(stage: Stage, count: int) -> None:
    """For things here and there: every time another way, another size and another length."""
    for _ in range(count):
        home = {name: stage.pose(name) for name in ("flexion", "twist", "lateral")}
        side = stage.either()
        stage.move(
            stage.between(0.7, 1.6),
            flexion=home["flexion"] + stage.between(4.0, 22.0),
            twist=home["twist"] + stage.between(4.0, 25.0) * side,
            lateral=home["lateral"] - stage.between(1.0, 7.0) * side,
        )
        stage.wait(stage.between(0.2, 2.0))
        stage.move(stage.between(0.8, 1.8), **home)
        stage.wait(stage.between(0.8, 7.0))


def pick_up(stage: Stage) -> None:
    """Bends down for the dumbbell and comes up with it."""
    stage.move(stage.about(1.4), flexion=62.0, z=-0.3)
    stage.wait(stage.between(0.4, 0.9))
    stage.shake(0.3, "z", 0.001, 6.0)
    stage.move(stage.about(1.6), flexion=1.0, z=0.0)
    stage.wait(stage.between(0.5, 1.5))
    stage.move(0.8, flexion=0.0)


def work(stage: Stage, seconds: float) -> None:
    """At the keyboard: typing, small shifts of the trunk about where it was, now and then a reach for something."""
    home = {name: stage.pose(name) for name in ("flexion", "lateral", "twist")}
    end_s = stage.t_s + seconds
    while end_s - stage.t_s > 12.0:
        spell_s = stage.between(3.0, min(20.0, end_s - stage.t_s - 8.0))
        stage.shake(spell_s, "x", stage.about(0.00012, 0.3), stage.between(3.5, 6.0), ramp_s=0.5)
        stage.wait(spell_s)
        if stage.between(0.0, 1.0) < 0.1:
            side = stage.either()
            stage.move(
                stage.between(0.9, 1.6),
                flexion=home["flexion"] + stage.between(2.0, 8.0),
                twist=stage.between(8.0, 20.0) * side,
            )
            stage.wait(stage.between(0.3, 1.5))
        stage.move(
            stage.between(0.8, 2.5),
            flexion=home["flexion"] + stage.between(-1.4, 1.4),
            lateral=home["lateral"] + stage.between(-1.5, 1.5),
            twist=home["twist"] + stage.between(-3.0, 3.0),
        )
    stage.move(max(end_s - stage.t_s, 1.0), **home)


def slouch(stage: Stage, seconds: float) -> None:
    """Sinks into the chair, works on like that, and sits up again."""
    with stage.slouch(stage.between(15.5, 21.5), stage.between(4.0, 9.0), stage.between(1.6, 3.0)):
        work(stage, seconds)


def guided_reference(stage: Stage) -> None:
    """Sits tall, leans forward from the hips, holds it and comes back, as the guided reference asks for."""
    stage.wait(stage.between(5.5, 7.0))
    home_deg = stage.pose("flexion")
    stage.move(
        stage.about(1.8), flexion=home_deg + stage.between(18.0, 26.0), lateral=stage.between(-2.0, 2.0), x=0.03
    )  # fmt: skip
    stage.wait(stage.between(2.0, 3.0))
    stage.move(stage.about(1.8), flexion=home_deg, lateral=0.0, x=0.0)
    stage.wait(stage.between(4.0, 5.0))


def drink(stage: Stage, count: int) -> None:
    """Reaches for a glass, drinks leaning back a little, and puts it down again."""
    for _ in range(count):
        home = {name: stage.pose(name) for name in ("flexion", "twist")}
        for _ in range(2):
            stage.move(stage.between(0.8, 1.3), flexion=home["flexion"] + stage.between(10.0, 20.0), twist=8.0)
            stage.wait(stage.between(0.3, 0.8))
            stage.move(stage.between(0.8, 1.3), **home)
            stage.move(0.7, flexion=home["flexion"] - stage.between(4.0, 9.0))
            stage.wait(stage.between(1.5, 3.0))
            stage.move(0.8, **home)
        stage.wait(stage.between(3.0, 6.0))


def sit_down_and_stand_up(stage: Stage, count: int) -> None:
    """The trunk leans far forward on the way down and on the way up."""
    for pose in (SITTING, STANDING) * count:
        lean_deg = stage.between(28.0, 42.0)
        stage.move(stage.about(0.9), flexion=lean_deg, z=pose["z"] / 2 - 0.1)
        stage.move(stage.about(1.0), **pose)
        stage.wait(stage.between(4.0, 9.0))


def bend(stage: Stage, count: int) -> None:
    """Down to the floor for something or to tie a shoe, some seconds long, and up again."""
    for _ in range(count):
        home = {name: stage.pose(name) for name in ("flexion", "lateral", "z")}
        stage.move(stage.about(1.4), flexion=stage.between(58.0, 85.0), lateral=stage.between(-8.0, 8.0), z=-0.25)
        stage.wait(stage.between(0.5, 9.0))
        stage.move(stage.about(1.6), **home)
        stage.wait(stage.between(4.0, 8.0))


def lie_down(stage: Stage, seconds: float) -> None:
    """On the back, by way of sitting; and up again."""
    take_pose(stage, 2.0, SITTING)
    stage.move(stage.about(2.5), flexion=-86.0, z=-0.8)
    stage.wait(seconds)
    stage.move(stage.about(2.5), **SITTING)
    stage.wait(1.0)
    take_pose(stage, 2.0, STANDING)


# --- scripts --------------------------------------------------------------------------------------------------------


def _demo(stage: Stage) -> None:
    with stage.section("standing tall"):
        stand_tall(stage)
    with stage.section("rows"):
        row_set(stage, 8)
    with stage.section("rest"):
        stage.wait(8.0)
    with stage.section("shoulder-blade squeezes"):
        squeeze_set(stage, 6)
    with stage.section("at the desk", DESK_PACE):
        take_pose(stage, 2.0, SITTING)
        work(stage, 240.0)
        slouch(stage, 90.0)
        work(stage, 255.0)


def _rows(stage: Stage) -> None:
    stand_tall(stage)
    pick_up(stage)
    row_set(stage, 10)
    stage.wait(5.0)


def _squeezes(stage: Stage) -> None:
    stand_tall(stage)
    squeeze_set(stage, 10)
    stage.wait(3.0)


def _tall_then(act: Callable[[Stage, int], None], count: int) -> Callable[[Stage], None]:
    def script(stage: Stage) -> None:
        stand_tall(stage)
        act(stage, count)
        stage.wait(4.0)

    return script


def _desk(stage: Stage) -> None:
    stand_tall(stage)
    take_pose(stage, 2.0, SITTING)
    work(stage, 200.0)
    slouch(stage, 110.0)
    work(stage, 230.0)
    slouch(stage, 75.0)
    work(stage, 250.0)


def _guided(stage: Stage) -> None:
    guided_reference(stage)
    take_pose(stage, 2.0, SITTING)
    work(stage, 60.0)
    slouch(stage, 70.0)
    work(stage, 60.0)


def _upright(stage: Stage) -> None:
    stand_tall(stage)
    take_pose(stage, 2.0, SITTING)
    work(stage, 600.0)


def _walking(stage: Stage) -> None:
    stand_tall(stage)
    walk(stage, 40.0)
    stage.wait(4.0)
    walk(stage, 25.0)
    stage.wait(5.0)


def _reaching(stage: Stage) -> None:
    stand_tall(stage)
    reach(stage, 14)
    stage.wait(5.0)


def _messy(stage: Stage) -> None:
    stand_tall(stage)
    walk(stage, 15.0)
    stage.wait(3.0)
    reach(stage, 4)
    walk(stage, 8.0)
    pick_up(stage)
    row_set(stage, 9)
    pick_up(stage)
    walk(stage, 10.0)
    stage.wait(4.0)


_SCRIPTS: dict[str, Callable[[Stage], None]] = {
    "demo": _demo,
    "rows": _rows,
    "squeezes": _squeezes,
    "back-extension": _tall_then(extension_set, 8),
    "thoracic-rotation": _tall_then(rotation_set, 10),
    "cat-camel": _tall_then(cat_camel_set, 10),
    "desk": _desk,
    "upright": _upright,
    "guided": _guided,
    "walking": _walking,
    "drinking": _tall_then(drink, 6),
    "standing-up": _tall_then(sit_down_and_stand_up, 5),
    "bending": _tall_then(bend, 6),
    "lying-down": _tall_then(lie_down, 60),
    "reaching": _reaching,
    "messy": _messy,
}


def script_names() -> tuple[str, ...]:
    """Every script that can be asked for."""
    return tuple(_SCRIPTS)


def perform(script: str, seed: int) -> Performance:
    """The script acted out; another seed is another person on another day. Raises UsageError for an unknown name."""
    if script not in _SCRIPTS:
        raise UsageError(f"there is no script {script!r}", do=f"there are: {', '.join(_SCRIPTS)}")
    stage = Stage(seed)
    _SCRIPTS[script](stage)
    return stage.performance()
