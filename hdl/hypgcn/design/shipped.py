"""The trained design that comes with hypgcn: in the wheel beside this file, in a checkout where it was trained."""

from pathlib import Path

__all__ = ["CHECKPOINTS", "SHIPPED", "shipped_design"]

SHIPPED = "nwucla_small"
"""Name that commands take for it: ten narrow blocks for NW-UCLA's 20 joints and 10 classes."""
CHECKPOINTS = Path(__file__).parents[3] / "checkpoints"
"""Trained networks of a checkout; not there in an installed package."""
_PACKED = Path(__file__).with_name("shipped")


def shipped_design() -> Path:
    """Folder of the design :data:`SHIPPED`.

    Raises
    ------
    FileNotFoundError
        The package was put together without it.
    """
    for folder in (_PACKED / SHIPPED, CHECKPOINTS / SHIPPED / "design"):
        if (folder / "design.json").is_file():
            return folder
    raise FileNotFoundError(f"{_PACKED / SHIPPED} must hold the design {SHIPPED}, as in the wheel of hypgcn: install "
                            f"hypgcn again")
