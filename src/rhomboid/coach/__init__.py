"""The coach: exercises, plans, the guided session and the desk's alerts. Pure: fed with events and ticks, tells cues.

No room in here does I/O or knows a clock: dates and times of day come in as values, files are read by the edges.
"""
