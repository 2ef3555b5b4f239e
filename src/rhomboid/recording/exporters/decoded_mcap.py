"""An ``.mcap`` of numbers instead of packets, which Foxglove and others plot as it is.

Topics ``/acceleration_g`` and ``/angular_velocity_dps`` (x, y, z in the sensor's axes; schema ``foxglove.Vector3``),
``/trunk`` (degrees against the reference, about five a second) and ``/event``, all JSON. ``log_time`` is the wall clock
where the recording says when it began, else the time since its first sample.

Source of the schema: Foxglove's message schemas, https://docs.foxglove.dev/docs/sdk/schemas/vector3.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import msgspec
from mcap.writer import Writer

from rhomboid import __version__
from rhomboid.events import Event, encode
from rhomboid.imu import ImuBlock
from rhomboid.recording.files import whole_file

PROFILE = "rhomboid-decoded"


class TrunkAngles(msgspec.Struct, frozen=True):
    """Against the reference, in degrees: forward and to the left positive. None: not known (yet)."""

    flexion_deg: float | None
    lateral_deg: float | None
    tilt_deg: float | None


class Moment(msgspec.Struct, frozen=True, eq=False):
    """A few samples, and what the signal core made of them."""

    block: ImuBlock
    trunk: TrunkAngles | None
    events: list[Event]


# topic -> (schema, its fields)
TOPICS: dict[str, tuple[str, dict[str, object]]] = {
    "/acceleration_g": ("foxglove.Vector3", {axis: {"type": "number"} for axis in "xyz"}),
    "/angular_velocity_dps": ("foxglove.Vector3", {axis: {"type": "number"} for axis in "xyz"}),
    "/trunk": (
        "rhomboid.TrunkAngles",
        {angle: {"type": ["number", "null"]} for angle in TrunkAngles.__struct_fields__},
    ),
    "/event": ("rhomboid.Event", {"event": {"type": "string"}, "at_s": {"type": "number"}}),
}


def write_decoded_mcap(path: Path, moments: Iterable[Moment], start_ns: int, *, force: bool = False) -> None:
    """``start_ns`` is the log time of the first sample.

    Raises UsageError where ``path`` exists (unless ``force``), DataError where the disk is full.
    """
    with whole_file(path, force=force) as file:
        writer = Writer(file)
        writer.start(profile=PROFILE, library=f"rhomboid/{__version__}")
        schemas: dict[str, int] = {}
        channels: dict[str, int] = {}
        for topic, (name, properties) in TOPICS.items():
            if name not in schemas:
                schema = json.dumps({"title": name, "type": "object", "properties": properties}).encode()
                schemas[name] = writer.register_schema(name=name, encoding="jsonschema", data=schema)
            channels[topic] = writer.register_channel(topic=topic, message_encoding="json", schema_id=schemas[name])
        first_s: float | None = None

        def write(topic: str, t_s: float, data: bytes) -> None:
            at_ns = start_ns + max(round((t_s - (first_s or 0.0)) * 1e9), 0)
            writer.add_message(channel_id=channels[topic], log_time=at_ns, data=data, publish_time=at_ns)

        for moment in moments:
            block = moment.block
            times_s = block.t_s.tolist()
            first_s = times_s[0] if first_s is None and times_s else first_s
            for topic, values in zip(TOPICS, (block.acc_g, block.gyr_dps), strict=False):
                for t_s, (x, y, z) in zip(times_s, () if values is None else values.tolist(), strict=False):
                    write(topic, t_s, msgspec.json.encode({"x": x, "y": y, "z": z}))
            if moment.trunk is not None:
                write("/trunk", times_s[-1], msgspec.json.encode(moment.trunk))
            for event in moment.events:
                write("/event", event.at_s, encode(event))
        writer.finish()  # type: ignore[no-untyped-call]
