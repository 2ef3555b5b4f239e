"""Samples as Apache Parquet: the columns of our CSV as float64, a row group a block. Gaps show as holes in time."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from rhomboid.errors import DataError, UsageError
from rhomboid.imu import ImuBlock, StreamItem
from rhomboid.recording.csv_form import GYROSCOPE, NEEDED
from rhomboid.recording.files import whole_file


def write_parquet(path: Path, items: Iterable[StreamItem], *, force: bool = False) -> None:
    """Raises UsageError where ``path`` exists (unless ``force``) or pyarrow is missing, DataError as ``write_csv``."""
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as problem:
        raise UsageError("Parquet needs pyarrow", do="install it with: pip install 'rhomboid[parquet]'") from problem
    blocks = [item for item in items if isinstance(item, ImuBlock) and len(item)]
    with_gyroscope = {block.gyr_dps is not None for block in blocks}
    if len(with_gyroscope) != 1:
        what = "only some of the samples have angular velocities" if blocks else "it holds no samples"
        raise DataError(what, do="export it as CSV or name another recording", where=str(path))
    names = NEEDED + GYROSCOPE if True in with_gyroscope else NEEDED
    schema = pa.schema([(name, pa.float64()) for name in names])
    with whole_file(path, force=force) as file, pq.ParquetWriter(file, schema, compression="zstd") as writer:
        for block in blocks:
            columns = [block.t_s, *block.acc_g.T, *(() if block.gyr_dps is None else block.gyr_dps.T)]
            writer.write_table(pa.table(dict(zip(names, columns, strict=True)), schema=schema))
