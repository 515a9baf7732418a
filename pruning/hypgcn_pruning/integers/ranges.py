"""How well int8 fits: ranges and saturation of every activation, ranges of the weights, as data and as a picture."""

import math

import numpy as np
import torch

from hypgcn.pages import chart

from ..network.model import Network
from .fold_bn import fold
from .pieces import Places, tensor_pieces
from .quantise import check_scales, graph_scales

__all__ = ["measure_ranges", "plot_ranges", "QUANTILES"]

QUANTILES = (0.001, 0.01, 0.5, 0.99, 0.999)
_SAMPLE = 1 << 20  # values of a tensor that quantiles are taken of


class _Activation:
    """Ranges of one tensor of ``count`` values that comes piece by piece; saturated are those that round to steps
    beyond -128..127."""

    def __init__(self, scale: float, count: int):
        self.scale, self.count = scale, count
        self.low, self.high = math.inf, -math.inf
        self.zero = self.saturated_low = self.saturated_high = 0
        self.sample = Places(torch.arange(0, count, -(-count // _SAMPLE)))

    def add(self, start: int, values: torch.Tensor):
        """Take in flattened ``values``, the first of which has the place ``start``."""
        steps = torch.floor(values / self.scale + 0.5)
        self.low, self.high = min(self.low, float(values.min())), max(self.high, float(values.max()))
        self.zero += int((steps == 0).sum())
        self.saturated_low += int((steps < -128).sum())
        self.saturated_high += int((steps > 127).sum())
        self.sample.add(start, values)

    def done(self) -> dict:
        sample = self.sample.values.sort().values
        places = [round(q * (len(sample) - 1)) for q in QUANTILES]
        return {"scale": self.scale, "min": self.low, "max": self.high,
                "quantiles": {str(q): float(sample[place]) for q, place in zip(QUANTILES, places)},
                **{name: round(getattr(self, name) / self.count, 6)
                   for name in ("zero", "saturated_low", "saturated_high")}}


def _weight(weight: torch.Tensor) -> dict:
    """Spread of the largest magnitudes of the output channels: what one step for all of them would cost."""
    rows = weight.flatten(1).abs().amax(1)
    used = rows[rows > 0].sort().values
    if not len(used):
        return {"channels": len(rows), "empty": len(rows), "smallest": 0.0, "median": 0.0, "largest": 0.0}
    return {"channels": len(rows), "empty": len(rows) - len(used), "smallest": float(used[0]),
            "median": float(used[len(used) // 2]), "largest": float(used[-1])}


def measure_ranges(model: Network, clips: torch.Tensor, scales: dict[str, float]) -> dict:
    """Plain data on ``model`` with ``scales`` over prepared ``clips`` (N, M, T, V, C).

    ``activations``: for every tensor its ``scale``, ``min``, ``max``, ``quantiles`` in real units, and the shares of
    values that become ``zero`` or are ``saturated_low``, ``saturated_high``. ``weights``: for every convolution with
    its batch norm folded, the ``smallest``, ``median`` and ``largest`` of its output channels' largest magnitudes, and
    how many of its ``channels`` are ``empty``; convolutions that share an accumulator are listed one by one, the graph
    as one channel for each subset. """
    if not len(clips):
        raise ValueError("clips must hold at least one clip, but are empty")
    check_scales(model, scales)
    folded = fold(model)
    steps = dict(scales)
    for index, scale in enumerate(graph_scales(folded, scales)):
        steps[f"blocks.{index}.z"] = scale
    found = {"clips": _Activation(steps["clips"], clips.numel())}
    found["clips"].add(0, clips.double().flatten())
    with torch.inference_mode():
        for name, first, tensor in tensor_pieces(folded, clips):
            if name.endswith("z"):
                tensor = tensor[:, :, folded.blocks[int(name.split(".")[1])].kept.bool()]
            if name == "logits":
                continue
            of_clip = tensor[:clips.shape[1]].numel()
            if name not in found:
                found[name] = _Activation(steps[name], of_clip * len(clips))
            found[name].add(of_clip * first, tensor.flatten())
    activations = {name: tensor.done() for name, tensor in found.items()}
    weights = {f"blocks.{index}.{name}": _weight(getattr(block, name)) for index, block in enumerate(folded.blocks)
               for name in ("graph", "spatial", "down", "temporal", "res") if getattr(block, name) is not None}
    weights |= {f"blocks.{index}.{name}": _weight(getattr(block.scales, name))
                for index, block in enumerate(folded.blocks) if block.scales is not None
                for name in ("reduce", "branches")}
    return {"clips": len(clips), "activations": activations, "weights": {**weights, "head": _weight(folded.head)}}


def _row(panel, place: int, low: float, inner: tuple[float, float], middle: float, high: float):
    panel.plot([low, high], [place, place], color="0.55", linewidth=1, marker="|", markersize=5)
    panel.plot(inner, [place, place], color="tab:blue", linewidth=5, solid_capstyle="butt")
    panel.plot([middle], [place], color="black", marker="|", markersize=7)


def plot_ranges(ranges: dict, path):
    """Picture of :func:`measure_ranges`' data. Left the activations in units of 127 steps: thin from the minimum to
    the maximum, thick between the outermost quantiles, and what saturates; int8 lies between the red lines. Right
    the weights: largest magnitudes of the output channels, from the smallest channel to the largest."""
    activations, weights = ranges["activations"], ranges["weights"]
    count = max(len(activations), len(weights))
    low_key, high_key = str(QUANTILES[0]), str(QUANTILES[-1])
    with chart.sheet(min(chart.TALLEST, 1.5 + 0.155 * count)) as figure:
        left, right = figure.subplots(1, 2, gridspec_kw={"wspace": 0.05})
        for place, row in enumerate(activations.values()):
            unit, q = 127 * row["scale"], row["quantiles"]
            _row(left, place, row["min"] / unit, (q[low_key] / unit, q[high_key] / unit), q["0.5"] / unit,
                 row["max"] / unit)
            share = row["saturated_low"] + row["saturated_high"]
            left.annotate(f"{share:.3%}" if share else "0", (1.01, place), xycoords=("axes fraction", "data"),
                          fontsize=chart.SMALL, verticalalignment="center")
        for edge in (-128 / 127, 1):
            left.axvline(edge, color="tab:red", linewidth=1)
        left.set_title("activations, and share that saturates", fontsize=chart.TEXT)
        left.set_xlabel(f"value / 127 steps; int8 between the red lines\n"
                        f"thin: all; thick: quantiles {low_key} to {high_key}; |: median")
        for place, row in enumerate(weights.values()):
            if row["largest"] > 0:
                low, middle, high = (math.log10(row[name]) for name in ("smallest", "median", "largest"))
                _row(right, place, low, (low, high), middle, high)
        right.set_title("weights, batch norms folded", fontsize=chart.TEXT)
        right.set_xlabel("log10 of the largest magnitude of an output channel,\n"
                         "from the smallest channel to the largest; |: median")
        for panel, names in ((left, activations), (right, weights)):
            panel.set_yticks(np.arange(len(names)), [name.removeprefix("blocks.") for name in names])
            panel.set_ylim(len(names) - 0.5, -0.5)
            panel.grid(axis="x", alpha=0.3)
        chart.save(figure, path)
