"""Cost of the units of runtime feature compression: encoder, decoder, stores and the readers of the shortcut."""

from ..cost import Memory, Resources, UnitCost, luts
from ..design import BANK, MINI_BANKS
from .shortcut import ShortcutConfig, ShortcutReader
from .store_config import RowStoreConfig

__all__ = ["DECODER", "ENCODERS", "EXPANDER", "encoder", "register_slice", "row_store", "shortcut_reader",
           "store_memories"]

ENCODERS = {2: 170, 4: 240, 8: 430, 16: 800}
"""LUTs of an encoder, by the values that it takes a cycle."""
DECODER = 190
"""LUTs of a decoder: one non-zero value a cycle."""
EXPANDER = 520
"""LUTs of an expander: all values of a vector a cycle."""


def encoder(width: int = BANK, *, vectors: int = 0) -> UnitCost:
    """Cost of an encoder.

    Parameters
    ----------
    width : int, 2, 4, 8 or 16
        Values that it takes a cycle.
    vectors : int
        Vectors of a clip.
    """
    return UnitCost(cycles=vectors * BANK // width, resources=Resources(lut=ENCODERS[width]))


def register_slice(count: int = 1) -> UnitCost:
    """Cost of ``count`` register slices for compressed vectors."""
    return UnitCost(resources=Resources(lut=luts.VECTOR) * count)


def store_memories(cfg: RowStoreConfig) -> dict[str, Memory]:
    """Memories of a port of a row store that may become block RAM, by name: header, base, mini-banks."""
    return {name: Memory("ram", width, depth) for name, (width, depth) in cfg.named_memories}


def row_store(cfg: RowStoreConfig, *, reads: float = 0.0) -> UnitCost:
    """Cost of a row store: writer, readers with their queues, memories.

    Parameters
    ----------
    cfg : RowStoreConfig
        Its parameters; one reader for each of ``cfg.tags``.
    reads : float
        Vectors read per clip by all readers together, one a cycle and port.
    """
    readers = len(cfg.tags)
    request_bits = sum(max(1, (size - 1).bit_length()) for size in (cfg.rows, cfg.joints, cfg.banks))
    pointers = sum(cfg.pointer_bits)
    writer = 150 + 4 * pointers + 3 * MINI_BANKS * max(1, (cfg.banks - 1).bit_length())
    answers = [Memory("async", width, depth) for width, depth in cfg.answer_shapes]
    return UnitCost(cycles=reads / cfg.ports, resources=Resources.of(
        memories=[*store_memories(cfg).values()] * cfg.ports + answers,
        lut=writer + cfg.ports * 2 * pointers + readers * (luts.queue(cfg.answers) + 36 + 0.5 * request_bits)))


def shortcut_reader(cfg: ShortcutConfig, *, rows: int) -> UnitCost:
    """Cost of a reader of X for the identity shortcut: addresses, slicer with its register slice.

    Parameters
    ----------
    cfg : ShortcutConfig
        Its parameters.
    rows : int
        Rows that it reads per clip. It keeps up with the sums that take its values, so no cycles are counted.
    """
    bits = 8 * cfg.width
    spans = Memory("async", max(1, 2 * (cfg.slices - 1).bit_length()), ShortcutReader.AHEAD)
    return UnitCost(x_reads=rows * cfg.reads, resources=Resources.of(
        memories=[spans],
        lut=110 + luts.multiplexer(cfg.slices, bits) + luts.multiplexer(cfg.width, bits) + bits))
