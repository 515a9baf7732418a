"""What an allocator decides about the stores beside their options: their rows, and which are UltraRAM."""

from ...design import Design
from ...design.limits import STORE_MEMORIES
from ..estimate import BlockModel
from ..estimate.stages import folding_of

__all__ = ["rows_of", "worth_ultra"]

THIN_ROWS = 3
"""Rows of the stores in front of 1x1 convolutions: one is written, one read, and one lets both drift."""


def rows_of(design: Design, index: int) -> dict[str, int]:
    """Rows that the stores of block ``index`` hold, by the name of their field in a folding.

    Enough not to limit units that all take the same cycles (:func:`~hypgcn.planning.estimate.loop.row_loop`), and two
    more of X that let neighbours drift.
    """
    stride = design.blocks[index].stride
    taps = design.kernel + 2 * stride + 1
    if design.blocks[index].scales is None:
        return {"x_rows": design.pad + 7 + stride, "h_rows": taps}
    # A row in each of the stages behind H, and one that waits for its maximum.
    return {"x_rows": design.pad + 11 + stride, "h_rows": THIN_ROWS, "scales.p_rows": taps, "scales.q_rows": THIN_ROWS}


def worth_ultra(design: Design, mac: str, uram: int) -> frozenset[int]:
    """Blocks whose stores of H, with one port, are put into UltraRAM.

    They are those that save the most block RAMs for each, as far as ``uram`` of them go.
    """
    gains = []
    for index in range(len(design.blocks)):
        model = BlockModel.of(design, index, mac)
        plain, ultra = (model.stores(folding_of({**rows_of(design, index), "h_memory": memory}))["h_store"]
                        for memory in STORE_MEMORIES)
        if ultra.uram:
            gains.append(((plain.bram36 - ultra.bram36) / ultra.uram, -index, ultra.uram))
    chosen = set()
    for _, index, count in sorted(gains, reverse=True):
        if count <= uram:
            chosen.add(-index)
            uram -= count
    return frozenset(chosen)
