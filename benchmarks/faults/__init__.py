"""Faults injected for real, and what became of them: ``python -m benchmarks.faults`` writes docs/reliability.md."""
