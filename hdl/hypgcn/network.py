"""The whole network: absent persons kept out, input affine, blocks, head."""

from amaranth import *
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from .absent import AbsentPersons, leaves_out
from .block import BLOCK_UNITS, Block, BlockConfig
from .design import Design
from .design.folding import Folding
from .head import Head
from .input import InputAffine
from .performance_counters import PerformanceCounters, counts_layout
from .stream import Skid, connect
from .stream.activity import state_layout
from .stream.layouts import activity_layout, joint_layout, observe_layout, result_layout, vector_layout

__all__ = ["Network", "counted_units"]


def counted_units(blocks: int) -> list[str]:
    """Names of the units that the performance counters of a network of ``blocks`` blocks count, in their order."""
    return ["input", *(f"blocks[{index}].{name}" for index in range(blocks) for name in BLOCK_UNITS), "head"]


class Network(wiring.Component):
    """A pruned int8 2s-AGCN, all layers on chip, frames streaming through: one clip of raw joints in, class scores out.

    Every block works on its own rows at the same time; clips follow each other without a gap. Throughput: one clip per
    as many cycles as its slowest unit needs; see :class:`~hypgcn.spatial.ConvArray`,
    :class:`~hypgcn.temporal.TemporalUnit` and :class:`~hypgcn.head.Head`. A held ``o`` stops the network without loss.
    Results do not depend on the folding. Unless the folding says otherwise, absent persons are not computed
    (:class:`~hypgcn.absent.AbsentPersons`): they take one cycle a joint, and the head's constants stand for them.

    Parameters
    ----------
    design : the network; folding : its parallelism, checked against the design
    observe : add a port per block that shows each vector as it leaves the block, for simulation
    activity : add a port that shows the handshakes of the blocks, for counting
    counters : add performance counters of every unit, and a port that shows them, see
        :class:`~hypgcn.performance_counters.PerformanceCounters`

    Members
    -------
    i : In(stream, C x int8), one joint, order (person, frame, joint)
    o : Out(stream, result), one class score, classes ascending, ``last`` on a clip's last
    threshold_raise : In(7), added to ``threshold_h`` and ``threshold_y`` of all blocks, saturating at 127; to be
        changed only between clips; with one that is not 0, absent persons are computed
    overflow_counts : Out(blocks x 32), per block the vectors that lost values in its stores since reset
    activity : Out(blocks x activity), the handshakes at both sides of every block; only with ``activity``
    counts : Out(units x 3 x 32), cycles in which each of :func:`counted_units` was busy, starved and blocked; only
        with ``counters``
    observe_b : Out(observe), ``valid`` in the cycle in which ``payload`` leaves block b; only with ``observe``; nothing
        of persons that are left out
    """

    def __init__(self, design: Design, folding: Folding, *, observe: bool = False, activity: bool = False,
                 counters: bool = False):
        folding.validate(design)
        self.design = design
        self.folding = folding
        self.observe = observe
        self.show_activity = activity
        self.counters = counters
        members = {
            "i": In(stream.Signature(joint_layout(design.channels))),
            "o": Out(stream.Signature(result_layout(design.classes, design.logit_width))),
            "threshold_raise": In(7),
            "overflow_counts": Out(data.ArrayLayout(32, len(design.blocks))),
        }
        if activity:
            members["activity"] = Out(data.ArrayLayout(activity_layout(), len(design.blocks)))
        if counters:
            members["counts"] = Out(counts_layout(len(counted_units(len(design.blocks)))))
        if observe:
            members |= {f"observe_{b}": Out(observe_layout()) for b in range(len(design.blocks))}
        super().__init__(members)

    def elaborate(self, platform):
        m = Module()
        design = self.design
        absent_left_out = leaves_out(design, self.folding.skip_absent)
        m.submodules.input = first = InputAffine(design, told=absent_left_out, counters=self.counters)
        m.submodules.head = head = Head(
            design, self.folding.head_width, absent=absent_left_out, counters=self.counters)
        if absent_left_out:
            m.submodules.absent = absent = AbsentPersons(design)
            m.d.comb += absent.leave_out.eq(self.threshold_raise == 0)
            connect(m, wiring.flipped(self.i), absent.i)
            connect(m, absent.o, first.i)
            connect(m, absent.persons, head.persons)
        else:
            connect(m, wiring.flipped(self.i), first.i)
        source, blocks = first.o, []
        for index, part in enumerate(design.blocks):
            # The skids cut the ready chain at the boundaries of the blocks.
            m.submodules[f"skid{index}"] = skid = Skid(vector_layout())
            m.submodules[f"block{index}"] = block = Block(
                BlockConfig.of(design, self.folding, index, counters=self.counters))
            blocks.append(block)
            connect(m, source, skid.i)
            connect(m, skid.o, block.i)
            for port, trained in ((block.threshold_h, part.threshold_h), (block.threshold_y, part.threshold_y)):
                raised = Signal(8, name=f"raised{index}")
                m.d.comb += raised.eq(self.threshold_raise + trained)
                m.d.sync += port.eq(Mux(raised[7], 127, raised))
            m.d.comb += self.overflow_counts[index].eq(block.overflow_count)
            if self.show_activity:
                shown = self.activity[index]
                m.d.comb += [
                    shown.i_valid.eq(block.i.valid),
                    shown.i_ready.eq(block.i.ready),
                    shown.o_valid.eq(block.o.valid),
                    shown.o_ready.eq(block.o.ready),
                ]
            if self.observe:
                port = getattr(self, f"observe_{index}")
                m.d.comb += [port.valid.eq(block.o.valid & block.o.ready), port.payload.eq(block.o.payload)]
            source = block.o
        m.submodules.skid_head = skid = Skid(vector_layout())
        connect(m, source, skid.i)
        connect(m, skid.o, head.i)
        connect(m, head.o, wiring.flipped(self.o))
        if self.counters:
            self._count(m, first, blocks, head)
        return m

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
