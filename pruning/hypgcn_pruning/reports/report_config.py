"""Settings of the reports, free of torch like ``config.py``."""

from dataclasses import dataclass

from ..config import option

__all__ = ["STEPS", "ACCURACY", "TRADEOFF", "AccuracyConfig"]

STEPS = ("dense_c", "dense", "pruned", "int8")
"""From the float network with the data-dependent graph to the design."""
ACCURACY, TRADEOFF = "results/accuracy.json", "results/tradeoff.json"
"""Where results are kept."""


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
