"""Many recordings, a process pool or a cluster: each file's analysis in turn, resumed where an interruption left it.

The outcomes come in the order of the files whatever the number of processes, so that the results of one process, of
eight and of a cluster are the same bytes. What is done is kept in a journal, one JSON line a file, with what it was
made from (name, size, time of change, settings, version): a second run takes those from there.
"""

from __future__ import annotations

import hashlib
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor
from contextlib import AbstractContextManager, contextmanager, suppress
from itertools import chain, islice
from multiprocessing import get_context
from os import SEEK_END
from pathlib import Path

import msgspec

from rhomboid import __version__
from rhomboid.analysis import Analysis, analyze
from rhomboid.errors import DataError, RhomboidError, UsageError
from rhomboid.motion.settings import Settings
from rhomboid.recording.importers import is_one_recording

READABLE = (".mcap", ".csv", ".csv.gz", ".zip")
"""What is looked for in a folder. A file that is named is read whatever it is called."""
IN_FLIGHT = 64
"""Files handed out and not yet back: enough for every worker to be busy behind one slow file, and no list of futures
as long as the list of files."""
ANSWER_S = 10.0
"""How long a scheduler may take to answer."""

Workers = Callable[[], AbstractContextManager[Executor]]
"""What opens a place where work can be handed out."""


class Outcome(msgspec.Struct, frozen=True, omit_defaults=True):
    """What became of one file: its ``analysis``, or why there is none. ``key`` says what it was made from."""

    file: str
    key: str
    analysis: Analysis | None = None
    error: str = ""


def recordings_in(paths: Iterable[Path]) -> list[Path]:
    """The files named, and those in the folders named and the folders in them, in order and each once.

    Raises DataError for a folder without any.
    """
    found: dict[Path, None] = {}
    for path in paths:
        inside = _inside(path) if path.is_dir() else [path]
        if not inside:
            kinds = ", ".join(READABLE)
            raise DataError(f"there is no recording in this folder ({kinds})", do="name another", where=str(path))
        found.update(dict.fromkeys(inside))
    return list(found)


def _inside(folder: Path) -> list[Path]:
    """The recordings in a folder; it is one itself where a phone has written its files there."""
    if is_one_recording(folder):
        return [folder]
    found: list[Path] = []
    for path in sorted(folder.iterdir()):
        if path.is_dir() and not path.is_symlink():
            found += _inside(path)
        elif path.name.lower().endswith(READABLE) and path.is_file():
            found.append(path)
    return found


def outcome_of(file: Path, settings: Settings, explain: bool) -> Outcome:
    """One file's analysis, or the error in words: what a worker does."""
    try:
        return Outcome(str(file), _key(file, settings, explain), analyze(file, settings, explain=explain))
    except RhomboidError as error:
        return Outcome(str(file), _key(file, settings, explain), error=str(error))
    except Exception as error:  # a fault in the program must not cost a night's work on the other files
        return _lost(file, settings, explain, f"a fault in the program ({type(error).__name__}: {error})")


def outcomes(
    files: Iterable[Path],
    settings: Settings,
    *,
    explain: bool = False,
    executor: Workers | None = None,
    journal: Journal | None = None,
) -> Iterator[Outcome]:
    """The outcome of each file in order, worked out by what ``executor`` makes (None: here, one after the other).

    What is not in ``journal`` yet is added to it, and a file that was analysed and has not changed since is not read
    again. A worker that dies costs its file at most: the others go on.
    """

    def kept(file: Path) -> Outcome | None:
        found = journal.last(file) if journal is not None else None
        good = found is not None and found.analysis is not None and found.key == _key(file, settings, explain)
        return found if good else None

    if executor is None:
        for file in files:
            yield kept(file) or _new(outcome_of(file, settings, explain), journal)
        return
    pending = iter(files)
    while True:
        flying: deque[tuple[Path, Future[Outcome] | Outcome]] = deque()
        with executor() as work:
            while True:
                for file in islice(pending, IN_FLIGHT - len(flying)):
                    flying.append((file, kept(file) or work.submit(outcome_of, file, settings, explain)))
                if not flying:
                    return
                file, result = flying.popleft()
                if isinstance(result, Outcome):
                    yield result
                    continue
                try:
                    outcome = result.result()
                except BrokenExecutor:
                    break
                except Exception as error:  # of the cluster: its workers died on this file, too often
                    outcome = _lost(file, settings, explain, f"{type(error).__name__}: {error}")
                yield _new(outcome, journal)
        # Which file it was cannot be known: the first in line is tried by itself, the others begin anew.
        yield _new(_alone(file, settings, explain, executor), journal)
        pending = chain([file for file, _ in flying], pending)


