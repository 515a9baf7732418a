"""The network: raw joints prepared, absent persons left out, input affine, blocks, head."""

from amaranth import *
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from .absent import AbsentPersons, leaves_out
from .block import Block, BlockConfig, block_units
from .design import BANK, Design
from .design.folding import Folding
from .head import Head
from .input import InputAffine
from .performance_counters import PerformanceCounters, counts_layout
from .raw_input import RawPreparation
from .rfc import skid_behind
from .stream import connect
from .stream.activity import state_layout
from .stream.layouts import activity_layout, joint_layout, observe_layout, result_layout

__all__ = ["Network", "boundary_widths", "counted_units"]


def counted_units(design: Design) -> list[str]:
    """Names of the units that the performance counters of ``design`` count, in their order."""
    return ["input", *(f"blocks[{index}].{name}" for index, block in enumerate(design.blocks)
                       for name in block_units(block)), "head"]


def boundary_widths(folding: Folding) -> list[int]:
    """Values a cycle for which the register slices in front of each block and of the head are made.

    They are those that arrive: the input gives a vector in three cycles, for which 2 stands. A head that takes several
    cycles for a vector gets a slice for whole ones: with one place, the next vector would only come when it is done.
    """
    widths = [2, *(block.y_width for block in folding.blocks)]
    return widths if folding.head_width == BANK else [*widths[:-1], BANK]


