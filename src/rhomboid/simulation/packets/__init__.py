"""Encoders: what the simulated sensor sends, one file a family, in the bytes a real one would use."""
