"""Vectors of golden tensors, in the plain form that the benches send and compare."""

from hypgcn.design import BANK, split_banks
from hypgcn.golden.rfc.encoder import encode

__all__ = ["vectors"]


def vectors(x, overflow=0) -> list[dict]:
    """The compressed vectors of X (..., V, C) in stream order; ``overflow`` is one flag for all."""
    found = []
    for row in x.reshape(-1, *x.shape[-2:]):
        for bank in split_banks(row).reshape(-1, BANK):
            mask, values = encode(bank)
            found.append({"mask": mask, "values": values.tolist(), "overflow": overflow})
    return found
