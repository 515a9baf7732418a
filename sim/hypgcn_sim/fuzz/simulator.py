"""Emit and build one unit, and run chunks through it."""

import shutil
import subprocess
from pathlib import Path

import numpy as np

from hypgcn.emission.emit import Emission, emit

from ..verilator.native import build_program
from .chunk import Chunk, Variant
from .exchange import explain, write_chunk
from .ports import ports_header, shapes_of

__all__ = ["Simulator"]

MAIN = Path(__file__).with_name("main.cpp")
TOP = "top"
LIMIT = 300
"""Seconds of a chunk, which takes less than one; the testbench itself ends when nothing moves."""


class Simulator:
    """The simulator of one variant of a unit.

    Parameters
    ----------
    variant : Variant
        The unit.
    folder : Path
        For the emitted text.
    cache : Path
        Keeps simulators that were built.
    """

    def __init__(self, variant: Variant, folder: Path, cache: Path):
        self.variant = variant
        component = variant.component()
        self.shapes = shapes_of(variant, component)
        self.emission: Emission = emit(component, TOP, folder)
        self.program = build_program(self.emission, folder, MAIN, ports_header(variant, self.shapes), cache,
                                     small=True)

    def _write_images(self, chunk: Chunk, folder: Path):
        """Memory images beside the stimuli, some with words of the chunk."""
        words = {memory["file"]: (memory["width"], chunk.images.get(memory["name"]))
                 for memory in self.emission.sidecar["memories"] if memory["file"]}
        for name, (width, changed) in words.items():
            text = self.emission.files[name]
            if changed is not None:
                text = "".join(f"{word:0{-(-width // 4)}x}\n" for word in changed)
            (folder / name).write_text(text, encoding="utf-8", newline="\n")

    def run(self, rng: np.random.Generator, vectors: int, folder: Path) -> tuple[Chunk, int, str]:
        """Run a chunk.

        Parameters
        ----------
        rng : Generator
            Chooses everything: stimuli, pauses, contents of registers at the start.
        vectors : int
            Of the chunk, about.
        folder : Path
            For its files, removed when all is equal.

        Returns
        -------
        chunk : Chunk
            The chunk.
        cycles : int
            Simulated cycles.
        error : str
            What failed, or an empty text.
        """
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        chunk = self.variant.chunk(rng, vectors)
        write_chunk(self.variant, chunk, self.shapes, folder, rng)
        self._write_images(chunk, folder)
        seed = str(rng.integers(1 << 32))
        try:
            done = subprocess.run([str(self.program), str(folder.resolve()), seed], cwd=folder, capture_output=True,
                                  encoding="utf-8", errors="replace", timeout=LIMIT)
        except subprocess.TimeoutExpired:
            return chunk, 0, f"not finished after {LIMIT} s"
        line = (done.stdout.strip().splitlines() or done.stderr.strip().splitlines() or [""])[-1]
        if done.returncode or not line.startswith("done "):
            return chunk, 0, explain(line, chunk, self.shapes)
        shutil.rmtree(folder)
        return chunk, int(line.split()[1]), ""
