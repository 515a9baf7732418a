"""Vectors of golden tensors, in the plain form that the benches send and compare."""

from hypgcn.golden.rfc.encoder import encode, to_vectors

__all__ = ["vectors"]


def vectors(x, overflow=0) -> list[dict]:
    """The compressed vectors of X (..., V, C) in stream order; ``overflow`` is one flag for all."""
    found = []
    for row in x.reshape(-1, *x.shape[-2:]):
        for bank in to_vectors(row).reshape(-1, 16):
            mask, values = encode(bank)
            found.append({"mask": mask, "values": values.tolist(), "overflow": overflow})
    return found
