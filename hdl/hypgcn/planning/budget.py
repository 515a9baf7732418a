"""What a folding may use: counts, or shares of a device."""

from dataclasses import dataclass

from .device import Device

__all__ = ["PLENTY", "RESOURCES", "Budget"]

RESOURCES = ("dsp", "bram36", "lut")
PLENTY = 1 << 30
"""A count that no design reaches: no limit."""


@dataclass(frozen=True, kw_only=True)
class Budget:
    """Limits of the resources of a folding, each at least 1.

    Parameters
    ----------
    dsp : int
        Multipliers.
    bram36 : float
        Block RAMs of 36 kbit; an 18 kbit half counts 0.5.
    lut : int
        LUTs.
    """

    dsp: int
    bram36: float
    lut: int

    def __post_init__(self):
        for name in RESOURCES:
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, (int, float)):
                raise TypeError(f"{name} must be a number, not {value!r}")
            if value < 1:
                raise ValueError(f"{name} must be at least 1, not {value!r}")

    @classmethod
    def of(cls, device: Device, **limits: str | None) -> "Budget":
        """Budget within ``device``.

        Parameters
        ----------
        device : Device
            All of it where nothing else is said.
        **limits : str, optional
            Per resource a count, or a share of the device such as ``"80%"``.

        Raises
        ------
        ValueError
            If a limit is neither a count nor a share of at most 100 %, or below 1.
        """
        counts = {}
        for name in RESOURCES:
            text, available = limits.get(name), getattr(device, name)
            try:
                if text is None:
                    counts[name] = available
                elif text.endswith("%"):
                    share = float(text[:-1])
                    if not share <= 100:
                        raise ValueError
                    counts[name] = int(available * share / 100)
                else:
                    counts[name] = int(text)
            except ValueError:
                raise ValueError(f"{name} must be a count, or a share of at most 100% such as 80%, not {text!r}"
                                 ) from None
        return cls(**counts)
