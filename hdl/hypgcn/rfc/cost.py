"""Cost of the units of runtime feature compression: encoder, decoder, stores and the readers of the shortcut."""

from ..cost import Memory, Resources, UnitCost, luts
from ..design import BANK, MINI_BANKS
from .shortcut import ShortcutConfig
from .store_config import RowStoreConfig

__all__ = ["DECODER", "ENCODERS", "EXPANDER", "PAIR_DECODER", "encoder", "register_slice", "row_store",
           "shortcut_reader", "store_memories"]

ENCODERS = {2: 247, 4: 353, 8: 658, 16: 821}
"""LUTs of an encoder, by the values that it takes a cycle."""
DECODER = 190
"""LUTs of a decoder: one non-zero value a cycle."""
PAIR_DECODER = 230
"""LUTs of a decoder: two non-zero values a cycle."""
EXPANDER = 520
"""LUTs of an expander: all values of a vector a cycle."""


def encoder(width: int = BANK) -> UnitCost:
    """Cost of an encoder for slices of ``width`` values, 2, 4, 8 or 16.

    It takes a slice a cycle from a unit that gives one at most, so no cycles are counted.
    """
    return UnitCost(resources=Resources(lut=ENCODERS[width]))


def register_slice(width: int = BANK) -> UnitCost:
    """Cost of the register slice for compressed vectors behind an encoder of ``width`` values a cycle.

    Below 16 the vectors come every second cycle at most, and flip-flops suffice (:func:`~.serial_encoder.skid_behind`).
    """
    return UnitCost(resources=Resources(lut=luts.VECTOR if width == BANK else 2))


def store_memories(cfg: RowStoreConfig) -> dict[str, Memory]:
    """Memories of a port of a row store that may become block RAM or UltraRAM, by name: header, base, mini-banks."""
    return {name: Memory("ultra" if name in cfg.ultra_memories else "ram", width, depth)
            for name, (width, depth) in cfg.named_memories}


def row_store(cfg: RowStoreConfig, *, reads: float = 0.0) -> UnitCost:
    """Cost of a row store: writer, readers with their queues, memories.

    Parameters
    ----------
    cfg : RowStoreConfig
        Its parameters; one reader for each of ``cfg.tags``.
    reads : float
        Vectors read per clip by all readers together, one a cycle and port.
    """
    request_bits = sum(max(1, (size - 1).bit_length()) for size in (cfg.rows, cfg.joints, cfg.banks))
    rings = [_ring(cfg, j) for j in range(MINI_BANKS)]
    answers = [Memory("async", width, depth) for width, depth in cfg.answer_shapes]
    # Beside the pipeline: the address of a read, its entries of earlier banks, values that a vector does not have.
    addresses = sum(bits + 4 for bits in cfg.pointer_bits) + 2.2 * MINI_BANKS * (cfg.banks - 1) + 8 * BANK
    return UnitCost(cycles=reads / cfg.ports, resources=Resources.of(
        memories=[*store_memories(cfg).values()] * cfg.ports + answers,
        lut=(150 + cfg.ports * addresses + len(cfg.tags) * (36 + request_bits)
             + sum(luts.queue(places) for places in cfg.places if places)))
        + sum(rings, Resources()))


def _ring(cfg: RowStoreConfig, mini_bank: int) -> Resources:
    """Resources of the pointers of a mini-bank, with the ends of rows that its limits need."""
    bits = cfg.pointer_bits[mini_bank]
    ends = Memory("async", bits + 1, cfg.rows)
    compare = bits / 3 + 3
    limited = [bits + compare] * cfg.may_fill[mini_bank] + [compare] * cfg.may_block[mini_bank]
    return Resources.of(memories=[ends] * len(limited), lut=13 + bits + sum(limited))


def shortcut_reader(cfg: ShortcutConfig, *, rows: int) -> UnitCost:
    """Cost of a reader of X for the identity shortcut: addresses, queues, slicer with its register slice.

    Parameters
    ----------
    cfg : ShortcutConfig
        Its parameters.
    rows : int
        Rows that it reads per clip. It keeps up with the sums that take its values, so no cycles are counted.
    """
    bits = 8 * cfg.width
    memories = [Memory("async", max(1, 2 * (cfg.slices - 1).bit_length()), cfg.ahead),
                Memory("async", luts.VECTOR + 1, cfg.answers)]
    return UnitCost(x_reads=rows * cfg.reads, resources=Resources.of(
        memories=memories,
        lut=110 + luts.queue(cfg.answers) + luts.multiplexer(cfg.slices, bits)
        + luts.multiplexer(cfg.width, bits) + bits))
