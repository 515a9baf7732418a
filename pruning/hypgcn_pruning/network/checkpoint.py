"""Float checkpoints: a network's description, weights, masks and thresholds in one ``.safetensors`` or ``.pt`` file."""

import json
import pickle
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from hypgcn.design.files import replacing, write_file

from ..messages import say
from .model import ModelConfig, Network
from .pickled import load_skipping

__all__ = ["save_checkpoint", "load_checkpoint", "read_file", "CHECKPOINT_FORMAT"]

CHECKPOINT_FORMAT = "hypgcn-checkpoint"
CHECKPOINT_VERSION = 1


def save_checkpoint(path, model: Network, info: dict | None = None):
    """Write ``model`` with ``info`` (plain data: preparation, class names, accuracies); the suffix of ``path`` chooses
    the format. A failed write leaves the old file."""
    path = Path(path)
    header = {"format": CHECKPOINT_FORMAT, "version": CHECKPOINT_VERSION, "model": model.config.to_dict(),
              "info": info or {}}
    state = {name: tensor.detach().cpu().contiguous() for name, tensor in model.state_dict().items()}
    if path.suffix == ".safetensors":
        write_file(path, save(state, metadata={"hypgcn": json.dumps(header)}))
    elif path.suffix in (".pt", ".pth"):
        with replacing(path) as temporary:
            torch.save({**header, "state": state}, temporary)
    else:
        raise ValueError(f"path must end in .safetensors, .pt or .pth, not {path.suffix!r}")


def read_file(path: Path) -> tuple[dict, dict]:
    """(header, content) of a ``.safetensors`` file, or of a file of ``torch.save``, whose header is its content.

    Code in a file is never run: objects that are no tensors and no plain data are left out, and it is said which. A
    damaged file is a :exc:`ValueError`.
    """
    if path.suffix == ".safetensors":
        try:
            with safe_open(path, framework="pt") as file:
                header = json.loads((file.metadata() or {}).get("hypgcn", "{}"))
                return header, {name: file.get_tensor(name) for name in file.keys()}
        except (SafetensorError, ValueError) as error:
            raise ValueError(f"{path} is not a safetensors file, or is cut off: {error}") from error
    try:
        content = _load(path)
    except pickle.UnpicklingError as error:
        raise ValueError(f"{path} is not a checkpoint, or is cut off: it does not unpickle to tensors and plain "
                         f"data") from error
    except (RuntimeError, EOFError, ValueError, KeyError) as error:
        # Torch's own reason says nothing to a user: of a text it is the number of a letter.
        raise ValueError(f"{path} is not a checkpoint, or is cut off: it must be a .safetensors file, or a .pt or .pth "
                         f"file of torch.save") from error
    if not isinstance(content, dict):
        raise ValueError(f"{path} is not a checkpoint: it holds a {type(content).__name__}")
    return content, content


def _load(path: Path):
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        if "GLOBAL" not in str(error):
            raise
    content, skipped = load_skipping(path)
    more = f" and {len(skipped) - 4} more" if len(skipped) > 4 else ""
    say(f"{path}: left out what is no tensor and no plain data: {', '.join(skipped[:4])}{more}")
    return content


def load_checkpoint(path) -> tuple[Network, dict]:
    """The network in evaluation mode, and its ``info``.

    Raises :exc:`FileNotFoundError` or a :exc:`ValueError` that names what is wrong: a damaged or foreign file, another
    version, missing, unknown or wrongly shaped tensors, NaN, weights where a mask cuts them. """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"{path} not found: a checkpoint is a .safetensors or .pt file")
    header, state = read_file(path)
    if header is state:
        state = header.get("state", {})
        if not isinstance(state, dict):
            raise ValueError(f"{path} is not a checkpoint: its state is a {type(state).__name__}")
    if header.get("format") != CHECKPOINT_FORMAT:
        raise ValueError(f"{path} is not a checkpoint of this project: format must be {CHECKPOINT_FORMAT!r}, "
                         f"not {header.get('format')!r}")
    if header.get("version") != CHECKPOINT_VERSION:
        raise ValueError(f"{path}: version must be {CHECKPOINT_VERSION}, not {header.get('version')!r}")
    model = Network(ModelConfig.from_dict(header.get("model", {})))
    state = model.complete(state)
    check_state(model, state, str(path))
    model.load_state_dict(state)
    check_masks(model, str(path))
    return model.eval(), header.get("info", {})


def check_state(model: Network, state: dict, where: str):
    """Raise :exc:`ValueError` when names, shapes or values of ``state`` do not fit ``model``."""
    expected = model.state_dict()
    for what, names in (("lacks", expected.keys() - state.keys()), ("has the unknown", state.keys() - expected.keys())):
        if names:
            more = ", ..." if len(names) > 4 else ""
            raise ValueError(f"{where} {what} tensors {', '.join(sorted(names)[:4])}{more}")
    for name, tensor in state.items():
        if tensor.shape != expected[name].shape:
            raise ValueError(f"{where}: {name} must have shape {tuple(expected[name].shape)}, not "
                             f"{tuple(tensor.shape)}")
        if tensor.is_floating_point() and not torch.isfinite(tensor).all():
            raise ValueError(f"{where}: {name} must hold finite numbers only, but has NaN or infinity")


def check_masks(model: Network, where: str):
    """Raise :exc:`ValueError` when a mask is not 0 or 1, keeps nothing, or disagrees with the weights."""
    for index, block in enumerate(model.blocks, 1):
        for name in ("kept", "filters", "taps", "carried", "cavity", "gcn1.edges"):
            if (largest := int(block.get_buffer(name).max())) > 1:
                raise ValueError(f"{where}: l{index}.{name} must be 0 or 1, not {largest}")
        if not block.kept.any():
            raise ValueError(f"{where}: l{index}.kept must keep at least one channel")
        if any(conv.weight[:, block.kept == 0].any() for conv in block.gcn1.conv_d):
            raise ValueError(f"{where}: l{index}.gcn1.conv_d has weights for channels that l{index}.kept drops: they "
                             f"disagree")
        mask = block.temporal_mask()
        if mask is not None and block.tcn1.conv.weight[mask[..., None] == 0].any():
            raise ValueError(f"{where}: l{index}.tcn1.conv has weights where l{index}.filters or taps cut: they "
                             f"disagree")
        if block.residual is not None and block.residual.conv.weight[block.carried == 0].any():
            raise ValueError(f"{where}: l{index}.residual.conv has weights for outputs that l{index}.carried drops: "
                             f"they disagree")
        for name in ("gcn1.theta_z", "theta_h", "theta_y"):
            if block.get_buffer(name) < 0:
                raise ValueError(f"{where}: l{index}.{name} must not be negative")