class Network(wiring.Component):
    """A pruned int8 2s-AGCN with all layers on chip: clips of joints in, class scores out.

    A layer pipeline: every block works on rows (one frame of one person) of its own, and clips follow each other
    without
    a gap. Results do not depend on the folding. Unless the folding says otherwise, absent persons are not computed
    (:class:`~hypgcn.absent.AbsentPersons`): they take one cycle a joint, and the head's constants stand for them. A
    design with raw input has its preparation in front (:class:`~hypgcn.raw_input.RawPreparation`).

    Throughput: one clip per as many cycles as its slowest unit needs; see :class:`~hypgcn.spatial.ConvArray`,
    :class:`~hypgcn.sparse.SparseUnit` and :class:`~hypgcn.head.Head`.
    Stall: a held ``o`` stops the network without loss.

    Parameters
    ----------
    design : Design
        The network.
    folding : Folding
        Its parallelism, checked against the design.
    observe : bool
        Add a port per block that shows each vector as it leaves the block, for simulation.
    activity : bool
        Add a port that shows the handshakes of the blocks, for the counters of the shell.
    counters : bool
        Add performance counters of every unit, and a port that shows them, see
        :class:`~hypgcn.performance_counters.PerformanceCounters`.

    Members
    -------
    i : In(stream, C x int8, or C x int16 with raw input)
        One joint, order (person, frame, joint).
    o : Out(stream, result)
        One class score, classes ascending, ``last`` on a clip's last.
    threshold_raise : In(7)
        Added to the thresholds of H, P, Q and Y of all blocks, saturating at 127; to be changed only between clips.
        While it is not 0, absent persons are computed.
    overflow_counts : Out(blocks x 32)
        Per block the vectors that lost values in its stores since reset.
    activity : Out(blocks x activity)
        The handshakes at both sides of every block; only with ``activity``.
    counts : Out(units x 3 x 32)
        Cycles in which each of :func:`counted_units` was busy, starved and blocked; only with ``counters``.
    observe_b : Out(observe)
        ``valid`` in the cycle in which ``payload`` leaves block b; only with ``observe``. Persons that are left out do
        not appear.
    """

    module_file = True

    def __init__(self, design: Design, folding: Folding, *, observe: bool = False, activity: bool = False,
                 counters: bool = False):
        folding.validate(design)
        self.design = design
        self.folding = folding
        self.observe = observe
        self.show_activity = activity
        self.counters = counters
        members = {
            "i": In(stream.Signature(joint_layout(design.channels, design.element_width))),
            "o": Out(stream.Signature(result_layout(design.classes, design.logit_width))),
            "threshold_raise": In(7),
            "overflow_counts": Out(data.ArrayLayout(32, len(design.blocks))),
        }
        if activity:
            members["activity"] = Out(data.ArrayLayout(activity_layout(), len(design.blocks)))
        if counters:
            members["counts"] = Out(counts_layout(len(counted_units(design))))
        if observe:
            members |= {f"observe_{b}": Out(observe_layout()) for b in range(len(design.blocks))}
        super().__init__(members)

    def elaborate(self, platform):
        m = Module()
        first, head = self._ends(m)
        source, blocks = first.o, []
        skids = [skid_behind(width) for width in boundary_widths(self.folding)]
        for index in range(len(self.design.blocks)):
            # The skids cut the ready chain at the boundaries of the blocks.
            m.submodules[f"skid{index}"] = skid = skids[index]
            m.submodules[f"block{index}"] = block = Block(
                BlockConfig.of(self.design, self.folding, index, counters=self.counters))
            blocks.append(block)
            connect(m, source, skid.i)
            connect(m, skid.o, block.i)
            self._thresholds(m, index, block)
            m.d.comb += self.overflow_counts[index].eq(block.overflow_count)
            self._show(m, index, block)
            source = block.o
        m.submodules.skid_head = skid = skids[-1]
        connect(m, source, skid.i)
        connect(m, skid.o, head.i)
        connect(m, head.o, wiring.flipped(self.o))
        if self.counters:
            self._count(m, first, blocks, head)
        return m

    def _ends(self, m):
        """Input affine and head, and what is in front of the affine.

        That is the preparation of raw joints, and, where absent persons are left out, the unit that flags them to both.
        """
        design = self.design
        joints = wiring.flipped(self.i)
        if design.raw is not None:
            m.submodules.raw_input = raw = RawPreparation(design)
            connect(m, joints, raw.i)
            joints = raw.o
        absent_left_out = leaves_out(design, self.folding.skip_absent)
        m.submodules.input = first = InputAffine(design, with_person=absent_left_out, counters=self.counters)
        m.submodules.head = head = Head(
            design, self.folding.head_width, absent=absent_left_out, counters=self.counters)
        if absent_left_out:
            m.submodules.absent = absent = AbsentPersons(design)
            # The head's constants hold for the trained thresholds alone.
            m.d.comb += absent.leave_out.eq(self.threshold_raise == 0)
            connect(m, joints, absent.i)
            connect(m, absent.o, first.i)
            connect(m, absent.persons, head.persons)
        else:
            connect(m, joints, first.i)
        return first, head

    def _thresholds(self, m, index, block):
        """Trained thresholds plus ``threshold_raise``, saturating; registered, as they change only between clips."""
        trained = self.design.blocks[index]
        thresholds = [(block.threshold_h, trained.threshold_h), (block.threshold_y, trained.threshold_y)]
        if trained.scales is not None:
            thresholds += [(block.threshold_p, trained.scales.threshold_p),
                           (block.threshold_q, trained.scales.threshold_q)]
        for letter, (port, threshold) in zip("hypq", thresholds):
            raised = Signal(8, name=f"block{index}_raised_threshold_{letter}")
            m.d.comb += raised.eq(self.threshold_raise + threshold)
            m.d.sync += port.eq(Mux(raised[7], 127, raised))

    def _show(self, m, index, block):
        """Ports that show what a block does, for counters and simulation."""
        if self.show_activity:
            handshakes = self.activity[index]
            m.d.comb += [
                handshakes.i_valid.eq(block.i.valid),
                handshakes.i_ready.eq(block.i.ready),
                handshakes.o_valid.eq(block.o.valid),
                handshakes.o_ready.eq(block.o.ready),
            ]
        if self.observe:
            port = getattr(self, f"observe_{index}")
            m.d.comb += [port.valid.eq(block.o.valid & block.o.ready), port.payload.eq(block.o.payload)]

    def _count(self, m, first, blocks, head):
        """Count what the units do; the order is that of :func:`counted_units`."""
        layout = data.StructLayout({
            "input": state_layout(),
            **{f"block{index}": block.cfg.states for index, block in enumerate(blocks)},
            "head": state_layout(),
        })
        m.submodules.counters = counters = PerformanceCounters(layout)
        m.d.comb += [
            counters.states.input.eq(first.state),
            *(counters.states[f"block{index}"].eq(block.states) for index, block in enumerate(blocks)),
            counters.states.head.eq(head.state),
            self.counts.eq(counters.counts),
        ]
