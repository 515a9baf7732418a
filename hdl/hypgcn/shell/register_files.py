"""Files made from :data:`hypgcn.shell.registers.REGISTERS`: C header, Python map, register page, and JSON.

``python -m hypgcn.shell.register_files [ROOT]`` brings those of a checkout up to date (``make registers``).
"""

import sys
from collections.abc import Sequence

from ..design.limits import SHAPE, STREAMS
from ..design.raw_input import MARKER, RAW_BITS
from ..emission.update import update_files
from .registers import (
    ABI,
    ACCESSES,
    ALL_REGISTERS,
    ENSEMBLE_ABI,
    MAGIC,
    MAX_BLOCKS,
    REGISTERS,
    RESULT_FLAGS,
    TRAILER,
)

__all__ = ["FILES", "as_json", "c_header", "markdown", "python_map", "write"]

_NOTE = "Written by hypgcn.shell.register_files from hdl/hypgcn/shell/registers.py. Do not edit: make registers."


def c_header() -> str:
    """Text of ``hypgcn_registers.h``: offsets, masks and shifts of all fields, the words of a result, and limits."""
    lines = [f"/* {_NOTE} */", "#ifndef HYPGCN_REGISTERS_H", "#define HYPGCN_REGISTERS_H", "",
             _define("HYPGCN_MAGIC", f"{MAGIC:#010x}u"), _define("HYPGCN_ABI", f"{ABI}u"),
             _define("HYPGCN_ABI_ENSEMBLE", f"{ENSEMBLE_ABI}u"), _define("HYPGCN_MAX_BLOCKS", f"{MAX_BLOCKS}u"),
             _define("HYPGCN_MAX_STREAMS", f"{STREAMS.high}u")]
    for register in ALL_REGISTERS:
        name = f"HYPGCN_REG_{register.name}"
        lines.append("")
        if register.count == 1:
            lines.append(_define(name, f"{register.offset:#05x}u"))
        else:
            lines.append(_define(f"{name}(n)", f"({register.offset:#05x}u + {register.stride}u * (n))"))
        if not _plain(register):
            for field in register.fields:
                lines.append(_define(f"{name}_{field.name.upper()}_MASK", f"{field.mask:#010x}u"))
                lines.append(_define(f"{name}_{field.name.upper()}_SHIFT", f"{field.low}u"))
    lines += ["", "/* Words of a result after its scores, and the bits of the last one. */"]
    lines += [_define(f"HYPGCN_RESULT_{word.upper()}", f"{index}u") for index, word in enumerate(TRAILER)]
    lines.append(_define("HYPGCN_RESULT_TRAILER", f"{len(TRAILER)}u"))
    lines += [_define(f"HYPGCN_FLAG_{flag.name.upper()}", f"{flag.mask:#010x}u") for flag in RESULT_FLAGS]
    lines += ["", "/* First coordinate of a joint of raw input that is missing. */",
              _define("HYPGCN_MISSING", f"({MARKER})")]
    lines += ["", "/* The largest clip and result of any design; those of one core are in its registers. */"]
    lines += [_define(f"HYPGCN_MAX_{name.upper()}", f"{limit.high}u") for name, limit in SHAPE.items()]
    clip = " * ".join(f"HYPGCN_MAX_{name.upper()}" for name in SHAPE if name != "classes")
    lines.append(_define("HYPGCN_MAX_ELEMENT_BYTES", f"{RAW_BITS // 8}u"))
    lines.append(_define("HYPGCN_MAX_CLIP_BYTES", f"({clip} * HYPGCN_MAX_ELEMENT_BYTES)"))
    lines.append(_define("HYPGCN_MAX_RESULT_WORDS",
                         "((1u + HYPGCN_MAX_STREAMS) * HYPGCN_MAX_CLASSES + HYPGCN_RESULT_TRAILER)"))
    return "\n".join([*lines, "", "#endif", ""])


def _define(name, value):
    return f"#define {name:42} {value}"


def _plain(register):
    """Whether one field fills the word."""
    return [field.width for field in register.fields] == [32]


