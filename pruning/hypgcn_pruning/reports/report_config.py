"""Settings of the reports, free of torch like ``config.py``."""

from dataclasses import dataclass

from ..config import option

__all__ = ["STEPS", "ACCURACY", "ARCHITECTURES", "MISSING", "RESULTS", "TRADEOFF", "AccuracyConfig",
           "MissingConfig"]

STEPS = ("dense_c", "dense", "pruned", "int8")
"""From the float network with the data-dependent graph to the design."""
ACCURACY, TRADEOFF = "build/accuracy.json", "build/tradeoff.json"
ARCHITECTURES, MISSING = "build/architectures.json", "build/missing.json"
"""Where reports go, unless somebody wants them elsewhere."""
RESULTS = {ACCURACY: "results/accuracy.json", TRADEOFF: "results/tradeoff.json",
           ARCHITECTURES: "results/architectures.json"}
"""Where the results of the repository are kept; they are written on request alone (``-o``)."""


@dataclass(frozen=True, kw_only=True)
class AccuracyConfig:
    """What rows are called, and how the golden model runs."""

    dataset: str = option("", "name of the data set in the rows; left out, the name of the recordings")
    split: str = option("", "name of the split in the rows; left out, the protocol")
    network: str = option("2s-agcn", "name of the networks in the rows")
    validate: str = option("", "measure on the training clips that hypgcn train --validate holds out, view=2 or a "
                               "share such as 0.2, not on the test clips; into another file (-o)")
    weights: str = option("", "weights of streams in the rows of sums, such as joint=2,bone=1.5; left out, 1 each")
    cache: str = option("build/accuracy", "folder for the golden model's logits, which are not computed twice")
    jobs: int = option(0, "processes of the golden model; 0: one for each core")

    def __post_init__(self):
        if isinstance(self.jobs, bool) or not isinstance(self.jobs, int) or self.jobs < 0:
            raise ValueError(f"jobs must be an integer of at least 0, not {self.jobs!r}")
        if not self.network:
            raise ValueError("network must be a name, not ''")


@dataclass(frozen=True, kw_only=True)
class MissingConfig:
    """Which joints are dropped."""

    shares: str = option("0,0.01,0.05,0.1,0.2", "shares of the joints of all frames that are missing, 0 to below 1")
    seeds: str = option("1,2,3", "seeds of which joints are missing; the mean and the range of all are reported")
    gap: int = option(1, "frames in a row for which a joint is missing")
    validate: str = option("", "measure on the training clips that hypgcn train --validate holds out, view=2 or a "
                               "share such as 0.2, not on the test clips")

    def __post_init__(self):
        if isinstance(self.gap, bool) or not isinstance(self.gap, int) or self.gap < 1:
            raise ValueError(f"gap must be an integer of at least 1, not {self.gap!r}")
        for name in ("share_list", "seed_list"):
            getattr(self, name)

    @property
    def share_list(self) -> tuple[float, ...]:
        """Numbers of ``shares``."""
        try:
            shares = tuple(float(word) for word in self.shares.split(","))
        except ValueError:
            shares = ()
        if not shares or not all(0 <= share < 1 for share in shares):
            raise ValueError(f"shares must be numbers of at least 0 and below 1 between commas, not {self.shares!r}")
        return shares

    @property
    def seed_list(self) -> tuple[int, ...]:
        """Numbers of ``seeds``."""
        words = [word.strip() for word in self.seeds.split(",")]
        if not all(word.isascii() and word.isdecimal() for word in words):
            raise ValueError(f"seeds must be numbers of at least 0 between commas, not {self.seeds!r}")
        return tuple(map(int, words))
