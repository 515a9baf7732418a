"""Control registers of the core.

Written by hypgcn.shell.register_files from hdl/hypgcn/shell/registers.py. Do not edit: make registers.
"""

# fmt: off
MAGIC = 0x4e434748
ABI = 1
ENSEMBLE_ABI = 2
MAX_BLOCKS = 64
MAX_STREAMS = 8

OFFSETS = {
    "CONTROL": 0x000,
    "INTERRUPT_GLOBAL": 0x004,
    "INTERRUPT_ENABLE": 0x008,
    "INTERRUPT_STATUS": 0x00c,
    "MAGIC": 0x010,
    "VERSION": 0x014,
    "HASH_LOW": 0x018,
    "HASH_HIGH": 0x01c,
    "SHAPE_0": 0x020,
    "SHAPE_1": 0x024,
    "NETWORK": 0x028,
    "CLIP_BYTES": 0x02c,
    "THRESHOLD": 0x030,
    "ERRORS": 0x034,
    "RESET": 0x038,
    "SNAPSHOT": 0x03c,
    "CYCLES_LOW": 0x040,
    "CYCLES_HIGH": 0x044,
    "CLIPS_IN": 0x048,
    "CLIPS_OUT": 0x04c,
    "CLIP_CYCLES": 0x050,
    "STREAMS_0": 0x054,
    "STREAMS_1": 0x058,
    "BLOCK_BUSY": 0x100,
    "BLOCK_STARVED": 0x104,
    "BLOCK_BLOCKED": 0x108,
    "BLOCK_OVERFLOW": 0x10c,
}
"""Byte address of each register; of the first word of a register per block."""

STRIDES = {
    "BLOCK_BUSY": 16,
    "BLOCK_STARVED": 16,
    "BLOCK_BLOCKED": 16,
    "BLOCK_OVERFLOW": 16,
}
"""Bytes between the words of a register per block."""

FIELDS = {
    "CONTROL": {
        "start": (0x00000001, 0),
        "done": (0x00000002, 1),
        "idle": (0x00000004, 2),
        "ready": (0x00000008, 3),
        "auto_restart": (0x00000080, 7),
    },
    "INTERRUPT_GLOBAL": {
        "enable": (0x00000001, 0),
    },
    "INTERRUPT_ENABLE": {
        "done": (0x00000001, 0),
        "ready": (0x00000002, 1),
        "error": (0x00000004, 2),
    },
    "INTERRUPT_STATUS": {
        "done": (0x00000001, 0),
        "ready": (0x00000002, 1),
        "error": (0x00000004, 2),
    },
    "MAGIC": {
        "value": (0xffffffff, 0),
    },
    "VERSION": {
        "patch": (0x000000ff, 0),
        "minor": (0x0000ff00, 8),
        "major": (0x00ff0000, 16),
        "abi": (0xff000000, 24),
    },
    "HASH_LOW": {
        "value": (0xffffffff, 0),
    },
    "HASH_HIGH": {
        "value": (0xffffffff, 0),
    },
    "SHAPE_0": {
        "frames": (0x0000ffff, 0),
        "joints": (0xffff0000, 16),
    },
    "SHAPE_1": {
        "persons": (0x0000ffff, 0),
        "channels": (0xffff0000, 16),
    },
    "NETWORK": {
        "classes": (0x0000ffff, 0),
        "blocks": (0x00ff0000, 16),
        "bus_bytes": (0xff000000, 24),
    },
    "CLIP_BYTES": {
        "value": (0xffffffff, 0),
    },
    "THRESHOLD": {
        "raise": (0x0000007f, 0),
        "applied": (0x00007f00, 8),
    },
    "ERRORS": {
        "short": (0x00000001, 0),
        "late": (0x00000002, 1),
        "keep": (0x00000004, 2),
        "overflow": (0x00000008, 3),
        "saturated": (0x00000010, 4),
        "aborted": (0x00000020, 5),
    },
    "RESET": {
        "core": (0x00000001, 0),
        "input": (0x00000002, 1),
    },
    "SNAPSHOT": {
        "take": (0x00000001, 0),
        "clear": (0x00000002, 1),
    },
    "CYCLES_LOW": {
        "value": (0xffffffff, 0),
    },
    "CYCLES_HIGH": {
        "value": (0xffffffff, 0),
    },
    "CLIPS_IN": {
        "value": (0xffffffff, 0),
    },
    "CLIPS_OUT": {
        "value": (0xffffffff, 0),
    },
    "CLIP_CYCLES": {
        "value": (0xffffffff, 0),
    },
    "STREAMS_0": {
        "blocks_0": (0x000000ff, 0),
        "blocks_1": (0x0000ff00, 8),
        "blocks_2": (0x00ff0000, 16),
        "blocks_3": (0xff000000, 24),
    },
    "STREAMS_1": {
        "blocks_4": (0x000000ff, 0),
        "blocks_5": (0x0000ff00, 8),
        "blocks_6": (0x00ff0000, 16),
        "blocks_7": (0xff000000, 24),
    },
    "BLOCK_BUSY": {
        "value": (0xffffffff, 0),
    },
    "BLOCK_STARVED": {
        "value": (0xffffffff, 0),
    },
    "BLOCK_BLOCKED": {
        "value": (0xffffffff, 0),
    },
    "BLOCK_OVERFLOW": {
        "value": (0xffffffff, 0),
    },
}
"""Mask and shift of each field, by register."""

TRAILER = ("argmax", "clip", "flags")
"""Words of a result after its scores."""

FLAGS = {
    "short": 0x1,
    "late": 0x2,
    "keep": 0x4,
    "overflow": 0x8,
    "saturated": 0x10,
    "aborted": 0x20,
}
"""Bits of the last word of a result, and of ERRORS."""
