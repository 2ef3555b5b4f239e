"""Info, control and status of the rhomboid stream, version 1 (firmware_protocol/rhomboid-stream-v1.md, 4 to 6)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from struct import Struct

import msgspec

from rhomboid.sensors.driver import Refusal

INFO_KIND, CONTROL_KIND, STATUS_KIND = 0x13, 0x14, 0x15
START, STOP, SET_PERIOD, SET_RANGES, SYNC, IDENTIFY = range(1, 7)
DONE, UNKNOWN_COMMAND, MALFORMED, UNSUPPORTED_VALUE, NOT_NOW, FAILED = range(6)
STREAMING = 0x01  # bit of a status's state

# kind, most samples, boot id, period in us, ranges, number of periods, device id, masks: commands, acc and gyr codes
INFO_HEAD = Struct("<BBHHBB8sHHH")
CONTROL_PACKET = Struct("<BBHI")  # kind, command, argument, token
STATUS_PACKET = Struct("<BBBBIIHHB")  # kind, command, code, state, token, device us, boot id, period in us, ranges

SHORTEST_PERIOD_US = 250
ACC_G_PER_COUNT: dict[int, float] = {code: full / 32768 for code, full in enumerate((2, 4, 8, 16))}
GYR_DPS_PER_COUNT: dict[int, float] = {
    **{code: full / 32768 for code, full in enumerate((125, 250, 500, 1000, 2000))},
    **{8 + code: mdps / 1000 for code, mdps in enumerate((4.375, 8.75, 17.5, 35.0, 70.0))},
}
RANGES = {acc << 4 | gyr: (acc, gyr) for acc in ACC_G_PER_COUNT for gyr in GYR_DPS_PER_COUNT}
"""The range bytes there are: accelerometer and gyroscope code of each."""

_COMMANDS = {
    START: "start",
    STOP: "stop",
    SET_PERIOD: "set the rate",
    SET_RANGES: "set the ranges",
    SYNC: "sync",
    IDENTIFY: "identify",
}
_CODES = {
    DONE: "done",
    UNKNOWN_COMMAND: "it does not know this command",
    MALFORMED: "it could not read the command",
    UNSUPPORTED_VALUE: "it does not support this value",
    NOT_NOW: "not now",
    FAILED: "it failed",
}


class Info(msgspec.Struct, frozen=True, kw_only=True):
    """What a sensor is, can do, and does now. Periods in us; ranges as the codes of the specification."""

    most_samples: int
    """That it ever puts in one packet."""
    boot_id: int
    period_us: int
    acc_range: int
    gyr_range: int
    device_id: str
    """In hexadecimal, 16 digits."""
    commands: tuple[int, ...]
    """Those it obeys; and the codes and periods that it can be set to:"""
    acc_ranges: tuple[int, ...]
    gyr_ranges: tuple[int, ...]
    periods_us: tuple[int, ...]
    firmware: str


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """An answer to ``command``, or what the sensor says unasked (``command`` 0), and what it does from now on."""

    command: int
    code: int
    state: int
    token: int
    device_us: int
    """When the command arrived."""
    boot_id: int
    period_us: int
    acc_range: int
    gyr_range: int

    @property
    def words(self) -> str:
        """For people: "start: done"."""
        outcome = _CODES.get(self.code, f"it refused (code {self.code})")
        if self.command:
            return f"{_COMMANDS.get(self.command, f'command {self.command}')}: {outcome}"
        if self.code == DONE:
            return "streaming" if self.state & STREAMING else "stopped"
        return outcome


def read_info(data: bytes) -> Info | Refusal:
    """The value of the info characteristic. What a later firmware has added at its end is ignored."""
    if len(data) < INFO_HEAD.size or data[0] != INFO_KIND:
        return Refusal("it is no info of version 1")
    _, most, boot_id, period_us, ranges, periods, device_id, commands, accs, gyrs = INFO_HEAD.unpack_from(data)
    name_at = INFO_HEAD.size + 2 * periods
    name = data[name_at + 1 : name_at + 1 + data[name_at]] if len(data) > name_at else b""
    if len(data) <= name_at or len(name) < data[name_at]:
        return Refusal(f"{len(data)} bytes are too short for what it says it holds")
    periods_us = Struct(f"<{periods}H").unpack_from(data, INFO_HEAD.size)
    if not name.isascii():
        return Refusal("the firmware's name is not ASCII")
    if most == 0:
        return Refusal("no samples in a packet cannot be")
    refusal = _impossible(ranges, (period_us, *periods_us))
    if refusal is not None:
        return refusal
    acc_range, gyr_range = RANGES[ranges]
    return Info(
        most_samples=most,
        boot_id=boot_id,
        period_us=period_us,
        acc_range=acc_range,
        gyr_range=gyr_range,
        device_id=device_id.hex(),
        commands=_numbers(commands),
        acc_ranges=_numbers(accs),
        gyr_ranges=_numbers(gyrs),
        periods_us=periods_us,
        firmware=name.decode("ascii"),
    )


def read_status(data: bytes) -> Status | Refusal:
    """A notification of the status characteristic."""
    if len(data) != STATUS_PACKET.size or data[0] != STATUS_KIND:
        return Refusal("it is no status of version 1")
    _, command, code, state, token, device_us, boot_id, period_us, ranges = STATUS_PACKET.unpack(data)
    refusal = _impossible(ranges, (period_us,))
    if refusal is not None:
        return refusal
    acc_range, gyr_range = RANGES[ranges]
    return Status(
        command=command,
        code=code,
        state=state,
        token=token,
        device_us=device_us,
        boot_id=boot_id,
        period_us=period_us,
        acc_range=acc_range,
        gyr_range=gyr_range,
    )


def command(number: int, argument: int = 0, token: int = 0) -> bytes:
    """What is written to control; the answer brings ``token`` back."""
    return CONTROL_PACKET.pack(CONTROL_KIND, number, argument, token)


def nearest_period_us(info: Info, rate_hz: float) -> int:
    """The sample period, of those that can be set or the present one, whose rate is nearest to ``rate_hz`` by ratio."""
    can_be = info.periods_us if SET_PERIOD in info.commands else ()
    wanted_us = 1e6 / rate_hz
    return min((info.period_us, *can_be), key=lambda us: max(us / wanted_us, wanted_us / us))


def wide_enough_ranges(info: Info, acc_g: float, gyr_dps: float) -> int:
    """The ranges byte that holds ``acc_g`` and ``gyr_dps``: the present codes if they do, or the narrowest that do."""
    can_be = SET_RANGES in info.commands
    acc = _wide_enough(info.acc_range, info.acc_ranges if can_be else (), ACC_G_PER_COUNT, acc_g)
    gyr = _wide_enough(info.gyr_range, info.gyr_ranges if can_be else (), GYR_DPS_PER_COUNT, gyr_dps)
    return acc << 4 | gyr


def _wide_enough(now: int, can_be: Iterable[int], per_count: Mapping[int, float], full: float) -> int:
    def shortfall(code: int) -> tuple[float, float]:
        holds = per_count[code] * 32768
        return max(0.0, full - holds), 0.0 if code == now else holds

    return min((now, *(code for code in can_be if code in per_count)), key=shortfall)


def _impossible(ranges: int, periods_us: Iterable[int]) -> Refusal | None:
    if ranges not in RANGES:
        return Refusal(f"unknown range code 0x{ranges:02x}")
    for period_us in periods_us:
        if period_us < SHORTEST_PERIOD_US:
            return Refusal(f"a sample period of {period_us} us cannot be")
    return None


def _numbers(mask: int) -> tuple[int, ...]:
    return tuple(bit for bit in range(16) if mask >> bit & 1)
