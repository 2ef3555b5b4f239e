"""``python -m rhomboid`` is the ``rhomboid`` command."""

from rhomboid.cli import main

main()
