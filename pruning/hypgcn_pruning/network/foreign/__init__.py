"""Checkpoints of other frameworks: 2s-AGCN, AAGCN, CTR-GCN's baseline, ST-GCN, and PYSKL's and mmaction2's forms."""

from .load import LAYOUTS, detect_format, load_foreign, open_network
from .unmapped import UNMAPPED

__all__ = ["LAYOUTS", "UNMAPPED", "detect_format", "load_foreign", "open_network"]
