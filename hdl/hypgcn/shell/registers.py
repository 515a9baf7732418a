"""Control registers: the one description of the RTL bank, C header, Python map, register page and sidecar.

:mod:`hypgcn.shell.register_files` makes the files.
"""

from dataclasses import dataclass

from ..design.checks import check_choice, check_range
from ..design.limits import BLOCKS, STREAMS

__all__ = ["ABI", "ACCESSES", "ADDRESS_BITS", "ALL_REGISTERS", "ENSEMBLE_ABI", "MAGIC", "MAX_BLOCKS", "Field",
           "REGISTERS", "RESULT_FLAGS", "Register", "STREAM_REGISTERS", "TRAILER", "register"]

MAGIC = 0x4E434748
"""Identity of the core: the bytes ``HGCN`` in memory order."""
ABI = 1
"""Version of this description; incremented with every change that breaks an old driver."""
ENSEMBLE_ABI = 2
"""Version that cores of several networks report: a driver that knows ``ABI`` alone would take the scores of their
streams for the trailer. All else is as in ``ABI``."""
ADDRESS_BITS = 12
"""Width of a byte address: one page of 4 KiB."""
MAX_BLOCKS = BLOCKS.high
"""Blocks whose counters have an address."""

ACCESSES = {
    "ro": "read only; writes are ignored",
    "rw": "read and write",
    "set": "writing 1 sets it, writing 0 changes nothing; the hardware clears it",
    "rc": "cleared by reading",
    "w1c": "writing 1 clears it, writing 0 changes nothing",
    "pulse": "writing 1 acts once; reads as 0 unless stated otherwise",
}
"""Behaviour of a field, by the name of its access."""


@dataclass(frozen=True, kw_only=True)
class Field:
    """Adjacent bits of a register.

    Parameters
    ----------
    name : str
        C and Python identifier in lower case.
    low : int, 0..31
        Lowest bit.
    width : int, 1..32
        Number of bits.
    access : str
        One of :data:`ACCESSES`.
    text : str
        Meaning, for the register page.
    """

    name: str
    low: int
    width: int = 1
    access: str = "ro"
    text: str

    def __post_init__(self):
        if not (self.name.isidentifier() and self.name == self.name.lower()):
            raise ValueError(f"name must be an identifier in lower case, not {self.name!r}")
        check_range("low", self.low, 0, 31)
        check_range("width", self.width, 1, 32 - self.low)
        check_choice("access", self.access, ACCESSES)

    @property
    def mask(self) -> int:
        """Bits of the field in the word."""
        return ((1 << self.width) - 1) << self.low


@dataclass(frozen=True, kw_only=True)
class Register:
    """One word, or ``count`` words ``stride`` bytes apart.

    Parameters
    ----------
    name : str
        C and Python identifier in upper case.
    offset : int
        Bytes from the base, a multiple of 4.
    fields : tuple of Field
        Fields, which must not overlap.
    text : str
        Meaning, for the register page.
    count : int
        1, or :data:`MAX_BLOCKS` for a register per block.
    stride : int
        Bytes between the words of an array, a multiple of 4.
    """

    name: str
    offset: int
    fields: tuple[Field, ...]
    text: str
    count: int = 1
    stride: int = 4

    def __post_init__(self):
        if not (self.name.isidentifier() and self.name == self.name.upper()):
            raise ValueError(f"name must be an identifier in upper case, not {self.name!r}")
        if self.offset % 4 or self.stride % 4 or self.stride < 4:
            raise ValueError(f"offset and stride must be multiples of 4, not {self.offset!r} and {self.stride!r}")
        if self.count < 1 or not 0 <= self.offset <= (1 << ADDRESS_BITS) - 4 - (self.count - 1) * self.stride:
            raise ValueError(f"offset must be in the {1 << ADDRESS_BITS} bytes of the bank, not {self.offset!r}")
        if sum(field.mask for field in self.fields) != _union(self.fields):
            raise ValueError(f"fields of {self.name} must not overlap")

    def address(self, index: int = 0) -> int:
        """Byte address of word ``index``."""
        return self.offset + index * self.stride

    def field(self, name: str) -> Field:
        """Field called ``name``; :exc:`KeyError` when there is none."""
        for field in self.fields:
            if field.name == name:
                return field
        raise KeyError(f"{self.name} has no field {name}")


def _union(fields):
    bits = 0
    for field in fields:
        bits |= field.mask
    return bits


