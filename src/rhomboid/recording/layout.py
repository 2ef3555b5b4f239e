"""What a packet log is made of: the names of its channels and schemas, and the description at its start."""

from __future__ import annotations

import json
from typing import NamedTuple

import msgspec

from rhomboid import __version__
from rhomboid.imu import RequestKind

PROFILE = "rhomboid"
ABOUT = "rhomboid.about"
"""Name of the metadata record that holds ``About``, one text entry a field."""
CHARACTERISTIC = "characteristic"
"""Key in the metadata of a notification channel: the full lower-case UUID of the characteristic it stands for."""

NOTIFICATION_TOPIC = "/notification/"
"""Topics of notifications begin with this; the UUID follows."""
EVENT_TOPIC = "/event"
NOTE_TOPIC = "/note"
REQUEST_TOPIC = "/request"
COMMAND_TOPIC = "/command"
LINK_TOPIC = "/link"


class Kind(NamedTuple):
    """One kind of message: its schema's name, encoding and text, and how its messages are encoded."""

    schema: str
    schema_encoding: str
    schema_text: bytes
    message_encoding: str


def _json_schema(title: str, **properties: str) -> bytes:
    schema = {"title": title, "type": "object", "properties": {k: {"type": v} for k, v in properties.items()}}
    return json.dumps(schema).encode()


NOTIFICATION = Kind(
    "rhomboid.Notification",
    "text/plain",
    b"The value of one Bluetooth notification, byte for byte as it arrived. The characteristic's UUID is in the "
    b"metadata of the channel; log_time is the host's monotonic clock at arrival, in nanoseconds.",
    "application/octet-stream",
)
EVENT = Kind("rhomboid.Event", "jsonschema", _json_schema("rhomboid.Event", event="string", at_s="number"), "json")
LINK = Kind("rhomboid.Link", "jsonschema", _json_schema("rhomboid.Link", state="string", reason="string"), "json")
REQUEST = Kind(
    "rhomboid.Request", "jsonschema", _json_schema("rhomboid.Request", kind="string", exercise="string"), "json"
)
COMMAND = Kind("rhomboid.Command", "jsonschema", _json_schema("rhomboid.Command", kind="string", text="string"), "json")
NOTE = Kind("rhomboid.Note", "jsonschema", _json_schema("rhomboid.Note", text="string"), "json")


class About(msgspec.Struct, frozen=True, kw_only=True):
    """What a recording is of. ``family`` names the driver that decodes it; ``started_at`` is ISO 8601 with time zone.

    ``software_version`` is that of the drivers too. ``settings`` are JSON (empty: none); the reference is among the
    events, what the user asked for and told among the requests and commands. ``script`` and ``seed`` are set for a
    simulated wearer only.
    """

    family: str
    started_at: str
    sensor_name: str = ""
    sensor_address: str = ""
    software_version: str = __version__
    settings: str = ""
    script: str | None = None
    seed: int | None = None

    def to_metadata(self) -> dict[str, str]:
        """The fields as text, those that are None left out."""
        return {name: str(value) for name, value in msgspec.structs.asdict(self).items() if value is not None}

    @classmethod
    def from_metadata(cls, metadata: dict[str, str]) -> About:
        """The inverse of ``to_metadata``; unknown entries are ignored. Raises msgspec.ValidationError."""
        return msgspec.convert(metadata, cls, strict=False)


class NoteText(msgspec.Struct, frozen=True):
    """A note as it stands in its message."""

    text: str


class RequestText(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the user asked of the signal core, as it stands in its message."""

    kind: RequestKind
    exercise: str = ""


class Note(msgspec.Struct, frozen=True):
    """A remark of the user's, or of the program's, at a moment of the host's monotonic clock."""

    host_ns: int
    text: str
