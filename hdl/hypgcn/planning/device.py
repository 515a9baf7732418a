"""Devices: what each offers, from the files in ``devices/`` or a file of the user."""

import tomllib
from dataclasses import dataclass, fields
from pathlib import Path

from ..design.checks import check_choice, check_int
from ..design.limits import MAC_FORMS

__all__ = ["Device", "devices"]

FOLDER = Path(__file__).with_name("devices")


@dataclass(frozen=True, kw_only=True)
class Device:
    """What a device offers.

    Parameters
    ----------
    name : as its vendor writes it
    mac : form of the packed MAC that its multipliers can do, see :class:`~hypgcn.design.folding.Folding`
    multiplier : bits of the wider operand of a multiplier, with sign; the other one has at least 18
    dsp : multipliers; bram36 : block RAMs of 36 kbit (an 18 kbit one is a half); lut, ff : LUTs and flip-flops
    """

    name: str
    mac: str
    multiplier: int
    dsp: int
    bram36: int
    lut: int
    ff: int

    def __post_init__(self):
        if not isinstance(self.name, str) or not self.name:
            raise ValueError(f"name must be a text, not {self.name!r}")
        check_choice("mac", self.mac, MAC_FORMS)
        for name in ("multiplier", "dsp", "bram36", "lut", "ff"):
            check_int(name, getattr(self, name), 1)

    @classmethod
    def load(cls, text: str) -> "Device":
        """The device called ``text`` (upper or lower case), or of the TOML file at the path ``text``."""
        path = FOLDER / f"{text.lower()}.toml"
        if not path.is_file():
            path = Path(text)
        if not path.is_file():
            raise ValueError(f"device must be one of {', '.join(devices())} or a TOML file, not {text!r}")
        try:
            data = tomllib.loads(path.read_text())
            wanted = {field.name for field in fields(cls)}
            if odd := sorted(wanted ^ set(data)):
                raise ValueError(f"it must have exactly {', '.join(sorted(wanted))}; see {', '.join(odd)}")
            return cls(**data)
        except (ValueError, TypeError) as error:
            raise ValueError(f"{path} is not a device: {error}") from error


def devices() -> list[str]:
    """Names of the devices that come with the library."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))
