"""A session as it is lived with: alone, or with a coach who guides it or watches over the desk.

Screens ask the sitting what the coach says; which coach there is, and what else goes with it (sounds, notifications,
the diary), the commands decide (``commands/sittings.py``).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rhomboid.coach.alerts import Action
    from rhomboid.coach.desk_state import DeskState
    from rhomboid.coach.guided_state import GuidedState
    from rhomboid.dashboard.observed import Told
    from rhomboid.session import Session


class Sitting:
    """``session`` with nobody beside it."""

    def __init__(self, session: Session) -> None:
        self.session = session

    async def run(self) -> None:
        """The session to its end, with all that goes with it begun before and ended after."""
        await self.session.run()

    @property
    def guided(self) -> GuidedState | None:
        """Where a guided session is; None: nobody guides."""
        return None

    @property
    def desk(self) -> DeskState | None:
        """How the day at the desk stands; None: nobody keeps count."""
        return None

    @property
    def told(self) -> Iterable[Told] | None:
        """What the desk's coach told, newest first, by the time of day; None: there is none."""
        return None

    def act(self, action: Action) -> None:
        """What the person at the desk chose."""
