"""Initial weights from a checkpoint of the same or a narrower network."""

from collections.abc import Sequence
from dataclasses import replace

from ..messages import say
from .checkpoint import load_checkpoint
from .class_order import order_classes
from .model import ModelConfig, Network
from .widen import widen

__all__ = ["initial_state"]


def initial_state(config: ModelConfig, path, seed: int, class_names: Sequence[str] = ()) -> dict:
    """Weights for a network of shape ``config`` from the checkpoint at ``path``, which computes the same but for its
    classifier where that has other classes: another number, or, where both have names, others than ``class_names``.

    The checkpoint's network is of the same shape (the other stream, say), or a narrower one, which is widened; it may
    lack the data-dependent graph where ``config`` has it with ``tanh``, which begins as 0. :exc:`ValueError` for
    anything else. """
    model, info = load_checkpoint(path)
    names = info.get("class_names", ())
    widths = [outputs for outputs, _ in config.blocks]
    strides = [stride for _, stride in config.blocks]
    given = model.config
    if (replace(given, frames=config.frames, classes=config.classes, blocks=config.blocks, similarity=config.similarity,
                dynamic_graph=config.dynamic_graph) != config or [stride for _, stride in given.blocks] != strides):
        raise ValueError(f"init must be a network of the same strides, skeleton, persons and channels; {path} is not")
    grown = config.dynamic_graph and not given.dynamic_graph
    if given.dynamic_graph and (given.similarity != config.similarity or not config.dynamic_graph):
        raise ValueError(f"init must have no data-dependent graph, or the same ({given.similarity}) as the network; "
                         f"that of {path} is another")
    if grown and config.similarity != "tanh":
        raise ValueError("similarity must be 'tanh' where init has no data-dependent graph: only that can begin as 0")
    if set(names) == set(class_names):
        order_classes(model, names, class_names, str(path))
    if [outputs for outputs, _ in given.blocks] != widths:
        model = widen(model, widths, seed=seed)
    state = model.state_dict()
    fresh = Network(config)
    if grown:
        state = {**fresh.state_dict(), **state}
    known = not (names and class_names) or set(names) == set(class_names)
    if given.classes == config.classes and not known:
        say(f"{path}: has other classes, so that the classifier begins anew")
    if given.classes != config.classes or not known:
        state.update({f"fc.{name}": tensor for name, tensor in fresh.fc.state_dict().items()})
    return state
