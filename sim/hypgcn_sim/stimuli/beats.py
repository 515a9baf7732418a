"""Golden tensors as the beats of streams, in plain data."""

import numpy as np

from hypgcn.design import BANK, bank_count, split_banks
from hypgcn.golden.rfc.encoder import encode

__all__ = ["axes_of", "conv_order", "dense_beats", "response", "slice_beats", "vector", "vectors"]


def vector(dense, overflow=0) -> dict:
    """One compressed vector of ``dense`` (BANK,)."""
    mask, values = encode(dense)
    return {"mask": mask, "values": values.tolist(), "overflow": int(overflow)}


def response(dense, overflow=0) -> dict:
    """Response of a row store, without a tag, to the request for the vector ``dense`` (BANK,)."""
    return {"vector": vector(dense, overflow), "empty": int(not np.any(dense))}


def dense_beats(x) -> list[list[int]]:
    """Dense vectors of X (..., V, C) in stream order."""
    rows = np.asarray(x).reshape(-1, *np.shape(x)[-2:])
    return split_banks(rows).reshape(-1, BANK).tolist()


def slice_beats(x, width: int, overflow=0) -> list[dict]:
    """Slices of ``width`` channels of X (..., V, C) in stream order.

    Parameters
    ----------
    x : int8 (..., V, C)
        Rows of features.
    width : int
        Channels of a slice; the last slice of a joint is filled with zeros.
    overflow : bool, or bool (rows,)
        Overflow flag of all rows, or of each.
    """
    rows = np.asarray(x).reshape(-1, *np.shape(x)[-2:])
    flags = np.broadcast_to(np.asarray(overflow, bool).ravel(), len(rows))
    groups, per_vector = -(-rows.shape[-1] // width), BANK // width
    padded = np.zeros((*rows.shape[:-1], groups * width), np.int64)
    padded[..., :rows.shape[-1]] = rows
    return [{"values": joint[group * width:(group + 1) * width].tolist(), "overflow": int(flag),
             "last": int(group % per_vector == per_vector - 1 or group == groups - 1)}
            for row, flag in zip(padded, flags) for joint in row for group in range(groups)]


def vectors(x, overflow=0) -> list[dict]:
    """Compressed vectors of X in stream order.

    Parameters
    ----------
    x : int8 (..., V, C)
        Rows of features.
    overflow : bool, or bool (rows,)
        Overflow flag of all rows, or of each.
    """
    rows = np.asarray(x).reshape(-1, *np.shape(x)[-2:])
    flags = np.broadcast_to(np.asarray(overflow, bool).ravel(), len(rows))
    return [vector(dense, flag) for row, flag in zip(rows, flags) for dense in split_banks(row).reshape(-1, BANK)]


def axes_of(x, *names: str) -> list[tuple[str, int]]:
    """Name and length of the axes of the beats of X (..., V, C): ``names`` of the leading ones, joint, bank."""
    shape = np.shape(x)
    return [*zip(names, shape[:-2]), ("joint", shape[-2]), ("bank", bank_count(shape[-1]))]


def conv_order(joints: int, groups: int, conv_joints: int, pass_groups: int) -> list[tuple[int, int]]:
    """(joint, group) in the output order of the 1x1 array: pass, group of joints, joint, group of the pass.

    Parameters
    ----------
    joints : int
        Joints of a row.
    groups : int
        Groups of output channels.
    conv_joints : int
        Joints that the array computes at the same time.
    pass_groups : int
        Groups of channels of one pass over the row.
    """
    return [(joint, group) for start in range(0, groups, pass_groups) for first in range(0, joints, conv_joints)
            for joint in range(first, min(first + conv_joints, joints))
            for group in range(start, min(start + pass_groups, groups))]
