"""Where a run of Yosys, nextpnr and ecppack stands, told from the logs that they write."""

import re
import time
from pathlib import Path

__all__ = ["MARK", "STAGES", "StageWatch", "synthesis_script"]

MARK = "hypgcn stage:"
"""Begins the lines that the synthesis script writes into Yosys' log."""
SYNTHESIS = {
    "coarse": "synth_ecp5 -top top -run begin:map_ram",
    "memories": "synth_ecp5 -top top -run map_ram:map_gates",
    "gates": "synth_ecp5 -top top -run map_gates:map_luts",
    # Not the part map_luts: its abc9 ended in a failed assertion of Yosys 0.70, see docs/boards.md.
    "luts": """\
check -latchonly -assert
techmap -map +/lattice/latches_map.v
abc -lut 4 -dress
clean
synth_ecp5 -top top -run map_cells:check""",
    "check": "",  # the platform's own call of synth_ecp5
}
"""Yosys commands of each part of the synthesis."""
LAYOUT = (("pack", re.compile(r"^Info: Packing ", re.MULTILINE)),
          ("place", re.compile(r"^Info: Creating initial analytic placement", re.MULTILINE)),
          ("route", re.compile(r"^Info: Routing globals", re.MULTILINE)))
"""Part of place and route and the line of nextpnr's log that begins it."""
STAGES = {"read": 0.05, **dict(zip(SYNTHESIS, (0.13, 0.2, 0.13, 0.15, 0.04))),
          "pack": 0.05, "place": 0.1, "route": 0.12, "bitstream": 0.03}
"""All stages in their order, each with its share of the time, roughly."""


def synthesis_script() -> str:
    """Yosys commands for ``synth_ecp5`` up to the check of the mapped design, with a mark before each part."""
    return "\n".join(f"log {MARK} {name}\n{commands}" for name, commands in SYNTHESIS.items())


class StageWatch:
    """Follows the stages of a build in ``folder`` by the logs ``top.rpt``, ``top.tim`` and by the file
    ``top.config`` that place and route ends with.

    Parameters
    ----------
    folder : where the build runs; what an earlier one left there must be gone; clock : gives the time in seconds

    Members
    -------
    stage : the last one seen; seconds : {stage: how long it took}, complete after :meth:`finish`
    """

    def __init__(self, folder: Path, clock=time.monotonic):
        self.folder, self.clock = Path(folder), clock
        self.stage = next(iter(STAGES))
        self.seconds: dict[str, float] = {}
        self._since = clock()
        self._read: dict[str, int] = {}

    def look(self) -> tuple[float, str]:
        """What share of the work is done, and the stage that it is in."""
        order = list(STAGES)
        for found in self._marks():
            if found in STAGES and order.index(found) > order.index(self.stage):
                self._enter(found)
        begun = sum(STAGES[name] for name in order[:order.index(self.stage)])
        # Within a stage the time goes on, but never beyond it.
        spent = self.clock() - self._since
        return begun + STAGES[self.stage] * spent / (spent + 60), self.stage

    def finish(self):
        """The build has ended."""
        self.look()
        self._enter(self.stage)

    def _enter(self, stage):
        now = self.clock()
        self.seconds[self.stage] = round(self.seconds.get(self.stage, 0) + now - self._since, 1)
        self.stage, self._since = stage, now

    def _marks(self):
        yield from re.findall(rf"^{MARK} (\w+)$", self._news("top.rpt"), re.MULTILINE)
        layout = self._news("top.tim")
        yield from (name for name, begins in LAYOUT if begins.search(layout))
        if (self.folder / "top.config").is_file():
            yield "bitstream"

    def _news(self, name):
        """Whole lines that came to a log since the last look."""
        try:
            with (self.folder / name).open("rb") as log:
                log.seek(self._read.get(name, 0))
                text = log.read()
        except FileNotFoundError:
            return ""
        whole = text[:text.rfind(b"\n") + 1]
        self._read[name] = self._read.get(name, 0) + len(whole)
        return whole.decode(errors="replace")
