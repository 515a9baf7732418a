"""Architectures that have no place in the hardware, recognised by their keys, and what a user can do instead."""

import re
from collections.abc import Iterable

__all__ = ["UNMAPPED", "refuse_unmapped"]

UNMAPPED = (
    (r"(^|\.)conv_sa\.", "spatial attention", "its factors come from the mean of the whole clip"),
    (r"(^|\.)conv_ta\.", "temporal attention", "its factors come from the mean of the whole clip"),
    (r"(^|\.)fc[12]c\.", "channel attention", "its factors come from the mean of the whole clip"),
    (r"\.gcn1?\.convs\.\d+\.conv[1-4]\.", "CTR-GCN", "each channel has a graph of its own, made of the whole clip"),
    (r"\.gcn1?\.pre\.\d+\.|\.gcn1?\.post\.", "DG-STGCN", "its graphs are made of the whole clip, for each channel"),
    (r"\.tcn\.add_coeff$", "the temporal convolution of DG-STGCN", "it reads the mean of all joints of a frame"),
    (r"\.(tcn1|temporal)\.branches\.", "the multi-scale temporal convolution of CTR-GCN",
     "its branches have norms without a ReLU behind the taps, and a shortcut of their own (that of ST-GCN++ has a "
     "place)"),
    (r"(^|\.)(shift_in|shift_out|Feature_Mask)$|\.Linear_weight$", "Shift-GCN",
     "it moves channels from joint to joint, where the hardware has graphs"),
    (r"(^|\.)sgcn\d|gcn3d\d", "MS-G3D", "its graphs join several frames"),
)
"""Pattern of the keys, name, and what cannot be mapped, of each."""


def refuse_unmapped(keys: Iterable[str], path):
    """Raise :exc:`ValueError` where a key of ``keys`` belongs to one of :data:`UNMAPPED`."""
    for key in keys:
        for pattern, name, reason in UNMAPPED:
            if re.search(pattern, key):
                raise ValueError(f"{path}: {key} belongs to {name}, which has no place in the hardware: {reason}. "
                                 f"Train the network without it; docs/offline.md says what that cost in our "
                                 f"measurements")
