"""Tones and spoken counts: what is heard of a session. A subscriber that never keeps the session waiting."""
