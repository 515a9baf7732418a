"""All proofs, by name."""

from ..proof import Proof
from . import arith, axi_lite, rfc, scheduling, shell, store, streams

__all__ = ["PROOFS"]

_PARTS = (arith, streams, axi_lite, rfc, store, scheduling, shell)

PROOFS: dict[str, Proof] = {proof.name: proof for part in _PARTS for proof in part.PROOFS}
"""From the smallest unit to the largest."""
