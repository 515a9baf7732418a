"""Networks of several streams behind one raw input: joints to all, one weighted sum of their scores."""

from .fork import Fork
from .network import EnsembleNetwork
from .sum import EnsembleSum

__all__ = ["EnsembleNetwork", "EnsembleSum", "Fork"]
