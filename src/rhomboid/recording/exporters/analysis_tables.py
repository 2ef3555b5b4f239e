"""Analyses of many recordings as Parquet tables, for DuckDB, pandas or polars: one file a kind of thing.

``recordings`` has a row a file, the others a row each of what was found, with the file's name as ``file``. Columns are
the fields of the structs in ``analysis``, in their order and units.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

from rhomboid.errors import UsageError
from rhomboid.recording.files import whole_file

ROWS_AT_ONCE = 1000
_TYPES = {float: "float64", int: "int64", str: "string", bool: "bool", int | None: "int64"}


def needs_pyarrow() -> None:
    """Raises UsageError where it is not installed."""
    if find_spec("pyarrow") is None:
        raise UsageError("the tables need pyarrow", do="install it with: pip install 'rhomboid[parquet]'")


def write_tables(folder: Path, outcomes: Iterable[msgspec.Struct], kinds: Mapping[str, type[msgspec.Struct]]) -> None:
    """``recordings.parquet`` and one file for each of ``kinds`` (name of the list in an analysis -> its struct).

    Those that are there are replaced, each when it is whole. Raises UsageError without pyarrow, DataError.
    """
    needs_pyarrow()
    import pyarrow as pa
    import pyarrow.parquet as pq

    schemas = {
        "recordings": pa.schema(
            [
                ("file", pa.string()),
                ("duration_s", pa.float64()),
                ("sampling_rate_hz", pa.float64()),
                ("remarks", pa.list_(pa.string())),
                ("error", pa.string()),
            ]
        )
    }
    for name, kind in kinds.items():
        columns = [(f.name, pa.type_for_alias(_TYPES[f.type])) for f in msgspec.structs.fields(kind)]
        schemas[name] = pa.schema([("file", pa.string()), *columns])
    with ExitStack() as stack:
        writers = {
            name: stack.enter_context(
                pq.ParquetWriter(
                    stack.enter_context(whole_file(folder / f"{name}.parquet", force=True)), schema, compression="zstd"
                )
            )
            for name, schema in schemas.items()
        }
        waiting = iter(outcomes)
        while some := [msgspec.to_builtins(o) for o in islice(waiting, ROWS_AT_ONCE)]:
            for name, schema in schemas.items():
                rows = [row for outcome in some for row in _rows(outcome, name)]
                if rows:
                    writers[name].write_table(pa.Table.from_pylist(rows, schema))


def _rows(outcome: dict[str, Any], name: str) -> list[dict[str, Any]]:
    analysis = outcome.get("analysis") or {}
    if name == "recordings":
        return [{**analysis, "file": outcome["file"], "error": outcome.get("error")}]
    return [{**row, "file": outcome["file"]} for row in analysis.get(name, ())]
