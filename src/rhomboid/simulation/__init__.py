"""A wearer who moves, whose truth is known, and a sensor on their back that speaks real packets."""
