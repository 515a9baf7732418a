"""Ports of an emitted network as the full-speed testbench reads them: their layouts, and the place of a beat."""

from dataclasses import dataclass, replace

from hypgcn.design import Design
from hypgcn.design.ensemble import Ensemble
from hypgcn.stream.layouts import result_layout, vector_layout

from ..stimuli.payload import describe, difference, width_of
from ..stimuli.scoreboard import Scoreboard

__all__ = ["Shape"]


@dataclass(frozen=True, kw_only=True)
class Shape:
    """Layouts of the ports, and the order of their beats.

    Attributes
    ----------
    classes : int
        Scores of a clip.
    result, observe : dict
        Described payloads of a result, and of an observation port with its valid as bit 0.
    banks, frames : tuple of int
        Banks and frames of the output of each block.
    persons, joints : int
        Of a clip.
    streams : int
        Networks of an ensemble, whose scores a result holds, too; 0 for one network.
    """

    classes: int
    result: dict
    observe: dict
    banks: tuple[int, ...]
    frames: tuple[int, ...]
    persons: int
    joints: int
    streams: int = 0

    @classmethod
    def of(cls, design: Design) -> "Shape":
        """Shape of the ports of ``design``."""
        vector = describe(vector_layout())
        observe = {"struct": [["valid", 0, {"width": 1, "signed": False}], ["payload", 1, vector]],
                   "width": 1 + width_of(vector)}
        return cls(classes=design.classes, result=describe(result_layout(design.classes, design.logit_width)),
                   observe=observe, banks=tuple(block.out_banks for block in design.blocks),
                   frames=tuple(design.block_frames(index + 1) for index in range(len(design.blocks))),
                   persons=design.persons, joints=design.joints)

    @classmethod
    def of_ensemble(cls, ensemble: Ensemble) -> "Shape":
        """Shape of the ports of ``ensemble``, which shows no outputs of blocks."""
        one = cls.of(ensemble.designs[0])
        result = result_layout(one.classes, ensemble.score_width, ensemble.logit_widths)
        return replace(one, result=describe(result), banks=(), frames=(), streams=len(ensemble.designs))

    def scoreboard(self, stream: str, clips: int, word: int, people: list[str] | None = None) -> Scoreboard:
        """Scoreboard that names the place of one expected ``word`` of a stream.

        Parameters
        ----------
        stream : str
            ``"o"``, or ``"observe_N"`` of block N.
        clips : int
            Clips of the run.
        word : int
            Bits of the expected payload.
        people : list of str or None
            Names of the persons that are computed; ``None`` when all are.
        """
        if stream == "o":
            member = {"shape": self.result, "tensor": "logits", "axes": [("clip", clips), ("class", self.classes)]}
        else:
            index = int(stream.removeprefix("observe_"))
            persons = [("clip", clips), ("person", self.persons)] if people is None else [("person", people)]
            member = {"shape": self.observe, "tensor": f"blocks.{index}.y",
                      "axes": [*persons, ("frame", self.frames[index]), ("joint", self.joints),
                               ("bank", self.banks[index])]}
        return Scoreboard(stream, member, [word])

    def explain(self, output: str, clips: int, status: int, people: list[str] | None = None) -> str:
        """Message of a run that failed: place and field of the first difference.

        Parameters
        ----------
        output : str
            Standard output of the simulator.
        clips : int
            Clips of the run.
        status : int
            Exit status of the simulator.
        people : list of str or None
            As for :meth:`scoreboard`.
        """
        words = output.splitlines()[-1].split() if output else []
        if words and words[0] == "differs":
            stream, beat, cycle, expected, got = words[1], int(words[2]), words[3], int(words[4], 16), int(words[5], 16)
            scoreboard = self.scoreboard(stream, clips, expected, people)
            shape = scoreboard.member["shape"]
            mask = (1 << shape["width"]) - 1
            field, value, other = difference(shape, expected & mask, got & mask) or ("bits", expected, got)
            return (f"{scoreboard.place(beat)}.{field}: expected {value}, got {other} "
                    f"(stream {stream}, beat {beat}, cycle {cycle})")
        if words and words[0] in ("extra", "missing"):
            what = "one more beat than expected" if words[0] == "extra" else "fewer beats than expected"
            return f"{words[1]}: {what}, beat {words[2]}, cycle {words[3]}"
        return output or f"the simulator ended with status {status}"
