"""Which published networks load, and what they cost in hardware: the rows of ``results/architectures.json``.

Costs are estimates of networks with random weights in each architecture's published shape: cycles and resources follow
from shapes, masks and densities, not from what the weights are. Densities are assumed, see :data:`ASSUMED`.
"""

import hashlib
import io
import json
import tempfile
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

import numpy as np
import torch

from hypgcn.cli import main
from hypgcn.design import BANK, MINI_BANK, MINI_BANKS, Block, Design
from hypgcn.design.files import write_file, write_json
from hypgcn.design.live_channels import live_channels
from hypgcn.design.skeleton import BUILT_IN
from hypgcn.progress import Progress

from ..building.constants import fold_constants
from ..building.narrow import narrow
from ..building.statistics import StoreStatistics
from ..config import CompileConfig, PruneConfig, QuantiseConfig
from ..integers.quantise import calibrate, quantise
from ..network.branches import MULTI_SCALE
from ..network.foreign.unmapped import UNMAPPED
from ..network.model import PAPER_BLOCKS, ModelConfig, Network
from ..sparsity.channels import drop_channels, reorder_channels
from ..sparsity.taps import cut_taps

__all__ = ["ARCHITECTURES", "ASSUMED", "DEVICES", "FORMS", "Architecture", "design_of", "measure_architectures"]

FORMS = ("dense", "pruned")
_PRUNING = PruneConfig()
ASSUMED: dict[str, dict[str, float]] = {
    "dense": {"x": 0.5, "h": 0.5, "z": 1.0, "z_first": 1.0},
    "pruned": {"x": _PRUNING.density_y, "h": _PRUNING.density_h, "z": _PRUNING.density_z,
               "z_first": _PRUNING.density_z_first},
}
"""Densities that are assumed: behind a ReLU half of the values, behind pruning what ``hypgcn prune`` aims at."""
DENSEST = 2.0
"""The densest window of rows over the mean one, by which stores are given their depth; of shipped networks about 2."""
_THRESHOLD = 3
"""Dead zone where a density of Z is assumed: its value has no effect on an estimate."""


@dataclass(frozen=True, kw_only=True)
class Architecture:
    """A published network.

    Parameters
    ----------
    model : str
        What people call it.
    framework : str
        Whose files have it.
    lost : str
        What is lost on the way to hardware.
    frames : int
        Of a clip, as it was published.
    joints : str
        Built-in skeleton.
    classes : int
    kernel : int
        Taps.
    joint_bias, shortcut_h, branches
        As of :class:`~.model.ModelConfig`.
    """

    model: str
    framework: str
    lost: str = "nothing"
    frames: int
    joints: str = "ntu25"
    classes: int = 60
    kernel: int = 9
    joint_bias: bool = False
    shortcut_h: bool = True
    branches: tuple[str, ...] = ()

    @property
    def shape(self) -> ModelConfig:
        """All of them have two persons and the ten blocks of ST-GCN."""
        return ModelConfig(skeleton=BUILT_IN[self.joints], classes=self.classes, persons=2, frames=self.frames,
                           blocks=PAPER_BLOCKS, kernel=self.kernel, joint_bias=self.joint_bias,
                           shortcut_h=self.shortcut_h, branches=self.branches)


_GRAPH = "the data-dependent graph, when it is pruned"
ARCHITECTURES = (
    Architecture(model="2s-AGCN", framework="its repository", lost=_GRAPH, frames=300),
    Architecture(model="AAGCN without attention", framework="its repository", lost=_GRAPH, frames=300),
    Architecture(model="AAGCN without attention", framework="PYSKL, mmaction2", lost=_GRAPH, frames=100),
    Architecture(model="ST-GCN, NTU", framework="its repository", frames=300, joint_bias=True, shortcut_h=False),
    Architecture(model="ST-GCN, Kinetics", framework="its repository", frames=150, joints="openpose18", classes=400,
                 joint_bias=True, shortcut_h=False),
    Architecture(model="ST-GCN, `conv_pos='pre'`", framework="PYSKL, mmaction2", frames=100, joint_bias=True,
                 shortcut_h=False),
    Architecture(model="ST-GCN, `conv_pos='post'`, `gcn_with_res`", framework="PYSKL, mmaction2", frames=100),
    Architecture(model="ST-GCN of 17 joints, `conv_pos='pre'`", framework="PYSKL, mmaction2", frames=100,
                 joints="coco17", joint_bias=True, shortcut_h=False),
    Architecture(model="ST-GCN++", framework="PYSKL", frames=100, branches=MULTI_SCALE),
    Architecture(model="baseline of CTR-GCN", framework="its repository", frames=64, kernel=5),
)
"""Networks that load. What is refused has its row from :data:`~.unmapped.UNMAPPED`."""


