"""How well every tensor of a network sits on its int8 grid: saturation, reach of the grid, signal over noise."""

import math

import torch

from .mixed import MixedNetwork, on_grid

__all__ = ["layer_report", "table", "tensor_row", "title"]


def _decibel(signal: float, noise: float) -> float:
    """Signal over noise in dB, at most 200: what is exact has no noise."""
    return round(min(200.0, 10 * math.log10(max(signal, 1e-30) / max(noise, 1e-30))), 1)


def tensor_row(values: torch.Tensor, scale: float, low: int = -128) -> dict:
    """One tensor on a grid of ``scale`` with the steps ``low``..127.

    Returns
    -------
    dict
        ``scale``; ``saturated``, the share of values that round to steps beyond the grid; ``reach_max`` and
        ``reach_999``, the grid's end over the largest magnitude and over the 99.9 percentile of magnitudes (0 for a
        tensor of zeros); ``snr``, signal over noise in dB of this rounding alone.
    """
    values = values.flatten().double()
    steps = torch.floor(values / scale + 0.5)
    magnitude = values.abs().sort().values
    largest, high = float(magnitude[-1]), float(magnitude[round(0.999 * (len(magnitude) - 1))])
    error = on_grid(values, scale, low) - values
    return {"scale": scale, "saturated": round(float(((steps < low) | (steps > 127)).double().mean()), 6),
            "reach_max": round(127 * scale / largest, 4) if largest else 0.0,
            "reach_999": round(127 * scale / high, 4) if high else 0.0,
            "snr": _decibel(float(values.square().sum()), float(error.square().sum()))}


def _weight_row(real: torch.Tensor, grid: torch.Tensor) -> dict:
    """As :func:`tensor_row`, of weights: each output has a grid of its own, and ``scale`` is the largest step."""
    rows = real.flatten(1).abs().amax(1)
    high = float(real.abs().flatten().sort().values[round(0.999 * (real.numel() - 1))])
    step = float(rows.max()) / 127
    return {"scale": step, "saturated": 0.0, "reach_max": 1.0 if step else 0.0,
            "reach_999": round(127 * step / high, 4) if high else 0.0,
            "snr": _decibel(float(real.square().sum()), float((real - grid).square().sum()))}


def layer_report(mixed: MixedNetwork, clips: torch.Tensor) -> dict[str, dict]:
    """Rows of all tensors of ``mixed`` over prepared ``clips`` (N, M, T, V, C), in the order of the network.

    Activations (``clips``, ``x1``, ``blocks.B.z``, ``h``, ``y``) and ``logits`` also have ``snr_total``, with the
    integers of all layers before: where it falls from one row to the next, accuracy is lost. An identity shortcut has
    the error of its multiplier.
    """
    folded, scales = mixed.folded, mixed.scales
    real, whole = (mixed.tensors(clips, chosen) for chosen in ((), mixed.sites))
    rows = {"clips": tensor_row(clips, scales["clips"])}
    rows["clips"]["snr_total"] = rows["clips"]["snr"]

    def following(name: str) -> tuple[torch.Tensor, torch.Tensor]:
        """The next tensor of both, called ``name``: only those of one block are in memory."""
        with torch.inference_mode():
            (first, value), (second, found) = next(real), next(whole)
        if {first, second} != {name}:
            raise ValueError(f"tensors must come in the order of the network, {name} next, not {first} and {second}")
        return value, found

    def add(name: str, scale: float, low: int, kept=slice(None)):
        value, found = following(name)
        if name.endswith(".z"):
            value, found = value[:, :, kept], found[:, :, kept]
        total = _decibel(float(value.double().square().sum()), float((value - found).double().square().sum()))
        rows[name] = {**tensor_row(value, scale, low), "snr_total": total}

    add("x1", scales["x1"], -128)
    for index, (block, grids) in enumerate(zip(folded.blocks, mixed.grids)):
        place = f"blocks.{index}."
        weights = {place + name for name in ("graph", "spatial", "reduce", "branches", "temporal")}
        chosen, gain_h, gain_y = mixed.weights(index, weights)
        rows[place + "graph"] = tensor_row(block.graph, grids.z / (grids.x * 2.0**grids.block.graph_shift), -127)
        add(place + "z", grids.z, -128, block.kept.bool())
        for name, side, gain, out, low in (("spatial", "down", gain_h, "h", 0), ("temporal", "res", gain_y, "y", 0)):
            rows[place + name] = _weight_row(getattr(block, name), getattr(chosen, name))
            if getattr(block, side) is not None:
                rows[place + side] = _weight_row(getattr(block, side), getattr(chosen, side))
            elif getattr(block, f"shortcut_{out}") == "identity":
                rows[f"{place}shortcut_{out}"] = {"scale": gain, "saturated": 0.0, "reach_max": 1.0, "reach_999": 1.0,
                                                  "snr": _decibel(1.0, (gain - 1) ** 2)}
            add(place + out, getattr(grids, out), low)
            if out == "h" and block.scales is not None and chosen.scales is not None:
                for weight, made in (("reduce", "p"), ("branches", "q")):
                    rows[place + weight] = _weight_row(getattr(block.scales, weight), getattr(chosen.scales, weight))
                    add(place + made, getattr(grids, made), 0)
    rows["head"] = _weight_row(folded.head.reshape(1, -1), mixed.head_weights.reshape(1, -1))
    value, found = following("logits")
    total = _decibel(float(value.double().square().sum()), float((value - found).double().square().sum()))
    rows["logits"] = {"scale": mixed.integers.logit_scale, "saturated": 0.0, "reach_max": 1.0, "reach_999": 1.0,
                      "snr": total, "snr_total": total}
    return rows


def table(rows: dict[str, dict]) -> str:
    """Lines of text of :func:`layer_report`'s rows; blocks are counted from 1, as in the network's names."""
    lines = [f"{'tensor':<23} {'saturated':>9} {'reach':>7} {'of 99.9 %':>9} {'dB':>6} {'dB, all':>7}"]
    for name, row in rows.items():
        total = f"{row['snr_total']:7.1f}" if "snr_total" in row else ""
        lines.append(f"{title(name):<23} {row['saturated']:9.3%} {row['reach_max']:7.2f} {row['reach_999']:9.2f} "
                     f"{row['snr']:6.1f} {total}".rstrip())
    return "\n".join(lines)


def title(name: str) -> str:
    """``blocks.3.z`` as ``block 4, Z``: what messages call a tensor."""
    if not name.startswith("blocks."):
        return {"clips": "clips", "x1": "X of block 1", "head": "classifier"}.get(name, name)
    _, index, what = name.split(".")
    what = what.upper() if len(what) == 1 else what.replace("_h", " into H").replace("_y", " into Y")
    return f"block {int(index) + 1}, {what}"
