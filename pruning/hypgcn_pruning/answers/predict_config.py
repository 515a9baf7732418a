"""Settings of ``hypgcn predict``, free of torch like ``config.py``."""

from dataclasses import dataclass
from pathlib import Path

from ..config import option

__all__ = ["PredictConfig"]

_PICTURES = (".png", ".svg", ".pdf")


@dataclass(frozen=True, kw_only=True)
class PredictConfig:
    """What is asked of the networks, and what is written."""

    top: int = option(5, "classes that are shown of each clip")
    weights: str = option("", "weights of streams in the sum of scores, such as joint=2,bone=1.5; left out, 1 each")
    classes: str = option("", "only these classes of the networks, by name or number, which share the probability")
    window: int = option(0, "frames of a sliding window over long recordings; 0: each clip as a whole")
    hop: int = option(0, "frames from one window to the next; 0: half a window")
    test_only: bool = option(False, "only the clips that the recordings hold out for the test")
    json: str = option("", "file for the answers with the probabilities of all classes, as JSON")
    picture: str = option("", "file for the scores over time (.png, .svg or .pdf), with --window")

    def __post_init__(self):
        for name, lowest in (("top", 1), ("window", 0), ("hop", 0)):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < lowest:
                raise ValueError(f"{name} must be an integer of at least {lowest}, not {value!r}")
        if self.hop > self.window:
            raise ValueError(f"hop must be at most the {self.window} frames of window, or frames would be left out, "
                             f"not {self.hop}" if self.window else
                             f"hop must be 0 without window, not {self.hop}")
        if self.picture and not self.window:
            raise ValueError(f"picture must be left out without window, whose scores it shows, not {self.picture!r}")
        if self.picture and Path(self.picture).suffix not in _PICTURES:
            raise ValueError(f"picture must end in {', '.join(_PICTURES)}, not {self.picture!r}")

    @property
    def step(self) -> int:
        """Frames from one window to the next, at least 1."""
        return self.hop or max(1, self.window // 2)
