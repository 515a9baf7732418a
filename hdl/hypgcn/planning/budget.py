"""What a folding may use: counts, or shares of a device."""

from dataclasses import dataclass

from .device import Device

__all__ = ["PLENTY", "RESOURCES", "Budget"]

RESOURCES = ("dsp", "bram36", "lut")
PLENTY = 1 << 30
"""As much as anybody could use."""


@dataclass(frozen=True, kw_only=True)
class Budget:
    """What may be used. ``dsp``, ``bram36``, ``lut``: counts, each at least 1."""

    dsp: int
    bram36: float
    lut: int

    def __post_init__(self):
        for name in RESOURCES:
            if isinstance(getattr(self, name), bool) or not isinstance(getattr(self, name), (int, float)):
                raise TypeError(f"{name} must be a number, not {getattr(self, name)!r}")
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, not {getattr(self, name)!r}")

    @classmethod
    def of(cls, device: Device, **limits: str | None) -> "Budget":
        """All of ``device``, or of a resource as much as ``limits`` says: a count, or a share such as ``"80%"``."""
        found = {}
        for name in RESOURCES:
            text, whole = limits.get(name), getattr(device, name)
            try:
                if text is None:
                    found[name] = whole
                elif text.endswith("%"):
                    found[name] = int(whole * float(text[:-1]) / 100)
                else:
                    found[name] = int(text)
            except ValueError:
                raise ValueError(f"{name} must be a count or a share such as 80%, not {text!r}") from None
        return cls(**found)
