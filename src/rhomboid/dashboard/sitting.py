"""A session as it is lived with: alone, or with a coach who guides it or watches over the desk.

Screens ask the sitting what the coach says; which coach there is, and what else goes with it (sounds, notifications,
the diary), the commands decide.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rhomboid.coach.alerts import Action
    from rhomboid.coach.desk_state import DeskState
    from rhomboid.session import Session


class Sitting:
    """``session`` with nobody beside it."""

    def __init__(self, session: Session) -> None:
        self.session = session

    async def run(self) -> None:
        """The session to its end, with all that goes with it begun before and ended after."""
        await self.session.run()

    @property
    def desk(self) -> DeskState | None:
        """How the day at the desk stands; None: nobody keeps count."""
        return None

    def act(self, action: Action) -> None:
        """What the person at the desk chose."""
