"""Parameters of a row store, and the shapes of its memories that follow from them."""

from dataclasses import dataclass, replace
from math import ceil

from amaranth.lib import data

from ..cost import Memory
from ..design import BANK, MINI_BANKS, Block
from ..design.checks import check_limit, check_range
from ..design.limits import BANKS, JOINTS
from ..design.words import filled_words
from ..stream.layouts import MINI

__all__ = ["RowStoreConfig"]


def _address_bits(depth):
    """Width of an address of ``depth`` words; at least 1."""
    return max(1, (depth - 1).bit_length())


@dataclass(frozen=True, kw_only=True)
class RowStoreConfig:
    """Parameters of a row store.

    Parameters
    ----------
    frames : int, 1..65536
        Rows of a sequence; after these the sticky overflow flag is cleared.
    rows : int, window..1024
        Row slots: rows held at the same time.
    joints : int, 1..64
        Joints of a row.
    banks : int, 1..64
        Vectors (banks of 16 channels) of a joint.
    depths : tuple of int, 1..window * joints * banks
        Entries that any ``window`` rows in sequence may take of each mini-bank, ``MINI_BANKS`` values.
    tags : tuple of int, 0..64
        Tag width of each reader, at least one reader; 0 is a reader without tag.
    answers : int or tuple of int, 2..64 or 0
        Responses that the FIFO of every reader, or of each, holds; from ``StoreReader.LATENCY + 1`` on, one reader
        alone gets one vector a cycle. 0: no FIFO, for a reader that takes each response in its first cycle.
    ports : int, 1..number of readers
        Vectors that are read in a cycle: each port has memories of its own, with the same contents, and serves every
        ``ports``-th reader.
    window : int, 1..1024
        Rows that readers may need at the same time: while row r is written they can release row ``r - window``.
    ultra : bool
        Memories that would take as many block RAMs are UltraRAM.
    rings : tuple of int, from depths[j] + 1
        Words of each mini-bank; empty: for each row slot the share of a row in ``depths``. One word stays free, where
        there is not one for each vector of all rows.
    """

    frames: int
    rows: int
    joints: int
    banks: int
    depths: tuple[int, ...]
    tags: tuple[int, ...]
    answers: int | tuple[int, ...] = 11
    ports: int = 1
    window: int = 1
    rings: tuple[int, ...] = ()
    ultra: bool = False

    @classmethod
    def of(cls, block: Block, holds: str, **options) -> "RowStoreConfig":
        """Store of X or H of a block, with rings for its rows when these are of the usual density.

        Parameters
        ----------
        block : Block
            The block.
        holds : ``"x"`` or ``"h"``
            What is stored.
        options : dict
            ``frames``, ``rows``, ``joints``, ``tags``, and ``answers`` and ``ports`` if not the defaults.
        """
        depths, window, entries = (getattr(block, f"{holds}_{name}") for name in ("depths", "window", "entries"))
        return cls.sized(entries, banks=block.in_banks if holds == "x" else block.h_banks, depths=depths,
                         window=window, **options)

    @classmethod
    def of_x(cls, block: Block, loaders: int, **options) -> "RowStoreConfig":
        """Store of X of a block, read by ``loaders`` and by its shortcuts, into H before that into Y.

        Loaders need a FIFO of responses. Shortcuts, and the lanes behind the one into Y, have places of their own.
        """
        shortcuts = (block.shortcut_h == "identity") + (block.shortcut_y != "none")
        return cls.of(block, "x", tags=(0,) * (loaders + shortcuts),
                      answers=(cls.answers,) * loaders + (0,) * shortcuts, **options)

    @classmethod
    def sized(cls, entries: tuple[float, ...], **fields) -> "RowStoreConfig":
        """Store whose rows take ``entries`` of each mini-bank in the mean; empty: nothing is known about that."""
        cfg = cls(**fields)
        if not entries:
            return cfg
        used = (max(depth, ceil(cfg.rows * mean)) + 1 for depth, mean in zip(cfg.depths, entries))
        return replace(cfg, rings=tuple(max(fewest, min(filled_words(words), cfg.rows * cfg.vectors))
                                        for fewest, words in zip(cfg.fewest_words, used)))

    def __post_init__(self):
        check_limit("joints", self.joints, JOINTS)
        check_limit("banks", self.banks, BANKS)
        check_range("window", self.window, 1, 1 << 10)
        for name, low, high in (("frames", 1, 1 << 16), ("rows", self.window, 1 << 10)):
            check_range(name, getattr(self, name), low, high)
        for name in ("depths", "tags", "rings"):
            if not isinstance(getattr(self, name), tuple):
                raise TypeError(f"{name} must be a tuple, not {getattr(self, name)!r}")
        for name in ("depths", "rings"):
            if len(getattr(self, name)) != MINI_BANKS and (name == "depths" or self.rings):
                raise ValueError(f"{name} must hold {MINI_BANKS} values, not {getattr(self, name)!r}")
        if not self.tags:
            raise ValueError("tags must hold one width per reader, at least one, not ()")
        for index, depth in enumerate(self.depths):
            check_range(f"depths[{index}]", depth, 1, self.window * self.vectors)
        for index, words in enumerate(self.rings):
            check_range(f"rings[{index}]", words, self.fewest_words[index], 1 << 22)
        for index, tag in enumerate(self.tags):
            check_range(f"tags[{index}]", tag, 0, 64)

        check_range("ports", self.ports, 1, len(self.tags))
        self._check_answers()

    def _check_answers(self):
        if len(self.places) != len(self.tags):
            raise ValueError(f"answers must hold one size per reader, {len(self.tags)}, not {self.answers!r}")
        for index, places in enumerate(self.places):
            if places != 0:
                check_range(f"answers[{index}]" if isinstance(self.answers, tuple) else "answers", places, 2, 64)

    def readers(self, port: int) -> range:
        """Readers that ``port`` serves."""
        return range(port, len(self.tags), self.ports)

    @property
    def places(self) -> tuple[int, ...]:
        """Responses that the FIFO of each reader holds; 0 without one."""
        return self.answers if isinstance(self.answers, tuple) else (self.answers,) * len(self.tags)

    @property
    def vectors(self) -> int:
        """Vectors of a row."""
        return self.joints * self.banks

    @property
    def fewest_words(self) -> tuple[int, ...]:
        """Fewest words of each mini-bank, at least 2.

        Those of a window and one that stays free, since a full ring would look like an empty one, or those of all
        vectors of all rows.
        """
        return tuple(max(2, min(depth + 1, self.rows * self.vectors)) for depth in self.depths)

    @property
    def may_fill(self) -> tuple[bool, ...]:
        """Whether the rows of a window may request more entries of each mini-bank than its depth."""
        return tuple(depth < self.window * self.vectors for depth in self.depths)

    @property
    def may_block(self) -> tuple[bool, ...]:
        """Whether the rows of all slots may take more entries of each mini-bank than it has words."""
        return tuple(words < self.rows * self.vectors for words in self.words)

    @property
    def words(self) -> tuple[int, ...]:
        """Words of each mini-bank, a ring over all rows."""
        return self.rings or tuple(max(fewest, min(ceil(self.rows * depth / self.window) + 1, self.rows * self.vectors))
                                   for fewest, depth in zip(self.fewest_words, self.depths))

    @property
    def base_layout(self) -> data.StructLayout:
        """Word of the base memory, one per (slot, joint).

        Members
        -------
        pointer0, pointer1, ... : range(words[j])
            Address of the joint's first entry in each mini-bank; the next ones are below it.
        taken0, taken1, ... : banks - 1
            Whether each bank but the last has an entry in the mini-bank.
        """
        return data.StructLayout({**{f"pointer{j}": bits for j, bits in enumerate(self.pointer_bits)},
                                  **{f"taken{j}": self.banks - 1 for j in range(MINI_BANKS)}})

    @property
    def pointer_bits(self) -> tuple[int, ...]:
        """Width of an address of each mini-bank."""
        return tuple(map(_address_bits, self.words))

    @property
    def header_shape(self) -> tuple[int, int]:
        """(width, depth) of the header memory: a mask of the kept channels per (slot, joint, bank)."""
        return BANK, self.rows * self.vectors

    @property
    def base_shape(self) -> tuple[int, int]:
        """(width, depth) of the base memory."""
        return sum(self.pointer_bits) + MINI_BANKS * (self.banks - 1), self.rows * self.joints

    @property
    def data_shapes(self) -> tuple[tuple[int, int], ...]:
        """(width, depth) of each mini-bank."""
        return tuple((8 * MINI, words) for words in self.words)

    @property
    def answer_shapes(self) -> tuple[tuple[int, int], ...]:
        """(width, depth) of each reader's FIFO of responses, in LUT RAM."""
        return tuple((BANK * 9 + 2 + tag, places) for tag, places in zip(self.tags, self.places) if places)

    @property
    def named_memories(self) -> tuple[tuple[str, tuple[int, int]], ...]:
        """Name and (width, depth) of the memories of a port that may become block RAM: header, base, mini-banks."""
        return (("header", self.header_shape), ("base", self.base_shape),
                *((f"data{j}", shape) for j, shape in enumerate(self.data_shapes)))

    @property
    def ultra_memories(self) -> frozenset[str]:
        """Names of the memories that are UltraRAM: those that would take as many block RAMs."""
        filled = (name for name, (width, depth) in self.named_memories
                  if Memory("ram", width, depth).primitives.bram36 >= Memory("ultra", width, depth).primitives.uram)
        return frozenset(filled if self.ultra else ())

    @property
    def memories(self) -> tuple[tuple[int, int], ...]:
        """(width, depth) of each of :attr:`named_memories`."""
        return tuple(shape for _, shape in self.named_memories)

    @property
    def header_bits(self) -> int:
        """Bits of the header memory."""
        return self.header_shape[0] * self.header_shape[1]

    @property
    def base_bits(self) -> int:
        """Bits of the base memory."""
        return self.base_shape[0] * self.base_shape[1]

    @property
    def data_bits(self) -> int:
        """Bits of all mini-banks."""
        return sum(width * depth for width, depth in self.data_shapes)

    @property
    def bits(self) -> int:
        """Bits of header, base and mini-banks."""
        return self.header_bits + self.base_bits + self.data_bits

    @property
    def dense_bits(self) -> int:
        """Bits of the same rows without compression."""
        return 8 * BANK * self.rows * self.vectors