PAPER_DEVICE = """name = "XCKU115 as the paper"
mac = "dsp48e2"
multiplier = 27
dsp = 3544
bram36 = 1806
lut = 176776
ff = 1326720
"""
"""The XCKU115 within the resources that RFC-HyPGCN takes on it (Wen et al., ASAP 2021)."""
DEVICES = (PAPER_DEVICE, "xczu9eg")
"""Devices of the table: names that ``hypgcn devices`` knows, or the content of a device file."""


def _exceeding(count: int, density: float) -> np.ndarray:
    """For each mini-bank j the chance that more than ``4 j`` of ``count`` independent values are not zero."""
    chance = np.zeros(BANK + 1)
    chance[0] = 1.0
    for _ in range(count):
        chance = chance * (1 - density) + np.concatenate([[0.0], chance[:-1]]) * density
    return np.array([chance[MINI_BANK * j + 1:].sum() for j in range(MINI_BANKS)])


def _store(live: np.ndarray, density: float, joints: int, window: int) -> StoreStatistics:
    """Statistics of a store of which ``live`` channels, bool (channels,), are non-zero with the chance ``density``."""
    banks = [int(live[start:start + BANK].sum()) for start in range(0, len(live), BANK)]
    mean = joints * sum(_exceeding(count, density) for count in banks)
    largest = np.ceil(DENSEST * window * mean).astype(int)
    return StoreStatistics(density=round(density * float(live.mean()), 4), max_entries=tuple(largest.tolist()),
                           mean_entries=tuple(np.round(mean, 2).tolist()))


def _with_densities(design: Design, form: str) -> Design:
    """``design`` with assumed densities, and stores as deep as these need."""
    assumed, margin, joints = ASSUMED[form], CompileConfig().margin, design.joints

    def filled(index: int, block: Block) -> Block:
        block = block.with_whole_stores(joints)
        every = np.ones(block.h_channels, bool)
        x_density = assumed["x"] if index else 1.0     # coordinates are hardly ever zero
        x = _store(live_channels(design, index), x_density, joints, block.x_window)
        h = _store(every, assumed["h"], joints, block.h_window)
        scales = block.scales
        if scales is not None:
            p, q = (_store(np.ones(channels, bool), assumed["h"], joints, window) for channels, window in
                    ((scales.p_channels, block.p_window), (scales.q_channels, 1)))
            scales = replace(scales, p_depths=p.depths(margin, scales.p_depths[0]), p_entries=p.mean_entries,
                             q_depths=q.depths(margin, scales.q_depths[0]), q_entries=q.mean_entries,
                             density_p=p.density, density_q=q.density)
        z = assumed["z"] if index else assumed["z_first"]
        return replace(block, x_depths=x.depths(margin, block.x_depths[0]), x_entries=x.mean_entries,
                       h_depths=h.depths(margin, block.h_depths[0]), h_entries=h.mean_entries,
                       density_x=x.density, density_h=h.density, density_z=z, scales=scales,
                       threshold_z=_THRESHOLD if z < 1 else 0)

    return replace(design, blocks=tuple(filled(index, block) for index, block in enumerate(design.blocks)))


def design_of(shape: ModelConfig, form: str, name: str) -> Design:
    """Design of a network with random weights.

    Parameters
    ----------
    shape : ModelConfig
    form : ``"dense"`` or ``"pruned"``
        Pruned are the shares of channels and taps that ``hypgcn prune`` keeps by default.
    name : str
        Of the design.
    """
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(0)
        model = Network(shape).eval()
        for block in model.blocks:
            if block.gcn1.joint_bias is not None:
                torch.nn.init.normal_(block.gcn1.joint_bias, 0, 0.1)
        if form == "pruned":
            drop_channels(model, _PRUNING.channels)
            reorder_channels(model)
            cut_taps(model, min(_PRUNING.taps, shape.kernel))
        clip = torch.randn(1, shape.persons, 16, shape.skeleton.joints, shape.channels)
        scales = calibrate(model, clip)
    design = narrow(fold_constants(quantise(model, clip, QuantiseConfig(name=name), scales=scales)))
    return _with_densities(design, form)