def _word(name, offset, text, **options):
    """Register of one field of 32 bits."""
    return Register(name=name, offset=offset, text=text, **options,
                    fields=(Field(name="value", low=0, width=32, text="all bits"),))


def _events(access, suffix):
    return (
        Field(name="done", low=0, access=access, text=f"a result has left the core{suffix}"),
        Field(name="ready", low=1, access=access, text=f"the last element of a clip has been taken{suffix}"),
        Field(name="error", low=2, access=access, text=f"a bit of ERRORS has been set{suffix}"),
    )


_ERRORS = (
    ("short", "TLAST came before the end of a clip; the missing elements were taken as zeros"),
    ("late", "a clip did not end with TLAST; what followed, to the next TLAST, was dropped"),
    ("keep", "TKEEP was low for an element of a clip that was not missing at its end; it was taken as zero"),
    ("overflow", "a result left whose clip was denser than the stores of the design hold; its scores are defined but "
                 "not those of the network"),
    ("saturated", "a score did not fit 32 bits and was sent as the nearest value that does; argmax is exact"),
    ("aborted", "a soft reset cut off a result while it was sent; its remaining words are zero"),
)

RESULT_FLAGS = tuple(Field(name=name, low=bit, text=text) for bit, (name, text) in enumerate(_ERRORS))
"""Bits of the last word of a result; the bits of ERRORS are the same."""
TRAILER = ("argmax", "clip", "flags")
"""Words of a result after its scores."""

_PER_BLOCK = dict(count=MAX_BLOCKS, stride=16)
_COUNTER = "Saturates at 0xffffffff. As of the last snapshot."

