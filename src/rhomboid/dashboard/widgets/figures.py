"""The body positions as small pictures in text, seen from the side; the head looks to the left where it can."""

from __future__ import annotations

from rhomboid.coach.exercise import Position

FIGURES: dict[Position, str] = {
    "standing": r"""
    O
   /|\
    |
   / \ """,
    "sitting": r"""
    O
   /|
    |___
    |_  |
      | |""",
    "hinged": r"""
  O____
   /   \
  o    |
       |
       ^""",
    "bench": r"""
  O_____
   \  | \
  __\_|__\
  |  o   |""",
    "half_kneeling": r"""
    O
   /|\
    |__
  __|  |
       ^""",
    "lying_on_back": r"""

       /\
  O___/  \_
 ~~~~~~~~~~~""",
    "lying_face_down": r"""


  o________
 ~~~~~~~~~~~""",
    "all_fours": r"""

  O______
   |    \
   |    |_""",
}