def python_map() -> str:
    """Text of ``registers.py`` of the host package: offsets, and mask and shift of each field."""
    lines = ['"""Control registers of the core.', "", f'{_NOTE}', '"""', "", "# fmt: off",
             f"MAGIC = {MAGIC:#010x}", f"ABI = {ABI}", f"ENSEMBLE_ABI = {ENSEMBLE_ABI}", f"MAX_BLOCKS = {MAX_BLOCKS}",
             f"MAX_STREAMS = {STREAMS.high}", ""]
    lines += ["OFFSETS = {", *(f'    "{register.name}": {register.offset:#05x},' for register in ALL_REGISTERS)]
    lines += ["}", '"""Byte address of each register; of the first word of a register per block."""', ""]
    lines.append("STRIDES = {")
    lines += [f'    "{register.name}": {register.stride},' for register in REGISTERS if register.count > 1]
    lines += ["}", '"""Bytes between the words of a register per block."""', "", "FIELDS = {"]
    for register in ALL_REGISTERS:
        lines.append(f'    "{register.name}": {{')
        lines += [f'        "{field.name}": ({field.mask:#010x}, {field.low}),' for field in register.fields]
        lines.append("    },")
    lines += ["}", '"""Mask and shift of each field, by register."""', "",
              f"TRAILER = ({', '.join(map(_quoted, TRAILER))})", '"""Words of a result after its scores."""',
              "", "FLAGS = {"]
    lines += [f'    "{flag.name}": {flag.mask:#x},' for flag in RESULT_FLAGS]
    return "\n".join([*lines, "}", '"""Bits of the last word of a result, and of ERRORS."""', ""])


def _quoted(name):
    return f'"{name}"'


def markdown() -> str:
    """Text of the register page of the documentation."""
    lines = ["# Control registers", "", f"<!-- {_NOTE} -->", "",
             "Words of 32 bits, little endian, on `s_axi_control`. Addresses are bytes from its base; their two lowest",
             "bits are ignored. Addresses without a register read 0 and ignore writes; the response is always OKAY.",
             "Byte strobes are obeyed: only the strobed bytes of a field change. A read and a write do not wait for",
             "each other; a read returns the value from before or from after a write, never a mixture.", "",
             "| address | register | meaning |", "| --- | --- | --- |"]
    lines += [f"| {_address(register)} | [{register.name}](#{register.name.lower()}) | {register.text} |"
              for register in ALL_REGISTERS]
    lines += ["", "Access of a field:", ""]
    lines += [f"* `{name}`: {text}." for name, text in ACCESSES.items()]
    for register in ALL_REGISTERS:
        lines += ["", f"## {register.name}", "", f"{_address(register)}. {register.text}"]
        if not _plain(register):
            lines += ["", "| bits | field | access | meaning |", "| --- | --- | --- | --- |"]
            lines += [f"| {_bits(field)} | {field.name} | {field.access} | {field.text} |" for field in register.fields]
    lines += ["", "## Words of a result", "",
              "`m_axis` carries the scores, int32, class 0 first. In a core of several networks these are the sums,",
              "and the scores of each network follow, one network after another. Then:", "",
              "| word | meaning |", "| --- | --- |",
              "| argmax | the class with the highest score; the lowest index wins a tie |",
              "| clip | number of the clip since reset, from 0 |",
              "| flags | errors of the clip, below; carries TLAST |", "",
              "| bit | flag | meaning |", "| --- | --- | --- |"]
    lines += [f"| {flag.low} | {flag.name} | {flag.text} |" for flag in RESULT_FLAGS]
    return "\n".join([*lines, ""])


def _address(register):
    if register.count == 1:
        return f"`{register.offset:#05x}`"
    return f"`{register.offset:#05x} + {register.stride} N`"


def _bits(field):
    return str(field.low) if field.width == 1 else f"{field.low + field.width - 1}:{field.low}"


def as_json(streams: Sequence[str] = ()) -> dict:
    """Description as plain data, for the sidecar of an emission.

    Parameters
    ----------
    streams : sequence of str
        Names of the networks of an ensemble; empty for a core of one network.
    """
    result: dict = {"trailer": list(TRAILER), "flags": {flag.name: flag.mask for flag in RESULT_FLAGS}}
    return {
        "abi": ENSEMBLE_ABI if streams else ABI, "magic": MAGIC,
        "result": {**({"scores": ["sum", *streams]} if streams else {}), **result},
        "registers": [{
            "name": register.name, "offset": register.offset, "count": register.count, "stride": register.stride,
            "fields": [{"name": field.name, "low": field.low, "width": field.width, "access": field.access}
                       for field in register.fields]} for register in (ALL_REGISTERS if streams else REGISTERS)],
    }


FILES = {
    "firmware/c/hypgcn_registers.h": c_header,
    "firmware/hypgcn_host/registers.py": python_map,
    "docs/registers.md": markdown,
}
"""Generated files of the checkout, and the function that makes the text of each."""


def write(root) -> list[str]:
    """Write the :data:`FILES` that differ below the folder ``root``, and return their names."""
    return update_files(root, {name: make() for name, make in FILES.items()})


if __name__ == "__main__":
    print("\n".join(write(sys.argv[1] if len(sys.argv) > 1 else ".")) or "nothing changed")
