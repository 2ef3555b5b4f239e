"""The signal core: sample blocks in, events out. Pure: no I/O, no clock, no randomness; time comes from the samples."""
