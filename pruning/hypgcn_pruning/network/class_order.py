"""Classes of a trained network in another order."""

from collections.abc import Sequence

import torch

from hypgcn.design.class_names import class_order

from .model import Network

__all__ = ["order_classes"]


def order_classes(model: Network, names: Sequence[str], wanted: Sequence[str], what: str) -> Network:
    """Give the classes of ``model`` the numbers that they have in ``wanted``, in place; ``model`` is returned.

    Parameters
    ----------
    model : Network
    names : sequence of str
        Of its classes; empty where unknown, which leaves it as it is.
    wanted : sequence of str
        The same names in the order that is needed; empty likewise.
    what : str
        The network in messages.

    Raises
    ------
    ValueError
        It has other classes.
    """
    if names and wanted:
        order = class_order(names, wanted, what)
        if len(order) < len(names):
            raise ValueError(f"{what} must have the same {len(order)} classes, not {len(names)}")
        with torch.no_grad():
            model.fc.weight.copy_(model.fc.weight[order])
            model.fc.bias.copy_(model.fc.bias[order])
    return model
