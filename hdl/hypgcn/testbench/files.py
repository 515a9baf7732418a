"""Files of the testbench: its text, clips, results of the golden model, file list, Makefile, and a page."""

from pathlib import Path

import numpy as np

from ..design import Design
from ..design.ensemble import Ensemble
from ..golden.ensemble import run_ensemble
from ..golden.network import run
from ..shell.registers import MAGIC, REGISTERS, RESULT_FLAGS, register

__all__ = ["FOLDER", "result_words", "files_of_testbench"]

FOLDER = "tb"
"""Folder of the testbench, in that of the RTL."""

_HERE = Path(__file__).parent
_FLAG = {field.name: field.mask for field in RESULT_FLAGS}
_INT32 = np.iinfo(np.int32)


def files_of_testbench(name: str, design: Design | Ensemble, clips: np.ndarray, *, bus_width: int, rtl: list[str],
                    clip_cycles: int, progress=None) -> dict[str, str]:
    """The testbench of an emitted core.

    Parameters
    ----------
    name : str
        Top module of the core.
    design : Design or Ensemble
        Its network or networks.
    clips : (N, M, T, V, C)
        Clips to send, at least one, of the type that ``design`` takes.
    bus_width : int
        Bits of the input stream.
    rtl : list of str
        SystemVerilog files of the core, relative to its folder; simulation models too.
    clip_cycles : int
        Estimated cycles of a clip; from it follows after how many the testbench gives up.
    progress : callable or None
        Called as ``progress(done, total, text)``.

    Returns
    -------
    dict
        {path relative to the folder of the RTL: text}.
    """
    bus_bytes = bus_width // 8
    clip_bytes = clips[0].nbytes
    beats = -(-clip_bytes // bus_bytes)
    results = []
    for number, clip in enumerate(clips):
        if progress:
            progress(number, len(clips), f"golden scores of clip {number + 1}")
        results += result_words(design, clip, number)
    words = len(results) // len(clips)
    parameters = {
        "CLIPS": len(clips), "BEATS": beats, "WORDS": words, "BUS_BYTES": bus_bytes,
        "[BUS_BYTES-1:0] LAST_KEEP": f"{bus_bytes}'h{(1 << (clip_bytes - (beats - 1) * bus_bytes)) - 1:x}",
        "[31:0] MAGIC": f"32'h{MAGIC:08x}", "[63:0] HASH": f"64'h{design.hash[:16]}",
        **{f"[11:0] {name}": f"12'h{register(of).offset:03x}" for name, of in (
            ("CONTROL", "CONTROL"), ("IDENTITY", "MAGIC"), ("HASH_LOW", "HASH_LOW"), ("HASH_HIGH", "HASH_HIGH"))},
        "[11:0] LAST_REGISTER": f"12'h{max(word.offset + (word.count - 1) * word.stride for word in REGISTERS):03x}",
        "[31:0] AUTO_RESTART": f"32'h{_field('CONTROL', 'auto_restart'):x}",
        # Reading the registers, then ten times what the clips take, pauses of one side in nine cycles of ten included.
        "TIMEOUT": 10_000 + 10 * len(clips) * (clip_cycles + clip_bytes),
        "HALF_PERIOD": 2,
        "CLIPS_FILE": f'"{FOLDER}/{name}_tb_clips.mem"', "RESULTS_FILE": f'"{FOLDER}/{name}_tb_results.mem"',
    }
    text = (_HERE / "testbench.sv").read_text(encoding="utf-8")
    text = text.replace("@NAME@", name).replace(
        "@PARAMETERS@", "\n".join(f"    localparam {key} = {value};" for key, value in parameters.items()))
    fill = {"@NAME@": name, "@DESIGN@": design.name, "@HASH@": design.hash[:16], "@CLIPS@": str(len(clips)),
            "@CYCLES@": str(parameters["TIMEOUT"])}
    return {
        f"{FOLDER}/{name}_tb.sv": text,
        f"{FOLDER}/{name}_tb_clips.mem": "".join(
            _beat(clip, at, bus_bytes) for clip in clips for at in range(0, clip_bytes, bus_bytes)),
        f"{FOLDER}/{name}_tb_results.mem": "".join(f"{word:08x}\n" for word in results),
        f"{FOLDER}/{name}.f": "".join(f"{path}\n" for path in [*sorted(rtl), f"{FOLDER}/{name}_tb.sv"]),
        f"{FOLDER}/Makefile": _filled("simulators.mk", fill),
        f"{FOLDER}/README.md": _filled("page.md", fill),
    }


def result_words(design: Design | Ensemble, clip: np.ndarray, number: int) -> list[int]:
    """Words of a result as m_axis sends them.

    Parameters
    ----------
    design : Design or Ensemble
        The network or networks.
    clip : (M, T, V, C)
        The clip.
    number : int
        How many clips came before it.

    Returns
    -------
    list of int, 0..2**32 - 1
        Scores, those of each network of an ensemble (saturated to 32 bits), argmax, number, flags.
    """
    golden = run_ensemble(design, clip) if isinstance(design, Ensemble) else run(design, clip)
    logits = np.concatenate([golden["logits"], *(tensors["logits"] for tensors in golden.get("streams", ()))])
    scores = np.clip(logits, _INT32.min, _INT32.max)
    flags = _FLAG["overflow"] * bool(golden["overflow"]) | _FLAG["saturated"] * bool((scores != logits).any())
    return [*(int(score) & 0xFFFFFFFF for score in scores), int(np.argmax(golden["logits"])), number, flags]


def _field(of, name):
    (field,) = (field for field in register(of).fields if field.name == name)
    return field.mask


def _beat(clip, at, bus_bytes):
    """Line of the bus word that begins with byte ``at`` of the clip; the first byte is the lowest."""
    content = np.ascontiguousarray(clip, clip.dtype.newbyteorder("<")).reshape(-1).view(np.uint8)
    word = content[at:at + bus_bytes].tobytes().ljust(bus_bytes, b"\0")
    return f"{int.from_bytes(word, 'little'):0{2 * bus_bytes}x}\n"


def _filled(file, values):
    text = (_HERE / file).read_text(encoding="utf-8")
    for key, value in values.items():
        text = text.replace(key, value)
    return text
