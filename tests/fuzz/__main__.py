"""Any bytes on everything that is read, led by what they reach in the code: ``make fuzz SECONDS=600`` (atheris; Linux).

``python -m tests.fuzz SECONDS`` gives every target its share of the time, each in a process of its own, and prints how
many inputs each took; ``python -m tests.fuzz TARGET -runs=1000000`` gives one so many. What was found stays in
``.fuzz/TARGET/``, and so does an input that broke something: ``python -m tests.fuzz TARGET .fuzz/TARGET/crash-...``
tries that again. Bounds: 10 s and 1 GB an input. ``keep`` chooses what of all this the tests replay every day.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import atheris

PLACE = Path(".fuzz")
LONGEST_INPUT = 3200
NAMES = ("drivers", "recording", "imported", "csv", "toml", "history", "kept", "decode", "served")


def fuzz(name: str, arguments: list[str]) -> None:
    """Hands one target over to the fuzzer, with what it needs to begin."""
    with atheris.instrument_imports(include=["rhomboid"]):
        from tests.fuzz.targets import TARGETS, found
    run, seeds = TARGETS[name]
    corpus = PLACE / name / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds() + found(name)):
        (corpus / f"seed-{number:04d}").write_bytes(seed)
    again = [argument for argument in arguments if not argument.startswith("-")]
    options = [
        f"-max_len={LONGEST_INPUT}",
        "-timeout=10",
        "-rss_limit_mb=1024",
        f"-artifact_prefix={PLACE / name}/",
        *([] if again else [str(corpus)]),
    ]
    atheris.Setup([sys.argv[0], *arguments, *options], run)
    atheris.Fuzz()


def main(seconds: int) -> int:
    """All targets in turn; how many of them something broke."""
    print("| target | inputs | branches reached | broken by |\n|---|---|---|---|")
    broken = total = 0
    for name in NAMES:
        command = [sys.executable, "-m", "tests.fuzz", name, f"-max_total_time={max(seconds // len(NAMES), 1)}"]
        said = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True).stderr
        numbers = [int(number) for number in re.findall(r"^(?:#|Done )(\d+)", said, re.M)]
        reached = re.findall(r" cov: (\d+)", said)
        left = re.findall(r"Test unit written to (\S+)", said)
        if not left and "Done " not in said:
            left = [said.strip().splitlines()[-1][:80] if said.strip() else "it did not run"]
        inputs = max(numbers, default=0)
        total += inputs
        broken += bool(left)
        print(f"| {name} | {inputs} | {reached[-1] if reached else '-'} | {', '.join(left) or '-'} |", flush=True)
    print(f"\n{total} inputs")
    return min(broken, 1)


if __name__ == "__main__":
    if len(sys.argv) > 1 and sys.argv[1] in NAMES:
        fuzz(sys.argv[1], sys.argv[2:])
    else:
        sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 600))