def _new(outcome: Outcome, journal: Journal | None) -> Outcome:
    if journal is not None:
        journal.write(outcome)
    return outcome


def _alone(file: Path, settings: Settings, explain: bool, executor: Workers) -> Outcome:
    with executor() as work:
        try:
            return work.submit(outcome_of, file, settings, explain).result()
        except BrokenExecutor:
            return _lost(file, settings, explain, "the process that read it died twice")


def _lost(file: Path, settings: Settings, explain: bool, why: str) -> Outcome:
    return Outcome(str(file), _key(file, settings, explain), error=f"{file}: {' '.join(why.split())}")


def processes(jobs: int) -> Workers:
    """A pool of so many processes on this machine. Ctrl-C is the parent's to answer."""

    @contextmanager
    def work() -> Iterator[Executor]:
        # Spawned everywhere: a fork of a process with threads (progress, numpy's) may stand still for ever.
        leave_it = (signal.SIGINT, signal.SIG_IGN)
        pool = ProcessPoolExecutor(jobs, get_context("spawn"), initializer=signal.signal, initargs=leave_it)
        try:
            yield pool
        finally:
            pool.shutdown(cancel_futures=True)

    return work


def cluster(address: str) -> Workers:
    """The workers of the dask scheduler at ``address``; they must see the files under the same names.

    Raises UsageError without the extra ``cluster``; beginning to work raises DataError when nobody answers.
    """
    try:
        from distributed import Client
    except ImportError as error:
        raise UsageError("--cluster needs dask.distributed", do="pip install 'rhomboid[cluster]'") from error

    @contextmanager
    def work() -> Iterator[Executor]:
        try:
            client = Client(address, timeout=ANSWER_S, set_as_default=False)  # type: ignore[no-untyped-call]
        except (OSError, ValueError) as error:
            what = f"no dask scheduler answers at {address}"
            raise DataError(what, do="start one with dask scheduler, and workers with dask worker") from error
        with client:
            yield client.get_executor(pure=False)  # type: ignore[no-untyped-call]

    return work


class Journal:
    """The file in which outcomes are kept as they come. Use it as a context manager. Raises DataError.

    Only where each line begins is held in memory, so a hundred thousand files are no burden.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._decode = msgspec.json.Decoder(Outcome).decode
        self._line_at: dict[str, int] = {}
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("ab+")
            self._take_stock()
        except OSError as error:
            raise self._unusable(error) from error

    def _take_stock(self) -> None:
        """A line that a crash cut off stays a line of its own, and spoils no other."""
        self._file.seek(0)
        at, line = 0, b"\n"
        for line in self._file:
            with suppress(msgspec.MsgspecError, UnicodeDecodeError):
                self._line_at[self._decode(line).file] = at
            at += len(line)
        if not line.endswith(b"\n"):
            self._file.write(b"\n")

    def last(self, file: Path) -> Outcome | None:
        """What became of ``file`` the last time."""
        at = self._line_at.get(str(file))
        if at is None:
            return None
        self._file.seek(at)
        return self._decode(self._file.readline())

    def write(self, outcome: Outcome) -> None:
        """Adds one line, and hands it to the system at once."""
        try:
            self._line_at[outcome.file] = self._file.seek(0, SEEK_END)
            self._file.write(msgspec.json.encode(outcome) + b"\n")
            self._file.flush()
        except OSError as error:
            raise self._unusable(error) from error

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def _unusable(self, error: OSError) -> DataError:
        return DataError(
            f"results cannot be kept: {error.strerror}", do="name another folder with --into", where=str(self._path)
        )


def _key(file: Path, settings: Settings, explain: bool) -> str:
    try:
        stat = file.stat()
        made_from = [stat.st_size, stat.st_mtime_ns]
    except OSError:
        made_from = []
    text = msgspec.json.encode([*made_from, settings, explain, __version__])
    return hashlib.sha256(text).hexdigest()[:16]
