"""The modes of the dashboard: which key opens which screen. A screen's file is loaded when it is first looked at."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from rhomboid.dashboard.screens.mode import ModeScreen


class Mode(NamedTuple):
    """``name`` is also what Textual and the commands call it by."""

    key: str
    name: str
    words: str
    place: str
    """Module and class of its screen."""

    @property
    def label(self) -> str:
        """As people read it."""
        return self.name.capitalize()

    def load(self) -> type[ModeScreen]:
        """The class of its screen."""
        module, _, screen = self.place.partition(":")
        found: type[ModeScreen] = getattr(import_module(f"rhomboid.dashboard.screens.{module}"), screen)
        return found


MODES = (
    Mode("1", "train", "repetitions, holds and the set in hand", "train:TrainScreen"),
    Mode("2", "desk", "how you sit, and what today was like", "desk:DeskScreen"),
    Mode("3", "calibrate", "the reference that everything is measured against", "calibrate:CalibrateScreen"),
    Mode("4", "replay", "play, search and mark a recording", "replay:ReplayScreen"),
    Mode("5", "history", "what you did, by day and over the weeks", "history:HistoryScreen"),
    Mode("6", "plan", "the next session and the weeks ahead", "plan:PlanScreen"),
    Mode("7", "exercises", "what to do, how, and what the sensor sees of it", "exercises:ExercisesScreen"),
    Mode("8", "sensors", "what is in the air, the link and its health", "sensors:SensorsScreen"),
    Mode("9", "settings", "every option and what it means", "settings:SettingsScreen"),
)
