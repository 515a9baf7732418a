"""What training code wraps around a state: dictionaries, prefixes of its keys, and the text of its settings."""

import ast
import re
from pathlib import Path

import torch

__all__ = ["Unwrapped", "block_numbers", "unwrap"]

_PREFIXES = ("module.", "model.", "_orig_mod.", "net.", "network.", "ema_model.")
"""Put in front of every key by parallel training, Lightning, ``torch.compile`` and the like."""
_ROOTS = ("backbone.", "cls_head.", "l1.", "data_bn.", "st_gcn_networks.", "edge_importance.")


class Unwrapped:
    """The state of a file.

    Attributes
    ----------
    path : Path
        The file, for messages.
    state : dict of str to torch.Tensor
        Finite tensors under their own keys, without prefixes and without counters of batches.
    options : dict
        What the settings that some frameworks store beside the state say of their network; empty without them.
    """

    def __init__(self, path: Path, state: dict[str, torch.Tensor], options: dict):
        self.path, self.state, self.options = path, state, options


def unwrap(path: Path, content: dict, key: str | None = None) -> Unwrapped:
    """The state in ``content`` of a file, whatever was wrapped around it.

    Parameters
    ----------
    path : Path
        The file.
    content : dict
        What it holds.
    key : str or None
        Entry that holds the state, where several could; ``None``: the only one that holds tensors by name.

    Raises
    ------
    ValueError
        Where no entry or several could be meant, an entry is no finite tensor, or a variance is negative.
    """
    raw = _state_of(path, content, key)
    state = {}
    for name, tensor in _without_prefixes({str(name): tensor for name, tensor in raw.items()}).items():
        if not isinstance(tensor, torch.Tensor):
            raise ValueError(f"{path}: {name} must be a tensor, not a {type(tensor).__name__}")
        if tensor.is_floating_point() and not torch.isfinite(tensor).all():
            raise ValueError(f"{path}: {name} must hold finite numbers only, but has NaN or infinity")
        if name.endswith("running_var") and (tensor < 0).any():
            raise ValueError(f"{path}: {name} must hold no negative variance, but has {float(tensor.min()):.3g}")
        if not name.endswith("num_batches_tracked"):
            state[name] = tensor
    return Unwrapped(path, state, _options(content.get("meta")))


def _holds_tensors(value) -> bool:
    return (isinstance(value, dict) and bool(value) and all(isinstance(key, str) for key in value)
            and any(isinstance(tensor, torch.Tensor) for tensor in value.values()))


def _state_of(path: Path, content: dict, key: str | None) -> dict:
    if key is not None:
        if key not in content:
            raise ValueError(f"key must be an entry of {path}, one of {', '.join(map(str, content))}, not {key!r}")
        if not isinstance(content[key], dict):
            raise ValueError(f"{path}: {key} must hold tensors by name, not a {type(content[key]).__name__}")
        return content[key]
    if any(isinstance(tensor, torch.Tensor) for tensor in content.values()):
        return content
    found = [str(name) for name, value in content.items() if _holds_tensors(value)]
    if len(found) > 1:
        raise ValueError(f"{path} holds several states: {', '.join(found)}; name the one to take (--key)")
    if found:
        # A wrapper in a wrapper.
        return _state_of(path, content[found[0]], None)
    inside = [name for name, value in content.items()
              if isinstance(value, dict) and any(_holds_tensors(inner) for inner in value.values())]
    if len(inside) == 1:
        return _state_of(path, content[inside[0]], None)
    if "state_dict" in content:
        raise ValueError(f"{path}: state_dict must hold tensors by name, not a {type(content['state_dict']).__name__}")
    return content


def _without_prefixes(state: dict) -> dict:
    """``state`` without the prefixes that all its keys share; a network's own first names stay."""
    while state:
        prefix = next((prefix for prefix in _PREFIXES if all(key.startswith(prefix) for key in state)), None)
        if prefix is None or any(key.startswith(_ROOTS) for key in state):
            return state
        state = {key.removeprefix(prefix): tensor for key, tensor in state.items()}
    return state


def _options(meta) -> dict:
    """Plain values of the backbone's settings in the text of a configuration, ``config`` or ``cfg`` of ``meta``.

    The text is Python source; it is parsed, and nothing in it is run.
    """
    text = next((meta[name] for name in ("config", "cfg") if isinstance(meta.get(name), str)),
                "") if isinstance(meta, dict) else ""
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return {}
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg == "backbone" and isinstance(node.value, ast.Call):
            return {entry.arg: value for entry in node.value.keywords if entry.arg is not None
                    for value in [_literal(entry.value)] if value is not None}
        if isinstance(node, ast.Dict):
            for name, value in zip(node.keys, node.values):
                if isinstance(name, ast.Constant) and name.value == "backbone" and isinstance(value, ast.Dict):
                    return _plain_dict(value)
    return {}


def _plain_dict(node: ast.Dict) -> dict:
    return {name.value: found for name, value in zip(node.keys, node.values) if isinstance(name, ast.Constant)
            for found in [_literal(value)] if found is not None}


def _literal(node):
    try:
        return ast.literal_eval(node)
    except ValueError:
        return None


def block_numbers(state, pattern: str, first: int = 0) -> list[int]:
    """Numbers of the blocks whose keys match ``pattern``, whose first group is the number, from ``first`` on.

    They end at the first one that is missing; without any it is ``first``, whose keys are then missed.
    """
    found = sorted({int(match[1]) for key in state if (match := re.match(pattern, key))})
    return [number for place, number in enumerate(found, first) if number == place] or [first]
