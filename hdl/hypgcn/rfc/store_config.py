"""Parameters of a row store, and the shapes of its memories that follow from them."""

from dataclasses import dataclass

from amaranth.lib import data

from ..design import BANK, MINI_BANKS
from ..design.checks import check_limit, check_range
from ..design.limits import BANKS, JOINTS
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
    rows : int, 1..1024
        Row slots: rows held at the same time.
    joints : int, 1..64
        Joints of a row.
    banks : int, 1..64
        Vectors (banks of 16 channels) of a joint.
    depths : tuple of int, 1..joints * banks
        Entries of each mini-bank per row, ``MINI_BANKS`` values.
    tags : tuple of int, 0..64
        Tag width of each reader, at least one reader; 0 is a reader without tag.
    answers : int, 2..64
        Responses that each reader's FIFO holds; from ``StoreReader.LATENCY + 1`` on, one reader alone gets one vector
        a cycle.
    ports : int, 1..number of readers
        Vectors that are read in a cycle: each port has memories of its own, with the same contents, and serves every
        ``ports``-th reader.
    """

    frames: int
    rows: int
    joints: int
    banks: int
    depths: tuple[int, ...]
    tags: tuple[int, ...]
    answers: int = 9
    ports: int = 1

    def __post_init__(self):
        check_limit("joints", self.joints, JOINTS)
        check_limit("banks", self.banks, BANKS)
        for name, low, high in (("frames", 1, 1 << 16), ("rows", 1, 1 << 10), ("answers", 2, 64)):
            check_range(name, getattr(self, name), low, high)
        for name in ("depths", "tags"):
            if not isinstance(getattr(self, name), tuple):
                raise TypeError(f"{name} must be a tuple, not {getattr(self, name)!r}")
        if len(self.depths) != MINI_BANKS:
            raise ValueError(f"depths must hold {MINI_BANKS} values, not {self.depths!r}")
        if not self.tags:
            raise ValueError("tags must hold one width per reader, at least one, not ()")
        for index, depth in enumerate(self.depths):
            check_range(f"depths[{index}]", depth, 1, self.vectors)
        for index, tag in enumerate(self.tags):
            check_range(f"tags[{index}]", tag, 0, 64)

        check_range("ports", self.ports, 1, len(self.tags))

    def readers(self, port: int) -> range:
        """Readers that ``port`` serves."""
        return range(port, len(self.tags), self.ports)

    @property
    def vectors(self) -> int:
        """Vectors of a row."""
        return self.joints * self.banks

    @property
    def header_layout(self) -> data.StructLayout:
        """Word of the header memory, one per (slot, joint, bank).

        Members
        -------
        mask : 16
            Channels whose values were kept.
        offset : MINI_BANKS x range(banks)
            Entries of each mini-bank that earlier banks of the same joint use.
        """
        return data.StructLayout({"mask": BANK, "offset": data.ArrayLayout((self.banks - 1).bit_length(), MINI_BANKS)})

    @property
    def base_layout(self) -> data.StructLayout:
        """Word of the base memory, one per (slot, joint): address of the joint's first entry in each mini-bank."""
        return data.StructLayout({f"pointer{j}": bits for j, bits in enumerate(self.pointer_bits)})

    @property
    def pointer_bits(self) -> tuple[int, ...]:
        """Width of an address of each mini-bank."""
        return tuple(_address_bits(self.rows * depth) for depth in self.depths)

    @property
    def header_shape(self) -> tuple[int, int]:
        """(width, depth) of the header memory."""
        return BANK + MINI_BANKS * (self.banks - 1).bit_length(), self.rows * self.vectors

    @property
    def base_shape(self) -> tuple[int, int]:
        """(width, depth) of the base memory."""
        return sum(self.pointer_bits), self.rows * self.joints

    @property
    def data_shapes(self) -> tuple[tuple[int, int], ...]:
        """(width, depth) of each mini-bank."""
        return tuple((8 * MINI, self.rows * depth) for depth in self.depths)

    @property
    def answer_shapes(self) -> tuple[tuple[int, int], ...]:
        """(width, depth) of each reader's FIFO of responses, in LUT RAM."""
        return tuple((BANK * 9 + 2 + tag, self.answers) for tag in self.tags)

    @property
    def named_memories(self) -> tuple[tuple[str, tuple[int, int]], ...]:
        """Name and (width, depth) of the memories of a port that may become block RAM: header, base, mini-banks."""
        return (("header", self.header_shape), ("base", self.base_shape),
                *((f"data{j}", shape) for j, shape in enumerate(self.data_shapes)))

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
