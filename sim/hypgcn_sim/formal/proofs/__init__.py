"""All proofs, by name."""

from ..proof import Proof
from . import axi_lite, rfc, streams

__all__ = ["PROOFS"]

PROOFS: dict[str, Proof] = {proof.name: proof for part in (streams, axi_lite, rfc) for proof in part.PROOFS}
"""From the smallest unit to the largest."""
