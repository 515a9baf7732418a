"""Devices and their resources, from the files in ``devices/`` or a TOML file of the user."""

import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TypedDict

from ..design.checks import check_choice, check_int
from ..design.limits import MAC_FORMS

__all__ = ["AllocatorOptions", "Device", "devices"]

FOLDER = Path(__file__).with_name("devices")
LUTS_OF_MULTIPLIER = 200
"""LUTs of the product of a requantiser without a multiplier, about. A device with more LUTs for each of its multipliers
has few of these."""


class AllocatorOptions(TypedDict):
    """Arguments of :class:`~.allocator.allocate.Allocator` that a device decides."""

    mac: str
    multiplier: int
    uram: int
    few_multipliers: bool


@dataclass(frozen=True, kw_only=True)
class Device:
    """Resources of a device, each at least 1.

    Parameters
    ----------
    name : str
        As its vendor writes it.
    mac : str
        Form of the packed MAC that its multipliers can do, see :class:`~hypgcn.design.folding.Folding`.
    multiplier : int
        Bits of the wider operand of a multiplier, sign included; the other one has at least 18.
    dsp : int
        Multipliers.
    bram36 : int
        Block RAMs of 36 kbit; two of 18 kbit count as one.
    lut : int
        6-input LUTs; of a device with smaller ones as many as hold the same logic.
    ff : int
        Flip-flops.
    uram : int
        UltraRAMs; a file without has none.
    boards : tuple of str
        Boards that people have with it; a file without names none.
    """

    name: str
    mac: str
    multiplier: int
    dsp: int
    bram36: int
    lut: int
    ff: int
    uram: int = 0
    boards: tuple[str, ...] = ()

    @property
    def few_multipliers(self) -> bool:
        """Whether there are :data:`LUTS_OF_MULTIPLIER` LUTs and more for each multiplier."""
        return self.lut >= LUTS_OF_MULTIPLIER * self.dsp

    @property
    def options(self) -> AllocatorOptions:
        """What a choice of a folding for the device takes from it, beside a budget."""
        return {"mac": self.mac, "multiplier": self.multiplier, "uram": self.uram,
                "few_multipliers": self.few_multipliers}

    def __post_init__(self):
        if not isinstance(self.name, str) or not self.name:
            raise ValueError(f"name must be a text, not {self.name!r}")
        check_choice("mac", self.mac, MAC_FORMS)
        for name in ("multiplier", "dsp", "bram36", "lut", "ff"):
            check_int(name, getattr(self, name), 1)
        check_int("uram", self.uram, 0)
        if not isinstance(self.boards, tuple) or not all(isinstance(board, str) and board for board in self.boards):
            raise ValueError(f"boards must be a list of texts, not {self.boards!r}")

    @classmethod
    def load(cls, text: str) -> "Device":
        """Load a device.

        Parameters
        ----------
        text : str
            A name of :func:`devices`, in upper or lower case, or the path of a TOML file.

        Raises
        ------
        ValueError
            If there is no such device, or the file does not describe one.
        """
        path = FOLDER / f"{text.lower()}.toml"
        if not path.is_file():
            path = Path(text)
        if not path.is_file():
            raise ValueError(f"device must be one of {', '.join(devices())} or a TOML file, not {text!r}")
        try:
            data = tomllib.loads(path.read_text(encoding="utf-8"))
            names = {field.name for field in fields(cls)}
            if wrong := sorted(names ^ {*data, "uram", "boards"}):
                raise ValueError(f"it must have exactly {', '.join(sorted(names))}; see {', '.join(wrong)}")
            if isinstance(data.get("boards"), list):
                data["boards"] = tuple(data["boards"])
            return cls(**data)
        except (ValueError, TypeError) as error:
            raise ValueError(f"{path} is not a device: {error}") from error


def devices() -> list[str]:
    """Names of the devices that come with the library."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))
