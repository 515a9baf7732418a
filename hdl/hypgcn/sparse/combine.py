"""Combine: in-order retirement of the sums of the lanes, shortcut and requantisation; output rows leave it."""

from amaranth import *
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from ..arith import requant_type, requant_unit
from ..design import BANK
from ..mem import Rom, table_style
from ..stream import Skid
from ..stream.activity import state_layout, state_of
from ..stream.layouts import order_layout, residual_layout, slice_layout
from .combine_config import CombineConfig
from .schedule import Position

__all__ = ["Combine"]


class Combine(wiring.Component):
    """``o[t,v,c] = clamp(round_shift(B * mult[c] + bias[c] + S, shift), 0, 127)``, in (joint, bank) order.

    ``B`` are the sums of the lanes, retired in the order of ``order``, and 0 for channels without a sum;
    ``S = (X * res_mult) << res_shift`` is the shortcut from ``res`` for the first ``x_channels`` channels, else 0.
    Values beyond the last channel are 0.

    A result moves from its lane to a register here as soon as the one before it is used up, so that the lane can
    finish its next pass; sums are unpacked behind the multiplexers. Throughput: ``width`` channels in the cycles that
    the requantiser takes for them, one but where they share a multiplier: so many times ``ceil(channels / width)``
    cycles per (row, joint). Latency: ``latency`` cycles from a result or slice to the vector that it completes.
    Back-pressure on ``o`` stalls it as a whole. Cost: a requantiser of ``width`` lanes, one set of raw sums in
    registers, a multiplexer over the lanes, a ROM of one word per group, and the requantiser's table with one per
    group, or per joint and group where joints have biases of their own.

    Parameters
    ----------
    cfg : CombineConfig

    Members
    -------
    row : In(stream of {``overflow``})
        One per output row; all its vectors carry the flag.
    order : In(stream of :func:`order_layout`)
        Lane of each result.
    results : ``lanes`` x In(stream of ``cfg.sums``)
        Results of each lane.
    res : In(stream of :func:`residual_layout`)
        Slices of X in (joint, group) order, of the first ``x_groups`` groups; only with ``x_channels``.
    o : Out(stream of :func:`slice_layout`)
        Vectors of the output in (joint, bank) order, in slices of ``width`` channels.
    retired : Out(1)
        A pulse in the cycle after the last result and the last slice of X of a row have been taken.
    state : Out(state)
        What the requantiser does in the cycle; only with ``cfg.counters``.
    """

    def __init__(self, cfg: CombineConfig):
        self.cfg = cfg
        members = {
            "row": In(stream.Signature(data.StructLayout({"overflow": 1}))),
            "order": In(stream.Signature(order_layout(cfg.lanes))),
            "results": In(stream.Signature(cfg.sums)).array(cfg.lanes),
            "o": Out(stream.Signature(slice_layout(cfg.schedule.width))),
            "retired": Out(1),
        }
        if cfg.x_channels:
            members["res"] = In(stream.Signature(residual_layout(cfg.schedule.width)))
        if cfg.counters:
            members["state"] = Out(state_layout())
        super().__init__(members)

    @property
    def latency(self) -> int:
        """Cycles from a result or slice to the vector that it completes."""
        cfg = self.cfg.requant
        return 2 + requant_type(cfg).latency_of(cfg) + Skid.LATENCY

    def elaborate(self, platform):
        m = Module()
        m.submodules.requant = requant = requant_unit(self.cfg.requant)
        self._retire(m, requant.i)
        self._give(m, requant.o)
        if self.cfg.counters:
            m.d.comb += self.state.eq(state_of(requant.i))
        return m

    def _retire(self, m, o):
        """One group of a joint per cycle: its sums from the current result, and its slice of X."""
        cfg, schedule = self.cfg, self.cfg.schedule
        width, groups = schedule.width, len(schedule.steps)

        positions = [Position.of([step.slots[n] for step in schedule.steps]) for n in range(width)]
        next_step = Signal()
        step, group, known = self._sequence(m, positions, next_step)
        work = Signal(cfg.sums, reset_less=True)      # the current result; its lane is free again
        work_valid = Signal()
        joint = Signal(range(max(2, cfg.joints)))
        last_group, last_joint = group == groups - 1, joint == cfg.joints - 1
        out_valid = Signal()
        go = Signal()
        # X may have fewer channels than the output: the other groups get nothing.
        with_x = group < cfg.x_groups if 0 < cfg.x_groups < groups else None
        res_valid = (1 if not cfg.x_channels else self.res.valid if with_x is None else self.res.valid | ~with_x)
        m.d.comb += [
            go.eq(known & self.row.valid & (work_valid | ~(step.needs | step.consumes))
                  & res_valid & (~out_valid | o.ready)),
            next_step.eq(go | ~known),
        ]
        load = self._next_result(m, work_valid, consumed=go & step.consumes)
        m.d.comb += self.row.ready.eq(go & last_group & last_joint)
        m.d.sync += self.retired.eq(self.row.ready)
        if cfg.x_channels:
            m.d.comb += self.res.ready.eq(go if with_x is None else go & with_x)
        with m.If(load):
            m.d.sync += [work_valid.eq(1), work.as_value().eq(
                _choose(self.order.payload.lane, [result.payload.as_value() for result in self.results]))]
        with m.Elif(go & step.consumes):
            m.d.sync += work_valid.eq(0)
        with m.If(go & last_group):
            m.d.sync += joint.eq(Mux(last_joint, 0, joint + 1))
        word = group
        if cfg.words > groups:      # a word of the table for each joint and group, which come in this order
            word = Signal(range(cfg.words), name="word")
            with m.If(go):
                m.d.sync += word.eq(Mux(last_group & last_joint, 0, word + 1))
        self._send(m, o, go, out_valid, group, word, last_group, with_x)
        self._select(m, o, go, work, step, positions)

    def _sequence(self, m, positions, next_step):
        """Current word of the table of steps, the group that it is for, and a flag that the word has arrived."""
        schedule = self.cfg.schedule
        groups = len(schedule.steps)
        slot_layouts = {f"at{n}": data.StructLayout({"pair": range(max(2, len(at.pairs))), "second": 1, "used": 1})
                        for n, at in enumerate(positions)}
        info = data.StructLayout({"slots": data.StructLayout(slot_layouts), "needs": 1, "consumes": 1})
        m.submodules.steps = rom = Rom(info.size, [_step_word(info, positions, step) for step in schedule.steps],
                                       latency=1, style=table_style(groups), name="steps",
                                       holds="sums of each group of output channels")
        # The address is one group ahead, so that a step follows the one before it without a gap.
        group = Signal(range(max(2, groups)))
        after = Signal(range(max(2, groups)))
        known = Signal()
        m.d.comb += [rom.addr.eq(after), rom.en.eq(next_step)]
        m.d.sync += known.eq(1)
        with m.If(next_step):
            m.d.sync += [group.eq(after), after.eq(Mux(after == groups - 1, 0, after + 1))]
        return data.View(info, rom.data), group, known

    def _next_result(self, m, work_valid, consumed):
        """Accept the next result in order from its lane when the current one is used up; a pulse when it is taken."""
        load = Signal()
        # ``load`` of each lane, from its inputs: ``consumed`` comes late, and stays one level of logic away from both.
        # A result is transferred in the cycle after it was loaded, so that the lane's ready is a register.
        loads = Signal(self.cfg.lanes)
        taken = Signal(self.cfg.lanes)
        available = Cat(result.valid for result in self.results) & ~taken
        m.d.comb += [
            loads.eq(available & self.order.payload.chosen
                     & (self.order.valid & (~work_valid | consumed)).replicate(len(loads))),
            load.eq(self.order.valid & (available & self.order.payload.chosen).any() & (~work_valid | consumed)),
            self.order.ready.eq(load),
        ]
        for lane, result in enumerate(self.results):
            m.d.comb += result.ready.eq(taken[lane])
        m.d.sync += taken.eq(loads)
        return load

    def _send(self, m, o, go, out_valid, group, word, last_group, with_x):
        """Group, flag and slice of X for the requantiser; ``last`` on the last group of a vector."""
        cfg, groups = self.cfg, len(self.cfg.schedule.steps)
        slices = BANK // cfg.schedule.width
        m.d.comb += o.valid.eq(out_valid)
        with m.If(go):
            m.d.sync += [
                out_valid.eq(1), o.payload.group.eq(word), o.payload.meta.overflow.eq(self.row.payload.overflow),
                # The last vector of a joint may have fewer groups.
                o.payload.meta.last.eq(last_group if groups % slices else 0),
            ]
            with m.If(group % slices == slices - 1):
                m.d.sync += o.payload.meta.last.eq(1)
            if cfg.x_channels:
                m.d.sync += o.payload.res.eq(self.res.payload.res)
                if with_x is not None:
                    with m.If(~with_x):
                        m.d.sync += Value.cast(o.payload.res).eq(0)
        with m.Elif(o.ready):
            m.d.sync += out_valid.eq(0)

    def _select(self, m, o, go, work, step, positions):
        """The raw sum of each channel, registered and then unpacked: one subtraction per channel, not per sum."""
        for n, position in enumerate(positions):
            slot = step.slots[f"at{n}"]
            raw = Signal(self.cfg.mac.raw_width, name=f"raw{n}", reset_less=True)
            with m.If(go):
                m.d.sync += raw.eq(_choose(slot.pair, [work[pair] for pair in position.pairs]))
            sums = self.cfg.mac.unpack(raw)
            second, used = (self._known(m, go, slot, name, values, n)
                            for name, values in (("second", position.second), ("used", position.used)))
            m.d.comb += o.payload.acc[n].eq(Mux(used, Mux(second, sums[1], sums[0]), 0))

    def _known(self, m, go, slot, name, values, n):
        """Field ``name`` of a step beside its raw sum; a constant where all steps agree."""
        if len(values) == 1:
            return C(*values, 1)
        field = Signal(name=f"{name}{n}", reset_less=True)
        with m.If(go):
            m.d.sync += field.eq(slot[name])
        return field

    def _give(self, m, i):
        """Groups are slices of the vectors; a register slice, since the requantiser stalls as a whole."""
        m.submodules.skid = skid = Skid(slice_layout(self.cfg.schedule.width))
        m.d.comb += [
            skid.i.valid.eq(i.valid), i.ready.eq(skid.i.ready),
            skid.i.payload["values"].eq(i.payload["values"]), skid.i.payload.overflow.eq(i.payload.meta.overflow),
            skid.i.payload.last.eq(i.payload.meta.last),
        ]
        wiring.connect(m, skid.o, wiring.flipped(self.o))


def _step_word(info, positions, step):
    """ROM word of a step."""
    slots = {f"at{n}": {"pair": 0 if slot is None else position.pairs.index(slot // 2), "second": (slot or 0) % 2,
                        "used": int(slot is not None)} for n, (position, slot) in enumerate(zip(positions, step.slots))}
    return info.const({"slots": slots, "needs": int(step.needs), "consumes": int(step.consumes)}).as_bits()


def _choose(index, options):
    """Multiplexer tree, without the range check of an array access; ``index`` is below ``len(options)``."""
    options = list(options)
    for bit in index:
        pairs = [options[n:n + 2] for n in range(0, len(options), 2)]
        options = [Mux(bit, pair[-1], pair[0]) if len(pair) == 2 else pair[0] for pair in pairs]
    return options[0]
