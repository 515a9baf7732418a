"""Where the sources of the C driver are: in the wheel inside this package, in a checkout beside it."""

from pathlib import Path

__all__ = ["c_sources"]

_HERE = Path(__file__).parent


def c_sources() -> Path:
    """Folder with the C driver, its register header and a Makefile; ``make -C FOLDER OUT=build`` builds it."""
    packed = _HERE / "c"
    return packed if packed.is_dir() else _HERE.parent / "c"
