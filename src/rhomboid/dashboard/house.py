"""What the dashboard asks of the rest of the program: to open a session, to look into the air, to keep what was set.

The dashboard itself knows neither Bluetooth nor files. The commands hand it a ``House`` that does
(``commands/house.py``), the tests one that pretends. Whatever it cannot do it says by raising a RhomboidError.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol

import msgspec

if TYPE_CHECKING:
    from rhomboid.annotation import Annotations, Editor, Seen
    from rhomboid.coach.catalogue import Catalogue
    from rhomboid.coach.plan import Plan, PlannedSession
    from rhomboid.coach.record import SessionRecord
    from rhomboid.dashboard.sitting import Sitting
    from rhomboid.settings_file import UserSettings

Save = Callable[["Annotations"], None]
Purpose = Literal["train", "desk", "replay"]


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """The session that is wanted: what for, and from what (the sensor of last time unless said otherwise)."""

    purpose: Purpose = "train"
    demo: bool = False
    address: str | None = None
    """Of a sensor that was chosen from those in the air."""
    file: Path | None = None
    exercise: str | None = None
    """What to train, in place of the plan in use."""


class Heard(NamedTuple):
    """A device in the air, in words. ``usable``: whether it is a sensor that can be connected to."""

    address: str
    name: str
    signal: str
    battery: str
    what: str
    usable: bool


class Finding(NamedTuple):
    """One line of what the doctor found."""

    name: str
    value: str


class House(Protocol):
    """The doors to the outside. Nothing in here may block: what takes long is awaited and can be cancelled."""

    async def open(self, wish: Wish) -> Sitting:
        """A session that has not been run yet, with its coach. Raises RhomboidError."""

    def listen(self) -> AsyncIterator[list[Heard]]:
        """What is in the air, anew whenever it changes, until it is closed. Raises RhomboidError."""

    async def examine(self, address: str | None) -> list[Finding]:
        """Ten seconds of the real link, measured. Raises RhomboidError."""

    def recordings(self) -> list[Path]:
        """Files that can be replayed, the newest first. May block: it is called from a thread."""

    def catalogue(self) -> Catalogue:
        """All exercises. May block, as all that is read below. Raises RhomboidError."""

    def sessions(self) -> Sequence[SessionRecord]:
        """Everything that was done. Raises RhomboidError."""

    def plans(self) -> list[Plan]:
        """Ours and the user's own. Raises RhomboidError."""

    def plan_in_use(self) -> str:
        """The id of the plan in use; empty: none is."""

    def use_plan(self, plan: Plan) -> None:
        """This one from now on. Raises RhomboidError."""

    def weeks_ahead(self, plan: Plan, weeks: int) -> Sequence[PlannedSession]:
        """The plan's next sessions, from what was done so far. Raises RhomboidError."""

    def settings(self) -> UserSettings:
        """What the user has set. Raises RhomboidError."""

    def save_settings(self, settings: UserSettings) -> None:
        """Keeps it. Raises RhomboidError."""

    def today(self) -> date:
        """What day it is here."""

    async def study(self, file: Path) -> tuple[Seen, Editor, Save]:
        """A recording to be annotated, and what saves the annotations. Raises RhomboidError."""