REGISTERS: tuple[Register, ...] = (
    Register(name="CONTROL", offset=0x00, text="Start and status, laid out as in AMD's HLS cores.", fields=(
        Field(name="start", low=0, access="set", text="admit one clip; reads 1 until the last element of that clip has "
                                                      "been taken. Writing it while it is 1 has no further effect"),
        Field(name="done", low=1, access="rc", text="a result has left the core since the last read"),
        Field(name="idle", low=2, text="no clip and no result is in flight, and start is 0"),
        Field(name="ready", low=3, access="rc", text="the last element of a clip has been taken since the last read"),
        Field(name="auto_restart", low=7, access="rw", text="admit every clip that arrives, without start"),
    )),
    Register(name="INTERRUPT_GLOBAL", offset=0x04, text="Global enable of the interrupt output.", fields=(
        Field(name="enable", low=0, access="rw", text="the interrupt output may be high"),)),
    Register(name="INTERRUPT_ENABLE", offset=0x08, text="Enabled events of the interrupt output.",
             fields=_events("rw", ": enabled")),
    Register(name="INTERRUPT_STATUS", offset=0x0C, fields=_events("w1c", " since it was cleared"),
             text="Events, recorded whether enabled or not. The interrupt output is high while an enabled one is set."),
    _word("MAGIC", 0x10, f"Identity: {MAGIC:#010x}, the bytes HGCN in memory order. Read it first."),
    Register(name="VERSION", offset=0x14, text="Versions of the generator and of this register description.", fields=(
        Field(name="patch", low=0, width=8, text="patch version of the generator"),
        Field(name="minor", low=8, width=8, text="minor version of the generator"),
        Field(name="major", low=16, width=8, text="major version of the generator"),
        Field(name="abi", low=24, width=8, text=f"version of this register description, {ABI}; {ENSEMBLE_ABI} in a "
                                                    f"core of several networks, whose results are longer"))),
    _word("HASH_LOW", 0x18, "Digits 9 to 16 of the design's hash."),
    _word("HASH_HIGH", 0x1C, "The first eight hexadecimal digits of the design's hash."),
    Register(name="SHAPE_0", offset=0x20, text="Shape of a clip.", fields=(
        Field(name="frames", low=0, width=16, text="frames, T"),
        Field(name="joints", low=16, width=16, text="joints, V"))),
    Register(name="SHAPE_1", offset=0x24, text="Shape of a clip.", fields=(
        Field(name="persons", low=0, width=16, text="persons, M"),
        Field(name="channels", low=16, width=16, text="channels of a joint, C"))),
    Register(name="NETWORK", offset=0x28, text="Classes, blocks, and the input bus.", fields=(
        Field(name="classes", low=0, width=16, text="scores of a result"),
        Field(name="blocks", low=16, width=8, text="blocks of the network, or of all networks, one after another; "
                                                   "counters of higher blocks read 0"),
        Field(name="bus_bytes", low=24, width=8, text="bytes of s_axis_tdata"))),
    _word("CLIP_BYTES", 0x2C, "Bytes of a clip: M * T * V * C elements of one byte, int8, or of two with raw input, "
                              "int16."),
    Register(name="THRESHOLD", offset=0x30, text="Activation thresholds: less work, less accuracy.", fields=(
        Field(name="raise", low=0, width=7, access="rw",
              text="added to all thresholds of H and Y, saturating at 127. A clip is computed with one value "
                   "throughout: after a change no clip is admitted until those in flight have left"),
        Field(name="applied", low=8, width=7, text="value that the network works with now"))),
    Register(name="ERRORS", offset=0x34, text="Sticky errors; the flags word of a result shows which clip had them.",
             fields=tuple(Field(name=flag.name, low=flag.low, access="w1c", text=flag.text) for flag in RESULT_FLAGS)),
    Register(name="RESET", offset=0x38, text="Soft reset; the page on integration lists what is lost.", fields=(
        Field(name="core", low=0, access="pulse",
              text="reset everything but the settings of this bank: clips in flight are lost, counters and clip "
                   "numbers start at 0, CONTROL.start and auto_restart are cleared. An input packet that has begun is "
                   "dropped to its TLAST; a result that has begun is filled up with zeros and flagged. Reads 1 while "
                   "the reset lasts"),
        Field(name="input", low=1, access="pulse",
              text="together with core, when the source has been reset too: the next beat begins a new packet"))),
    Register(name="SNAPSHOT", offset=0x3C, text="The counters below show the last snapshot.", fields=(
        Field(name="take", low=0, access="pulse", text="copy all counters, in one cycle"),
        Field(name="clear", low=1, access="pulse", text="together with take: restart the cycle counters "
                                                        "of the blocks, with no cycle lost or counted twice"))),
    _word("CYCLES_LOW", 0x40, "Cycles since reset, low word. As of the last snapshot."),
    _word("CYCLES_HIGH", 0x44, "Cycles since reset, high word. As of the last snapshot."),
    _word("CLIPS_IN", 0x48, "Clips taken to their last element since reset, modulo 2^32. As of the last snapshot."),
    _word("CLIPS_OUT", 0x4C, "Results that have left since reset, modulo 2^32. As of the last snapshot."),
    _word("CLIP_CYCLES", 0x50, "Cycles from the admission of a clip, when its first beat is there, until its result is "
                               "complete, of the last result. As of the last snapshot."),
    _word("BLOCK_BUSY", 0x100, f"Cycles in which block N was neither blocked nor starved. {_COUNTER}", **_PER_BLOCK),
    _word("BLOCK_STARVED", 0x104, "Cycles in which block N was not blocked and could take a vector, but none came. "
                                  f"{_COUNTER}", **_PER_BLOCK),
    _word("BLOCK_BLOCKED", 0x108, f"Cycles in which block N offered a vector that was not taken. {_COUNTER}",
          **_PER_BLOCK),
    _word("BLOCK_OVERFLOW", 0x10C, "Vectors that lost values in the stores of block N since reset; SNAPSHOT.clear does "
                                   f"not change it. {_COUNTER}", **_PER_BLOCK),
)
"""Registers of every core, by address."""

STREAM_REGISTERS = tuple(
    Register(name=f"STREAMS_{word}", offset=0x54 + 4 * word,
             text=f"Networks {4 * word} to {4 * word + 3} of an ensemble; 0 in a core of one network.", fields=tuple(
        Field(name=f"blocks_{stream}", low=8 * (stream % 4), width=8,
              text=f"blocks of network {stream}, 0 where there is none") for stream in range(4 * word, 4 * word + 4)))
    for word in range(STREAMS.high // 4))
"""Registers that cores of several networks have, too."""

ALL_REGISTERS = tuple(sorted(REGISTERS + STREAM_REGISTERS, key=lambda entry: entry.offset))
"""All registers, by address."""


def register(name: str) -> Register:
    """Register called ``name``; :exc:`KeyError` when there is none."""
    for entry in ALL_REGISTERS:
        if entry.name == name:
            return entry
    raise KeyError(f"there is no register {name}")
