"""What a block would take with the 1x1 convolution before the graph product: an estimate of units that are not built.

Graph first, as the hardware does it: ``A = sum_k (X G_k) W_k``. X is sparse in the graph product; what comes out is
dense, and so is the 1x1 array. 1x1 first: ``A = sum_k (X W_k) G_k``. X is sparse in the larger of the two products; its
results U, K * O values per joint, are dense, and the graph product that follows has O channels in place of the kept
ones, but meets only the edges that a graph has. Both orders round in between (Z or U to int8), so their integers
differ.

The units of the second order, sized with the same formulas as those that exist:

* *sparse 1x1*: lanes as the temporal ones (:class:`~hypgcn.planning.estimate.plan.LanePlan`), one joint at a time, K *
O sums of
  its few non-zeros in passes; each lane has its own weights, each pass reads the joint's vectors again;
* *U rows*: two rows of V * K * O int8, one written while the other is read;
* *edge walk*: the edges (k, v) -> w in the order of w, ``depth`` at once, each with its weight for
  ``pairs`` pairs of channels.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from math import ceil

import numpy as np

from ...arith import PackedMacConfig
from ...arith.packed_mac import MAX_DEPTH
from ...design import BANK, Block, Design
from ...design.checks import bits_signed
from ...rfc.shortcut import ShortcutConfig
from ..allocator.allocate import Allocation, Allocator, Budget
from ..allocator.options import MOST_LANES, MOST_PASSES, Option, front
from . import lut
from . import resources as cost
from .activity import Activity
from .memory import Memory
from .network import BlockModel, Unit
from .plan import LanePlan, Work
from .resources import Resources

__all__ = ["PRICES", "FirstConv", "compare", "orders_table"]

ROUND = 16
"""LUTs that round and clamp one value of U."""
WIDTHS = (4, 8, 16)
PRICES = (1, 2, 4, 16)
"""What the share of the DSPs counts beside those of the others."""


@dataclass(frozen=True, kw_only=True, eq=False)
class FirstConv:
    """The 1x1-first units of one block.

    model : the block's estimates; edges : ``"dense"``, every edge, or ``"kept"``, those that are not zero
    """

    model: BlockModel
    edges: str = "kept"

    @cached_property
    def weights(self) -> np.ndarray:
        """int8 (K * O, channels of X): subsets one after the other, and ``down`` as one more."""
        block = self.model.block
        parts = [block.spatial[:, k] for k in range(block.graph.shape[0])]
        return np.concatenate([*parts, *([] if block.down is None else [block.down])])

    @cached_property
    def activity(self) -> Activity:
        """Non-zeros of the channels of X that have a weight."""
        needed = self.weights.any(axis=0)
        share = np.array(self.model.activity.x_channels) * needed / self.model.joints
        return replace(self.model.activity, h_banks=(0.0,) * self.block.out_banks, x_banks=tuple(
            float(share[start:start + BANK].sum()) for start in range(0, len(share), BANK)))

    @cached_property
    def graph(self) -> np.ndarray:
        """bool (K * V, V): the edges; ``down`` goes from every joint to itself."""
        found = self.model.block.graph != 0 if self.edges == "kept" else np.ones_like(self.model.block.graph, bool)
        flat = found.reshape(-1, found.shape[-1])
        return flat if self.model.block.down is None else np.concatenate([flat, np.eye(self.model.joints, dtype=bool)])

    @property
    def multiplies(self) -> dict[str, float]:
        """Products of a clip that a result needs, of both orders."""
        block, model = self.model.block, self.model
        tokens = np.array(model.activity.x_channels)
        kept, outputs, subsets = block.kept != 0, block.out_channels, block.graph.shape[0]
        down = np.zeros_like(kept) if block.down is None else block.down.any(axis=0)
        entries = subsets * int(kept.sum()) + int(down.sum())
        return {
            "graph_first_graph": model.rows * float(tokens[kept].sum()) * subsets * model.joints,
            "graph_first_conv": float(model.rows * entries * model.joints * outputs),
            "conv_first_conv": model.rows * float(tokens[kept].sum() * subsets + tokens[down].sum()) * outputs,
            "conv_first_graph": float(model.rows * int(self.graph.sum()) * outputs),
        }

    def sparse(self, lanes: int, pairs: int, width: int) -> dict[str, Unit]:
        """Lanes of the sparse 1x1, their drain of ``width`` values a cycle."""
        plan, work, lane = self.lane(pairs, width)
        rows, joints = self.model.rows, self.model.joints
        return {
            "lanes": Unit(cycles=self.model.persons * work.on(lanes), resources=lane * lanes,
                          x_reads=self.model.persons * work.x_reads),
            "drain": Unit(cycles=rows * joints * plan.groups,
                          resources=cost.schedulers(plan, lanes, False) + cost.combine(plan, lanes)
                          + Resources(lut=ROUND * width)),
        }

    def walk(self, pairs: int, depth: int, width: int) -> dict[str, Unit]:
        """U rows, edge walk, and everything up to the encoder of H."""
        model, block = self.model, self.model.block
        outputs, joints = block.out_channels, model.joints
        passes, sums = ceil(outputs / (2 * pairs)), ceil(2 * pairs / width)
        steps = int(np.maximum(self.steps(depth), sums).sum())
        words = Memory("ram", 16 * pairs, 2 * passes * ceil(len(self.graph) / depth))
        acc = bits_signed(int(np.abs(block.graph.astype(np.int64)).sum(axis=(0, 1)).max()) * 128)
        acc = max(9, min(27, acc if block.down is None else acc + 1))
        drain = width // 2 * (lut.choice(sums, lut.raw_bits(acc)) + acc)
        edges = Memory("rom", 8 + (len(self.graph) - 1).bit_length(), steps)
        luts = 110 + lut.PLACE * (depth - 1) + pairs * lut.mac(acc, model.mac) + drain
        memories = [words.primitives] * depth + [edges.primitives] * depth
        rows = replace(model.spatial.rows, width=width)
        found = {
            "walk": Unit(cycles=model.rows * passes * steps, resources=Resources(
                lut.multipliers(pairs * depth, model.mac), sum(part.bram36 for part in memories),
                luts + sum(lut.memory(part) for part in memories))),
            "h_requant": Unit(resources=model.requant(width)),
            "h_rows": Unit(cycles=model.rows * max(rows.cycles, model.encoding(width)),
                           resources=cost.row_buffer(rows) + cost.encoder(width)),
        }
        if block.shortcut_h == "identity":
            groups = ceil(outputs / width)
            reader = ShortcutConfig(rows=8, joints=joints, banks=block.in_banks, width=width, conv_joints=1,
                                    pass_groups=min(sums, groups), groups=groups)
            found["h_shortcut"] = Unit(resources=cost.shortcut(reader), x_reads=model.rows * reader.reads)
        return found

    def steps(self, depth: int) -> np.ndarray:
        """Steps for each joint w when ``depth`` memories hold the sources (k, v) in turn: the fullest decides."""
        counts = [self.graph[place::depth].sum(axis=0) for place in range(depth)]
        return np.max(counts, axis=0)

    @cached_property
    def lane(self):
        """Plan, work and resources of one lane, by its pairs and the width of the drain."""
        return cache(self._lane)

    def _lane(self, pairs: int, width: int) -> tuple[LanePlan, Work, Resources]:
        plan = LanePlan(block=self.block, joints=self.model.joints, frames=self.model.frames, pairs=pairs,
                        y_width=width, mac=PackedMacConfig(acc_width=self.acc_width, form=self.model.mac))
        return plan, plan.work(self.activity), cost.lane(plan)

    @cached_property
    def acc_width(self) -> int:
        """Of a sum of U."""
        return max(9, bits_signed(int(np.abs(self.weights.astype(np.int64)).sum(axis=1).max()) * 128))

    @cached_property
    def block(self) -> Block:
        """A block whose shortcut into Y is the sparse 1x1: its plan is what the lanes have to do."""
        outputs = len(self.weights)
        banks = ceil(outputs / BANK)
        return replace(self.model.block, out_channels=outputs, stride=1, shortcut_h="conv", shortcut_y="conv",
                       filters=np.zeros(outputs, np.uint8), taps=np.zeros((banks, 1), np.uint8), res=self.weights,
                       temporal=np.zeros((outputs, 1, outputs), np.int8))

    def options(self) -> tuple[list[Option], list[Option]]:
        """Sizes of the sparse 1x1 and of the edge walk for an allocator."""
        sparse, walks, outputs = [], [], self.model.block.out_channels
        for width in WIDTHS:
            seen = set()
            for pairs in range(width // 2, len(self.weights) // 2 + 1):
                passes = ceil(len(self.weights) / (2 * pairs))
                if passes in seen or passes > MOST_PASSES:
                    continue
                seen.add(passes)
                for lanes in range(1, MOST_LANES + 1):
                    units = self.sparse(lanes, pairs, width)
                    sparse.append(Option.of({"lanes": lanes, "pairs": pairs, "drain": width}, units))
                    if units["drain"].cycles >= units["lanes"].cycles:
                        break
            for pairs in sorted({ceil(ceil(outputs / (2 * n)) / (width // 2)) * (width // 2)
                                 for n in range(1, outputs + 1)}):
                walks += [Option.of({"pairs": pairs, "depth": depth, "width": width}, self.walk(pairs, depth, width))
                          for depth in range(1, MAX_DEPTH + 1)]
        return front(sparse), front(walks)


def compare(design: Design, budget: Budget, activities: Sequence[Activity] | None = None, mac: str = "dsp48e2",
            edges: str = "kept", base: Allocator | None = None) -> dict:
    """Both orders of every block at the cycles that graph-first reaches within ``budget``, and the cycles when each
    block takes the order that is cheaper there. Cheaper is by shares of the three budgets; DSPs are scarcer than the
    others, so their share counts once, twice ... as much (:data:`PRICES`), and the fastest mixture is told."""
    base = base or Allocator(design, mac, activities)
    first: Allocation = base.solve(budget)
    target = ceil(first.cycles)
    firsts = [FirstConv(model=BlockModel(design, index, mac, None if activities is None else activities[index]),
                        edges=edges) for index in range(len(design.blocks))]
    choices = [{"graph_first": [options for _, options in base.choices[3 * index:3 * index + 2]],
                "conv_first": list(units.options())} for index, units in enumerate(firsts)]
    best: dict = {}
    for price in PRICES:
        rows = [_compare(pair, target, budget, price) for pair in choices]
        if best and [row["cheaper"] for row in rows] == [row["cheaper"] for row in best["rows"]]:
            continue
        mixed = base.choosing([(index, options) for index, (row, pair) in enumerate(zip(rows, choices)) for options in
                               (*pair[row["cheaper"]], base.choices[3 * index + 2][1])] + base.choices[3 * len(rows):])
        chosen = mixed._fastest(budget)
        if chosen is not None and (not best or max(_cycles(mixed, chosen)) < best["cycles"]):
            best = {"rows": rows, "price": price, "cycles": max(_cycles(mixed, chosen)), "used": {
                "dsp": sum(option.dsp for option in chosen) + mixed.fixed["dsp"],
                "bram36": (sum(option.bram for option in chosen) + mixed.fixed["bram"]) / 2,
                "lut": sum(option.lut for option in chosen) + mixed.fixed["lut"]}}
    return {"design": design.name, "hash": design.hash, "edges": edges, "budget": vars(budget),
            "graph_first_cycles": target, "graph_first_used": first.used, "mixed_cycles": best["cycles"],
            "mixed_used": best["used"], "dsp_price": best["price"], "blocks": [
                {"block": index, **{name: round(value) for name, value in units.multiplies.items()},
                 "edges": int(units.graph.sum()), **row}
                for index, (units, row) in enumerate(zip(firsts, best["rows"]))]}


def _compare(pair: dict[str, list[list[Option]]], target: int, budget: Budget, price: float) -> dict:
    """What both orders of a block take, each choice at its cheapest; ``None`` where one is not fast enough."""
    def share(option: Option) -> float:
        return price * option.dsp / budget.dsp + option.bram / 2 / budget.bram36 + option.lut / budget.lut

    row: dict = {}
    for order, parts in pair.items():
        chosen = [min((option for option in options if option.cycles <= target), key=share, default=None)
                  for options in parts]
        found = [option for option in chosen if option is not None]
        row[order] = None if len(found) < len(chosen) else {
            "dsp": sum(option.dsp for option in found), "bram36": sum(option.bram for option in found) / 2,
            "lut": sum(option.lut for option in found), "share": round(sum(map(share, found)), 5),
            "fields": [option.fields for option in found]}
    return row | {"cheaper": min((order for order in pair if row[order]), key=lambda order: row[order]["share"])}


def _cycles(allocator: Allocator, chosen: list[Option]) -> list[int]:
    """Of every unit, and of the port of every X store."""
    reads: dict[int | None, int] = {}
    for (index, _), option in zip(allocator.choices, chosen):
        reads[index] = reads.get(index, 0) + option.x_reads
    return [*(option.cycles for option in chosen), *reads.values()]


def orders_table(found: dict) -> str:
    """For a terminal: products in millions a clip, and what both orders take for the same cycles."""
    def cost_of(row, order):
        each = row[order]
        return "-" if each is None else f"{each['dsp']:6}{each['bram36']:7g}{each['lut']:8} {each['share']:.3f}"

    lines = [f"{'':8} {'graph first: M products':>24} {'1x1 first':>18} {'':6} {'graph first takes':>28} "
             f"{'1x1 first takes':>28}",
             f"{'block':8} {'graph':>11} {'1x1':>12} {'1x1':>9} {'graph':>8} {'edges':>6} "
             f"{'DSP BRAM36     LUT share':>28} {'DSP BRAM36     LUT share':>28}  cheaper"]
    for row in found["blocks"]:
        lines.append(f"{row['block']:<8} {row['graph_first_graph'] / 1e6:11.2f} {row['graph_first_conv'] / 1e6:12.2f} "
                     f"{row['conv_first_conv'] / 1e6:9.2f} {row['conv_first_graph'] / 1e6:8.2f} {row['edges']:6} "
                     f"{cost_of(row, 'graph_first'):>28} {cost_of(row, 'conv_first'):>28}  {row['cheaper']}")
    for text, cycles, used in (("graph first in all blocks", "graph_first_cycles", "graph_first_used"),
                               (f"the cheaper order of each, {found['edges']} edges", "mixed_cycles", "mixed_used")):
        lines.append(f"{text}: {found[cycles]:,} cycles, " + ", ".join(f"{value:,g} {name}"
                                                                      for name, value in found[used].items()))
    return "\n".join(lines)
