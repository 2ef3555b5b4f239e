"""The same movement as each program would write it down. Made here from the descriptions; none is a real recording."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from rhomboid.imu import Array

G_M_S2 = 9.80665
RATE_HZ = 50.0
DAY = "2026-02-03"


def movement(seconds: float = 20.0) -> tuple[Array, Array, Array]:
    """``t_s`` (n,), ``acc_g`` and ``gyr_dps`` (n, 3): keeping still, then five bows of 40 deg."""
    t_s = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    turned = np.radians(20.0) * (1 - np.cos(2 * np.pi * np.clip((t_s - 3.0) / 3.0, 0.0, 5.0)))
    acc_g = np.column_stack((np.sin(turned), np.zeros(len(t_s)), np.cos(turned)))
    acc_g += np.random.default_rng(5).normal(0, 0.002, acc_g.shape)
    rate_dps = np.degrees(np.gradient(turned, t_s))
    return t_s, acc_g, np.column_stack((np.zeros(len(t_s)), rate_dps, np.zeros(len(t_s))))


def rows(*columns: Array, separator: str = ",", form: str = "{:.6f}") -> str:
    return "\n".join(separator.join(form.format(value) for value in row) for row in np.column_stack(columns).tolist())


def zipped(texts: dict[str, str]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in texts.items():
            archive.writestr(name, text)
    return content.getvalue()


# --- Sensor Logger --------------------------------------------------------------------------------------------------


def sensor_logger(platform: str = "android", standardisation: str = "false", gyroscope: bool = True) -> dict[str, str]:
    t_s, acc_g, gyr_dps = movement()
    acc_m_s2 = acc_g * G_M_S2 * (-1.0 if platform == "ios" and standardisation == "false" else 1.0)

    def stream(values: Array, shift_s: float = 0.0) -> str:
        at_s = t_s + shift_s
        time_ns = [str(1_770_000_000_000_000_000 + round(t * 1e9)) for t in at_s.tolist()]
        lines = rows(at_s, values[:, 2], values[:, 1], values[:, 0]).split("\n")
        body = "\n".join(f"{ns},{line}" for ns, line in zip(time_ns, lines, strict=True))
        return f"time,seconds_elapsed,z,y,x\n{body}\n"

    texts = {
        "Metadata.csv": "version,device name,recording epoch time,recording time,platform,appVersion,standardisation\n"
        f'3,"the phone, mine",1770000000000,2026-02-03_04-05-06,{platform},1.47.0,{standardisation}\n',
        "Annotation.csv": "time,seconds_elapsed,text,millisecond_press_duration\n",
    }
    if platform == "ios":
        gravity = np.tile([0.0, 0.0, acc_m_s2[0, 2]], (len(t_s), 1))
        texts |= {"Accelerometer.csv": stream(acc_m_s2 - gravity), "Gravity.csv": stream(gravity)}
    else:
        texts |= {"Accelerometer.csv": stream(acc_m_s2 * 0.01), "TotalAcceleration.csv": stream(acc_m_s2)}
    if gyroscope:
        texts["Gyroscope.csv"] = stream(np.radians(gyr_dps), shift_s=0.003)
    return texts


# --- phyphox --------------------------------------------------------------------------------------------------------


def phyphox(separator: str = ",", decimal: str = ".", kind: str = "Acceleration") -> dict[str, str]:
    t_s, acc_g, gyr_dps = movement()

    def stream(name: str, unit: str, values: Array) -> str:
        names = separator.join(f'"{n}"' for n in ("Time (s)", *(f"{name} {axis} ({unit})" for axis in "xyz")))
        body = rows(t_s, values, separator=separator, form="{:.9E}").replace(".", decimal)
        return f"{names}\n{body}\n" + separator.join(["NaN"] * 4) + "\n"

    return {
        "Accelerometer.csv": stream(kind, "m/s^2", acc_g * G_M_S2),
        "Gyroscope.csv": stream("Gyroscope", "rad/s", np.radians(gyr_dps)),
        "meta/device.csv": f'"property"{separator}"value"\n"deviceModel"{separator}"made up"\n',
        "meta/time.csv": f'"event"{separator}"experiment time"\n"START"{separator}0.0\n',
    }


# --- Movella DOT ----------------------------------------------------------------------------------------------------


def movella_dot(measured: str = "Acc", start_us: int = 4_290_000_000) -> str:
    t_s, acc_g, gyr_dps = movement()
    clock = (start_us + np.rint(t_s * 1e6).astype(np.int64)) % (1 << 32)
    names = ",".join(
        ["PacketCounter", "SampleTimeFine"]
        + [f"{what}_{axis}" for what in (measured, "Gyr") for axis in "XYZ"]
        + ["Status"]
    )
    counted = np.arange(len(t_s), dtype=float)
    values = rows(acc_g * G_M_S2, gyr_dps).split("\n")
    body = "\n".join(f"{int(n)},{c},{v},0" for n, c, v in zip(counted, clock, values, strict=True))
    return (
        "sep=,\nDeviceTag:,back\nFirmwareVersion:,3.0.0\nAppVersion:,2023.6.0\nSyncStatus:,Un-synced\nOutputRate:,60Hz\n"
        "FilterProfile:,General\nMeasurement Mode:,Rate quantities\nStartTime:,2026-02-03_04:05:06_086 CET\n"
        f"© Movella Technologies B. V. 2005-2026\n\n{names}\n{body}\n"
    )


# --- WitMotion ------------------------------------------------------------------------------------------------------


def _arrivals_s(t_s: Array) -> Array:
    """Two samples together, every 40 ms."""
    return np.repeat(t_s[::2], 2)[: len(t_s)]


def _clock(t: float) -> str:
    """Ten seconds to midnight and on, the way the older program writes it: without leading zeros."""
    ms = round(t * 1000)
    return f"23:59:{50 + ms // 1000}.{ms % 1000:03}" if ms < 10_000 else f"0:0:{ms // 1000 - 10}.{ms % 1000:03}"


def witmotion_old() -> str:
    t_s, acc_g, gyr_dps = movement()
    moments = [_clock(t) for t in _arrivals_s(t_s).tolist()]
    lines = rows(acc_g, gyr_dps, separator="\t", form="{:.4f}").split("\n")
    body = "\n".join(f"0x50\t{m}\t{line}" for m, line in zip(moments, lines, strict=True))
    names = "address\tTime(s)\tax(g)\tay(g)\taz(g)\twx(deg/s)\twy(deg/s)\twz(deg/s)"
    return f"StartTime: 2026-02-03 23:59:50.000\n{names}\n{body}\n"


def witmotion_txt() -> str:
    t_s, acc_g, gyr_dps = movement()
    names = "time\tDeviceName\tChipTime()\tAccX(g)\tAccY(g)\tAccZ(g)\tAsX(°/s)\tAsY(°/s)\tAsZ(°/s)\tAngleX(°)"
    lines = rows(acc_g, gyr_dps, separator="\t", form="{:.4f}").split("\n")
    moments = [f"{DAY}T07:48:{t:06.3f}" for t in _arrivals_s(t_s).tolist()]
    body = "\n".join(f"{m}\tWT(aa:bb)\tnull\t{line}\t0.1" for m, line in zip(moments, lines, strict=True))
    return f"{names}\n{body}\n{names}\n"


def witmotion_csv() -> str:
    t_s, acc_g, gyr_dps = movement()
    names = "Time,Device name,Chip Time(),Acceleration X(g),Acceleration Y(g),Acceleration Z(g)," + ",".join(
        f"Angular velocity {axis}(°/s)" for axis in "XYZ"
    )
    lines = rows(acc_g, gyr_dps, form="{:.4f}").split("\n")
    chip = [f"2026-2-3 16:44:{int(t)}:{round(t % 1 * 1000)}" for t in t_s.tolist()]
    host = [f" 16:44:{t:06.3f}" for t in _arrivals_s(t_s).tolist()]
    body = "\n".join(f"{h},WT(aa:bb), {c},{line}" for h, c, line in zip(host, chip, lines, strict=True))
    return f"{names}\n{body}\n"


# --- all of them ----------------------------------------------------------------------------------------------------


def _zip(texts: Callable[[], dict[str, str]]) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        path = folder / "recording"
        path.write_bytes(zipped(texts()))
        return path

    return write


def _folder(texts: Callable[[], dict[str, str]]) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        path = folder / "recording"
        path.mkdir()
        for name, text in texts().items():
            (path / Path(name).name).write_text(text, encoding="utf-8")
        return path

    return write


def _file(text: Callable[[], str], encoding: str = "utf-8") -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        path = folder / "recording"
        path.write_bytes(text().replace("\n", "\r\n").encode(encoding))
        return path

    return write


# name -> (the format as it is called, whether times are to the bunch only, what writes it)
EXAMPLES: dict[str, tuple[str, bool, Callable[[Path], Path]]] = {
    "sensor logger, android zip": ("Sensor Logger", False, _zip(sensor_logger)),
    "sensor logger, android folder": ("Sensor Logger", False, _folder(sensor_logger)),
    "sensor logger, ios": ("Sensor Logger", False, _zip(lambda: sensor_logger("ios"))),
    "sensor logger, ios in standard units": ("Sensor Logger", False, _zip(lambda: sensor_logger("ios", "true"))),
    "phyphox zip": ("phyphox", False, _zip(phyphox)),
    "phyphox, semicolons and decimal commas": ("phyphox", False, _zip(lambda: phyphox(";", ","))),
    "phyphox, tabs": ("phyphox", False, _folder(lambda: phyphox("\t"))),
    "movella dot": ("Movella DOT", False, _file(movella_dot)),
    "witmotion, old text": ("WitMotion", True, _file(witmotion_old)),
    "witmotion, text": ("WitMotion", True, _file(witmotion_txt)),
    "witmotion, csv with chip time": ("WitMotion", False, _file(witmotion_csv, "latin-1")),
}
