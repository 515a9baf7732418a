"""Stages of a run of Yosys, nextpnr and ecppack, recognised from their logs."""

import re
import time
from pathlib import Path

__all__ = ["MARK", "STAGES", "StageTracker", "synthesis_script"]

MARK = "hypgcn stage:"
"""Beginning of the lines that the synthesis script writes into Yosys' log."""
SYNTHESIS = {
    "coarse": "synth_ecp5 -top top -run begin:map_ram",
    "memories": "synth_ecp5 -top top -run map_ram:map_gates",
    "gates": "synth_ecp5 -top top -run map_gates:map_luts",
    # In place of map_luts, whose abc9 ended in a failed assertion of Yosys 0.70 (docs/boards.md).
    "luts": """\
check -latchonly -assert
techmap -map +/lattice/latches_map.v
abc -lut 4 -dress
clean
synth_ecp5 -top top -run map_cells:check""",
    "check": "",  # the platform's own call of synth_ecp5
}
"""Yosys commands of each stage of the synthesis."""
LAYOUT = (("pack", re.compile(r"^Info: Packing ", re.MULTILINE)),
          ("place", re.compile(r"^Info: Creating initial analytic placement", re.MULTILINE)),
          ("route", re.compile(r"^Info: Routing globals", re.MULTILINE)))
"""Stages of place and route, and the line of nextpnr's log that begins each."""
STAGES = {"read": 0.05, **dict(zip(SYNTHESIS, (0.13, 0.2, 0.13, 0.15, 0.04))),
          "pack": 0.05, "place": 0.1, "route": 0.12, "bitstream": 0.03}
"""All stages in order, with their approximate shares of the time, which sum up to 1."""


def synthesis_script() -> str:
    """Yosys commands for ``synth_ecp5`` up to the check of the mapped design, with a mark before each stage."""
    return "\n".join(f"log {MARK} {name}\n{commands}" for name, commands in SYNTHESIS.items())


class StageTracker:
    """Tracks the stages of a build by the logs ``top.rpt`` and ``top.tim``, and by ``top.config``, the last file of
    place and route.

    Parameters
    ----------
    folder : Path
        Folder of the build, without logs of an earlier one.
    clock : callable
        Returns the time in seconds.

    Attributes
    ----------
    stage : str
        Latest stage that has begun.
    seconds : dict
        {stage: seconds it took}, complete after :meth:`finish`.
    """

    def __init__(self, folder: Path, clock=time.monotonic):
        self.folder, self.clock = Path(folder), clock
        self.stage = next(iter(STAGES))
        self.seconds: dict[str, float] = {}
        self._since = clock()
        self._read: dict[str, int] = {}

    def update(self) -> tuple[float, str]:
        """Read the logs, and return the share of the work that is done and the present stage."""
        order = list(STAGES)
        for stage in self._marks():
            if stage in STAGES and order.index(stage) > order.index(self.stage):
                self._enter(stage)
        begun = sum(STAGES[name] for name in order[:order.index(self.stage)])
        # Within a stage the share grows with time, but never reaches the next stage.
        spent = self.clock() - self._since
        return begun + STAGES[self.stage] * spent / (spent + 60), self.stage

    def finish(self):
        """Close the last stage: the build has ended."""
        self.update()
        self._enter(self.stage)

    def _enter(self, stage):
        now = self.clock()
        self.seconds[self.stage] = round(self.seconds.get(self.stage, 0) + now - self._since, 1)
        self.stage, self._since = stage, now

    def _marks(self):
        yield from re.findall(rf"^{MARK} (\w+)$", self._new_lines("top.rpt"), re.MULTILINE)
        layout = self._new_lines("top.tim")
        yield from (name for name, begins in LAYOUT if begins.search(layout))
        if (self.folder / "top.config").is_file():
            yield "bitstream"

    def _new_lines(self, name):
        """Complete lines that a log has gained since the last update."""
        try:
            with (self.folder / name).open("rb") as log:
                log.seek(self._read.get(name, 0))
                text = log.read()
        except FileNotFoundError:
            return ""
        lines = text[:text.rfind(b"\n") + 1]
        self._read[name] = self._read.get(name, 0) + len(lines)
        return lines.decode(errors="replace")
