"""A folding for a cycle target: per block and unit, the fewest multipliers that keep up.

A first estimate from the design's measured densities; the units are independent, so each is chosen by itself. Units
that are too slow at any size get their largest size: the folding is always legal, and :func:`row_cycles` tells what it
    reaches.
"""

from math import ceil

from .design import BANK, Block, Design
from .folding import BlockFolding, Folding

__all__ = ["balance", "balance_to", "multipliers", "row_cycles"]

WIDTHS = (2, 4, 8, 16)
LANE_EFFICIENCY = 0.8
"""Share of a lane's cycles that carry a token: the rest goes to job changes and waiting for vectors."""


def _conv_entries(block: Block) -> int:
    copies = 0 if block.down is None else int(block.down.any(axis=0).sum())
    return block.graph.shape[0] * int(block.kept.sum()) + copies


def _graph_cycles(block: Block, joints: int, at_once: int) -> float:
    tokens = max(1.0, block.density_x * joints)
    copies = 0 if block.down is None else int((block.down.any(axis=0) & (block.kept == 0)).sum())
    return tokens * (block.graph.shape[0] // at_once * int(block.kept.sum()) + copies)


def _conv_cycles(block: Block, joints: int, conv_joints: int, pairs: int, width: int) -> int:
    # The sums of a walk leave while the next one runs; if that takes longer, it decides.
    walk = max(_conv_entries(block), conv_joints * 2 * pairs // width)
    return ceil(block.out_channels / (2 * pairs)) * ceil(joints / conv_joints) * walk


def _lane_work(block: Block, pairs: int) -> tuple[float, int]:
    """Token cycles and fetched vectors of one output (frame, joint), over all passes."""
    vectors = int(block.taps.sum())
    computed = int(block.filters.sum())
    temporal_passes = ceil(computed / (2 * pairs))
    passes = temporal_passes
    extra = 0
    if block.shortcut_y == "conv":
        passes = ceil(block.out_channels / (2 * pairs))
        extra = passes * block.in_banks
    per_vector = max(1.0, BANK * block.density_h)
    per_x = max(1.0, BANK * block.density_x)
    if block.shortcut_y == "conv":
        # Kept filters are spread over all channels, so every pass has some.
        temporal_passes = passes
    return vectors * temporal_passes * per_vector + extra * per_x, vectors * temporal_passes + extra


def row_cycles(design: Design, index: int, folding: BlockFolding) -> dict[str, float]:
    """Estimated cycles per input row of each unit of block ``index``."""
    block, joints = design.blocks[index], design.joints
    tokens, vectors = _lane_work(block, folding.lane_pairs)
    return {
        "graph": _graph_cycles(block, joints, folding.graph_subsets),
        "conv": _conv_cycles(block, joints, folding.conv_joints, folding.conv_pairs, folding.h_width),
        "h_requant": joints * block.out_banks * BANK / folding.h_width,
        "lanes": joints * tokens / folding.lanes / LANE_EFFICIENCY / block.stride,
        "fetch": joints * vectors / block.stride,
        "y_requant": joints * block.out_banks * BANK / folding.y_width / block.stride,
    }


def _cheapest(options, cycles, cost, budget):
    """The option of least cost that meets the budget, or the fastest when none does."""
    fitting = [option for option in options if cycles(option) <= budget]
    return min(fitting, key=lambda option: (cost(option), cycles(option))) if fitting else min(options, key=cycles)


def _balance_block(design: Design, index: int, budget: float) -> BlockFolding:
    block, joints = design.blocks[index], design.joints
    subsets = [n for n in range(1, design.subsets + 1) if design.subsets % n == 0]
    graph_subsets = _cheapest(subsets, lambda n: _graph_cycles(block, joints, n), lambda n: n, budget)

    values = joints * block.out_banks * BANK
    h_width = _cheapest(WIDTHS, lambda w: values / w, lambda w: w, budget * 0.95)
    y_width = _cheapest(WIDTHS, lambda w: values / w, lambda w: w, budget * block.stride * 0.95)

    most = block.out_banks * BANK // 2
    arrays = [(n, pairs) for n in range(1, joints + 1) for pairs in range(h_width // 2, most + 1, h_width // 2)]
    conv = _cheapest(arrays, lambda a: _conv_cycles(block, joints, a[0], a[1], h_width), lambda a: a[0] * a[1],
                     budget * 0.97)

    # Few wide lanes are cheapest to feed: one vector serves all their multipliers.
    lanes = [(n, pairs) for n in range(1, 13) for pairs in range(y_width // 2, most + 1)]

    def lane_cycles(option):
        tokens, vectors = _lane_work(block, option[1])
        return max(joints * tokens / option[0] / LANE_EFFICIENCY, joints * vectors / 0.9)

    chosen = _cheapest(lanes, lane_cycles, lambda o: o[0] * o[1] + 0.5 * o[0], budget * block.stride)
    return BlockFolding(
        graph_subsets=graph_subsets,
        conv_joints=conv[0],
        conv_pairs=conv[1],
        h_width=h_width,
        lanes=chosen[0],
        lane_pairs=chosen[1],
        y_width=y_width,
        x_rows=design.pad + 6,
        h_rows=design.kernel + 2 * block.stride + 1,
    )


def balance(design: Design, cycles_per_clip: int, *, mac: str = "dsp48e2") -> Folding:
    """A folding that aims at ``cycles_per_clip`` in every unit."""
    if cycles_per_clip < 1:
        raise ValueError(f"cycles_per_clip must be at least 1, not {cycles_per_clip!r}")
    blocks = tuple(_balance_block(design, index, cycles_per_clip / (design.persons * design.block_frames(index)))
                   for index in range(len(design.blocks)))
    folding = Folding(
        blocks=blocks,
        mac=mac,
        head_width=_cheapest((1, 2, 4, 8, 16), lambda w: _head_cycles(design, w), lambda w: w, cycles_per_clip),
    )
    folding.validate(design)
    return folding


def _head_cycles(design: Design, width: int) -> float:
    positions = design.persons * design.block_frames(len(design.blocks)) * design.joints
    return positions * design.blocks[-1].out_banks * BANK / width


def multipliers(design: Design, folding: Folding) -> int:
    """Hardware multipliers of all blocks and the head: packed MACs (twice as many for ``"single"``) and
    requantisers."""
    macs = requants = 0
    for block in folding.blocks:
        macs += ceil(block.graph_subsets * design.joints / 2)
        macs += block.conv_joints * block.conv_pairs + block.lanes * block.lane_pairs
        requants += block.h_width + block.y_width
    return macs * (2 if folding.mac == "single" else 1) + requants + 2


def balance_to(design: Design, most: int, *, mac: str = "dsp48e2") -> Folding:
    """The fastest balanced folding with at most ``most`` multipliers, to within 1 % of the cycle target.

    Raises :exc:`ValueError` when even the smallest folding needs more.
    """
    low, high = 1, 1 << 32
    chosen = balance(design, high, mac=mac)
    if multipliers(design, chosen) > most:
        raise ValueError(f"design {design.name} needs at least {multipliers(design, chosen)} multipliers, not {most!r}")
    while high > low + max(1, low // 100):
        middle = int((low * high) ** 0.5) if high > 2 * low else (low + high) // 2
        trial = balance(design, middle, mac=mac)
        if multipliers(design, trial) <= most:
            high, chosen = middle, trial
        else:
            low = middle
    return chosen
