"""Makes the pictures of the README from the running program. Run with ``make picture``.

The wearer is simulated; the history is the example that the tests use.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from benchmarks.screen import day
from tests.dashboard.scenes import FakeHouse

from rhomboid.coach.alerts import DeskCoach
from rhomboid.coach.desk_settings import DeskSettings
from rhomboid.coach.desk_state import DeskState
from rhomboid.commands.house import Doors
from rhomboid.dashboard.house import Wish
from rhomboid.dashboard.picture import picture
from rhomboid.dashboard.sitting import Sitting
from rhomboid.motion.pipeline import Pipeline
from rhomboid.motion.settings import Settings
from rhomboid.playback import Playback
from rhomboid.session import Session, Update

HERE = Path(__file__).parent
SIZE = (110, 34)
NINE_S = 20_000 * 86_400.0 + 9 * 3600
"""Nine in the morning of some day."""
IN_THE_SET_S, IN_A_SLOUCH_S = 62.0, 11_060.0


class Morning(Sitting):
    """A simulated morning at the desk, from nine on."""

    def __init__(self) -> None:
        playback = Playback("simulated wearer: a morning at the desk", day(), duration_s=4 * 3600.0, speed=float("inf"))
        super().__init__(Session(playback, Pipeline(Settings(mode="desk"))))
        self._coach = DeskCoach(DeskSettings())
        self._local_s = NINE_S
        self.session.subscribe(self._take)

    def _take(self, update: Update) -> None:
        self._local_s = NINE_S + update.state.t_s
        self._coach.feed(update.events, update.state.t_s, self._local_s)

    @property
    def desk(self) -> DeskState:
        return self._coach.state(self._local_s)


async def main() -> None:
    training = await Doors().open(Wish(demo=True, exercise="one-arm-row:8"))
    training.session.set_speed(16.0)
    await picture(training, HERE / "training.svg", SIZE, IN_THE_SET_S)
    await picture(Morning(), HERE / "desk.svg", SIZE, IN_A_SLOUCH_S, mode="desk")
    await picture(None, HERE / "history.svg", SIZE, mode="history", house=FakeHouse())


if __name__ == "__main__":
    asyncio.run(main())