def _fitted(design: Design, device: str, cache: Path, cached: bool) -> dict | None:
    """The entry of ``hypgcn devices``, which takes minutes, unless ``cache`` has it.

    The command does it, since this package knows designs and no hardware. ``None`` where ``cached`` leaves out what is
    not there.
    """
    assumed = [(block.x_depths, block.h_depths, block.x_entries, block.h_entries, block.density_x, block.density_h,
                block.density_z, *_of_scales(block)) for block in design.blocks]
    key = hashlib.sha256(repr((design.hash, assumed, device)).encode()).hexdigest()[:24]
    path = cache / f"{key}.json"
    if not path.is_file():
        if cached:
            return None
        write_json(path, _estimate(design, device))
    return json.loads(path.read_text(encoding="utf-8"))


def _of_scales(block: Block) -> tuple:
    scales = block.scales
    return () if scales is None else (scales.p_depths, scales.q_depths, scales.p_entries, scales.q_entries,
                                      scales.density_p, scales.density_q)


def _estimate(design: Design, device: str) -> dict:
    with tempfile.TemporaryDirectory() as folder:
        place, found = Path(folder), Path(folder) / "found.json"
        design.save(place / "design")
        if "\n" in device:
            write_file(place / "device.toml", device)
            device = str(place / "device.toml")
        errors = io.StringIO()
        with redirect_stdout(io.StringIO()), redirect_stderr(errors):
            status = main(["devices", str(place / "design"), "--device", device, "-o", str(found)])
        if status:
            raise ValueError(errors.getvalue().strip())
        (entry,) = json.loads(found.read_text(encoding="utf-8"))
    return entry


def measure_architectures(devices: Sequence[str] = DEVICES, architectures: Sequence[Architecture] = ARCHITECTURES, *,
                          cache: Path, cached: bool = False, progress: bool = True) -> list[dict]:
    """A row for each of ``architectures`` and for each that is refused.

    Parameters
    ----------
    devices : sequence of str
        As :data:`DEVICES`.
    architectures : sequence of Architecture
    cache : Path
        Folder for the estimates, so that an interrupted run goes on, and a new row does not cost the others again.
    cached : bool
        Only estimates that are in ``cache``: rows may lack forms.
    progress : bool
        Show the time that is left.

    Returns
    -------
    list of dict
        ``model``, ``framework``, ``loads``, ``lost``; of those that load the ``shape`` and, in ``forms``, the entries
        of ``hypgcn devices`` for each device, in order.
    """
    show = Progress("architectures") if progress else None
    total, rows = len(architectures) * len(FORMS), []
    found: dict[tuple[str, str], list[dict]] = {}
    for number, (architecture, form) in enumerate(product(architectures, FORMS)):
        shape = architecture.shape
        if show:
            show(number, total, f"{architecture.model}, {form}")
        key = repr(shape), form
        if key not in found:
            design = design_of(shape, form, form)
            entries = [_fitted(design, device, cache, cached) for device in devices]
            found[key] = [{name: value for name, value in entry.items() if name != "network"}
                          for entry in entries if entry is not None]
        if form == FORMS[0]:
            rows.append({"model": architecture.model, "framework": architecture.framework, "loads": True,
                         "lost": architecture.lost, "shape": _shape_row(shape), "assumed": ASSUMED, "forms": {}})
        if len(found[key]) == len(devices):
            rows[-1]["forms"][form] = found[key]
    if show:
        show.finish()
    return rows + [{"model": name, "framework": "any", "loads": False, "lost": reason} for _, name, reason in UNMAPPED]


def _shape_row(shape: ModelConfig) -> dict:
    return {"frames": shape.frames, "persons": shape.persons, "joints": shape.skeleton.joints,
            "taps": shape.kernel, "classes": shape.classes, "blocks": [list(block) for block in shape.blocks],
            "joint_bias": shape.joint_bias, "shortcut_h": shape.shortcut_h, "branches": list(shape.branches)}
