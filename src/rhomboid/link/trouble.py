"""What can go wrong between sensor and host, each kind with its sentence and what the user can do about it."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Trouble(StrEnum):
    """The kinds of trouble a link can have; the value is what recordings and ``--json`` carry."""

    NO_ADAPTER = "no_adapter"
    POWERED_OFF = "powered_off"
    DENIED = "denied"
    NO_SERVICE = "no_service"
    NOT_FOUND = "not_found"
    CANNOT_CONNECT = "cannot_connect"
    BUSY = "busy"
    PAIRING = "pairing"
    WRONG_FIRMWARE = "wrong_firmware"
    REFUSED = "refused"
    DROPPED = "dropped"
    SILENT = "silent"
    ASLEEP = "asleep"
    OVERFLOW = "overflow"
    OTHER = "other"


class Sentence(msgspec.Struct, frozen=True):
    """``what`` happened and what to ``do``, in words."""

    what: str
    do: str


SENTENCES: dict[Trouble, Sentence] = {
    Trouble.NO_ADAPTER: Sentence("this computer shows no Bluetooth", "plug in an adapter, or switch Bluetooth on"),
    Trouble.POWERED_OFF: Sentence("Bluetooth is switched off", "switch it on; the link comes back by itself"),
    Trouble.DENIED: Sentence(
        "this program may not use Bluetooth", "allow it in the system's privacy settings; rhomboid doctor shows where"
    ),
    Trouble.NO_SERVICE: Sentence(
        "the system's Bluetooth service does not answer", "start it again (on Linux: systemctl restart bluetooth)"
    ),
    Trouble.NOT_FOUND: Sentence(
        "the sensor is not in the air", "switch it on, bring it nearer, and close other programs that hold it"
    ),
    Trouble.CANNOT_CONNECT: Sentence("the sensor did not answer", "bring it nearer, or switch it off and on"),
    Trouble.BUSY: Sentence(
        "another program or phone holds the sensor", "close the maker's app, or switch Bluetooth off on the phone"
    ),
    Trouble.PAIRING: Sentence(
        "the sensor wants to be paired", "confirm it if the system asks, or pair it in the system's Bluetooth settings"
    ),
    Trouble.WRONG_FIRMWARE: Sentence(
        "the sensor does not offer what its kind should", "update its firmware, or name its kind with --sensor"
    ),
    Trouble.REFUSED: Sentence("the sensor refused a setting", "choose another --rate, or switch it off and on"),
    Trouble.DROPPED: Sentence("the link dropped", "stay within some metres and charge the battery"),
    Trouble.SILENT: Sentence("the sensor stopped sending", "it is being started again"),
    Trouble.ASLEEP: Sentence("the computer was asleep", "the sensor is being connected again"),
    Trouble.OVERFLOW: Sentence("this computer was too busy to keep up", "close what keeps it busy"),
    Trouble.OTHER: Sentence("Bluetooth reported an error", "switch Bluetooth off and on; rhomboid doctor tells more"),
}


class LinkTrouble(Exception):
    """Raised inside the link; ``detail`` is what the system said, for logs and bug reports."""

    def __init__(self, trouble: Trouble, detail: str = "") -> None:
        self.trouble, self.detail = trouble, detail
        super().__init__(trouble.value)

    @property
    def words(self) -> str:
        """What happened and what to do, in one line."""
        sentence = SENTENCES[self.trouble]
        return f"{sentence.what}; {sentence.do}"
