"""Combine: the sums of the lanes, in order, become rows of Y."""

from dataclasses import dataclass

from amaranth import *
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from ..arith import PackedMacConfig, Requant, RequantConfig
from ..design import BANK, Block
from ..design.checks import check_limit
from ..design.limits import JOINTS, LANES
from ..mem import Rom, table_style
from ..stream import Skid
from ..stream.activity import state_layout, state_of
from ..stream.layouts import dense_layout, order_layout, residual_layout
from .schedule import TemporalSchedule

__all__ = ["Combine", "CombineConfig"]


@dataclass(frozen=True, kw_only=True)
class CombineConfig:
    """What fixes a combiner.

    ``schedule``: which sums make which channels; ``joints``: V; ``lanes``: 1..32; ``mac``: of the sums; ``mult``,
    ``bias``: one per output channel;
    ``shift``, ``res_mult``, ``res_shift``: of the requantiser; ``shortcut``: X is added; ``counters``: with the
    port ``state``.
    """

    schedule: TemporalSchedule
    joints: int
    lanes: int
    mac: PackedMacConfig
    mult: tuple[int, ...]
    bias: tuple[int, ...]
    shift: int
    res_mult: int = 0
    res_shift: int = 0
    shortcut: bool = False
    counters: bool = False

    def __post_init__(self):
        check_limit("joints", self.joints, JOINTS)
        check_limit("lanes", self.lanes, LANES)
        groups, width = len(self.schedule.steps), self.schedule.y_width
        for name in ("mult", "bias"):
            if -(-len(getattr(self, name)) // width) != groups:
                raise ValueError(f"{name} must hold one value per output channel, "
                                 f"{(groups - 1) * width + 1}..{groups * width}, not {len(getattr(self, name))}")

    @classmethod
    def of(cls, block: Block, schedule: TemporalSchedule, *, joints: int, lanes: int,
           mac: PackedMacConfig, counters: bool = False) -> "CombineConfig":
        """Config for ``block``."""
        return cls(schedule=schedule, joints=joints, lanes=lanes, mac=mac, mult=tuple(block.y_mult.tolist()),
                   bias=tuple(block.y_bias.tolist()), shift=block.y_shift, res_mult=block.y_res_mult,
                   res_shift=block.y_res_shift, shortcut=block.shortcut_y == "identity",
                   counters=counters)

    @property
    def sums(self) -> data.ArrayLayout:
        """Payload of a lane's result."""
        return data.ArrayLayout(unsigned(self.mac.raw_width), self.schedule.lane_pairs)

    @property
    def requant(self) -> RequantConfig:
        """Of the requantiser; channels beyond the last give 0."""
        return _requant(self.schedule.y_width, self.mac.acc_width, self.mult, self.bias, self.shift, self.res_mult,
                        self.res_shift)


def _requant(width, acc_width, mult, bias, shift, res_mult, res_shift) -> RequantConfig:
    beyond = (0,) * (-len(mult) % width)
    return RequantConfig(lanes=width, acc_width=acc_width, mult=mult + beyond, bias=bias + beyond, shift=shift, low=0,
                         high=127, res_mult=res_mult, res_shift=res_shift,
                         meta=data.StructLayout({"overflow": 1, "last": 1}))


def requant_of(block: Block, width: int, acc_width: int) -> RequantConfig:
    """Of the requantiser of Y of ``block``, ``width`` values a cycle from sums of ``acc_width`` bits."""
    return _requant(width, acc_width, tuple(block.y_mult.tolist()), tuple(block.y_bias.tolist()),
                    block.y_shift, block.y_res_mult, block.y_res_shift)


class Combine(wiring.Component):
    """``Y[t,v,c] = clamp(round_shift(B * mult[c] + bias[c] + S, shift), 0, 127)``, in (joint, bank) order.

    ``B`` comes from the lanes, in the order that ``order`` tells, and is 0 for channels that have no sum; ``S = (X *
    res_mult) << res_shift`` comes from ``res`` with ``shortcut``, else it is 0. Values beyond the last channel are 0.

    A result moves from its lane to a register here as soon as the one before it is used up, so that the lane can
    finish its next pass; sums are unpacked behind the multiplexers. Throughput: ``y_width`` channels a cycle,
    ``ceil(channels / y_width)`` cycles per (row, joint). Latency: ``LATENCY`` cycles from a result or slice to the
    vector that it completes. Everything waits while ``o`` is held. Cost: ``y_width`` requantisers, one set of raw
    sums in registers, a multiplexer over the lanes, a ROM of one word per group.

    Parameters
    ----------
    cfg : CombineConfig

    Members
    -------
    row : In(stream of {``overflow``}), one per output row; its vectors carry the flag
    order : In(stream of :func:`order_layout`), one per result
    results : ``lanes`` x In(stream of ``cfg.sums``)
    res : In(stream of :func:`residual_layout`), slices of X in (joint, group) order; only with ``shortcut``
    o : Out(stream of :func:`dense_layout`)
    retired : Out(1), a pulse in the cycle after the last result and the last slice of X of a row have been taken
    state : Out(state), what the requantiser does; only with ``cfg.counters``
    """

    LATENCY = 2 + Requant.LATENCY + Skid.LATENCY

    def __init__(self, cfg: CombineConfig):
        self.cfg = cfg
        members = {
            "row": In(stream.Signature(data.StructLayout({"overflow": 1}))),
            "order": In(stream.Signature(order_layout(cfg.lanes))),
            "results": In(stream.Signature(cfg.sums)).array(cfg.lanes),
            "o": Out(stream.Signature(dense_layout())),
            "retired": Out(1),
        }
        if cfg.shortcut:
            members["res"] = In(stream.Signature(residual_layout(cfg.schedule.y_width)))
        if cfg.counters:
            members["state"] = Out(state_layout())
        super().__init__(members)

    def elaborate(self, platform):
        m = Module()
        m.submodules.requant = requant = Requant(self.cfg.requant)
        self._walk(m, requant.i)
        self._assemble(m, requant.o)
        if self.cfg.counters:
            m.d.comb += self.state.eq(state_of(requant.i))
        return m

    def _walk(self, m, o):
        """Go over joints and groups; give each group's sums and slice of X."""
        cfg, schedule = self.cfg, self.cfg.schedule
        width, groups = schedule.y_width, len(schedule.steps)
        slices = BANK // width

        # For each position of a group, the pairs that can hold its sum; the table names one of these.
        pairs = [sorted({step.slots[n] // 2 for step in schedule.steps if step.slots[n] is not None}) or [0]
                 for n in range(width)]
        slot_layouts = {f"at{n}": data.StructLayout({"pair": range(max(2, len(pairs[n]))), "second": 1, "used": 1})
                        for n in range(width)}
        info = data.StructLayout({"slots": data.StructLayout(slot_layouts), "needs": 1, "consumes": 1})
        m.submodules.steps = rom = Rom(info.size, [_step_word(info, pairs, step) for step in schedule.steps],
                                       latency=1, style=table_style(len(schedule.steps)), name="steps")
        step = data.View(info, rom.data)
        group, after = Signal(range(max(2, groups))), Signal(range(max(2, groups)))
        known, next_step = Signal(), Signal()
        m.d.comb += [rom.addr.eq(after), rom.en.eq(next_step)]
        m.d.sync += known.eq(1)
        with m.If(next_step):
            m.d.sync += [group.eq(after), after.eq(Mux(after == groups - 1, 0, after + 1))]

        # The result that is worked on; its lane is free again.
        work, work_valid, load = Signal(cfg.sums, reset_less=True), Signal(), Signal()
        loads = Signal(cfg.lanes)      # ``load`` for each lane: ``go`` is late, and is one level away from both
        joint = Signal(range(max(2, cfg.joints)))
        last_group, last_joint = group == groups - 1, joint == cfg.joints - 1
        out_valid, go = Signal(), Signal()
        m.d.comb += [
            go.eq(known & self.row.valid & (work_valid | ~(step.needs | step.consumes))
                  & (self.res.valid if cfg.shortcut else 1) & (~out_valid | o.ready)),
            next_step.eq(go | ~known),
            loads.eq(Cat(result.valid for result in self.results) & self.order.payload.chosen
                     & (self.order.valid & (~work_valid | go & step.consumes)).replicate(len(loads))),
            load.eq(self.order.valid & (Cat(result.valid for result in self.results) & self.order.payload.chosen).any()
                    & (~work_valid | go & step.consumes)),
            self.order.ready.eq(load),
            self.row.ready.eq(go & last_group & last_joint),
        ]
        m.d.sync += self.retired.eq(self.row.ready)
        for lane, result in enumerate(self.results):
            m.d.comb += result.ready.eq(loads[lane])
        if cfg.shortcut:
            m.d.comb += self.res.ready.eq(go)
        with m.If(load):
            m.d.sync += [work_valid.eq(1), work.as_value().eq(
                _choose(self.order.payload.lane, [result.payload.as_value() for result in self.results]))]
        with m.Elif(go & step.consumes):
            m.d.sync += work_valid.eq(0)
        with m.If(go & last_group):
            m.d.sync += joint.eq(Mux(last_joint, 0, joint + 1))

        m.d.comb += o.valid.eq(out_valid)
        with m.If(go):
            m.d.sync += [
                out_valid.eq(1), o.payload.group.eq(group), o.payload.meta.overflow.eq(self.row.payload.overflow),
                o.payload.meta.last.eq(last_group if groups % slices else 0),
            ]
            with m.If(group % slices == slices - 1):
                m.d.sync += o.payload.meta.last.eq(1)
            if cfg.shortcut:
                m.d.sync += o.payload.res.eq(self.res.payload.res)
        with m.Elif(o.ready):
            m.d.sync += out_valid.eq(0)
        for n in range(width):
            slot = step.slots[f"at{n}"]
            raw = Signal(cfg.mac.raw_width, name=f"raw{n}", reset_less=True)
            second, used = Signal(name=f"second{n}", reset_less=True), Signal(name=f"used{n}", reset_less=True)
            with m.If(go):
                m.d.sync += [raw.eq(_choose(slot.pair, [work[pair] for pair in pairs[n]])), second.eq(slot.second),
                             used.eq(slot.used)]
            sums = cfg.mac.unpack(raw)
            m.d.comb += o.payload.acc[n].eq(Mux(used, Mux(second, sums[1], sums[0]), 0))

    def _assemble(self, m, i):
        """Put the groups of a vector together."""
        width = self.cfg.schedule.y_width
        slices = BANK // width
        m.submodules.skid = skid = Skid(dense_layout())
        dense, last = skid.i.payload, i.payload.meta.last
        place = Signal(range(max(2, slices)))
        m.d.comb += [
            skid.i.valid.eq(i.valid & last),
            i.ready.eq(skid.i.ready),      # for every group, though only the last needs it: it is a register
            dense.overflow.eq(i.payload.meta.overflow),
        ]
        with m.If(i.valid & i.ready):
            m.d.sync += place.eq(Mux(last, 0, place + 1))
        for part in range(slices):
            target = Cat(dense["values"][part * width + n] for n in range(width))
            new = i.payload["values"].as_value()
            m.d.comb += target.eq(Mux(place == part, new, 0))
            if part < slices - 1:
                kept = Signal(len(target), name=f"kept{part}", reset_less=True)
                with m.If(place > part):
                    m.d.comb += target.eq(kept)
                with m.Elif(i.valid & (place == part)):
                    m.d.sync += kept.eq(new)
        wiring.connect(m, skid.o, wiring.flipped(self.o))


def _step_word(info, pairs, step):
    """ROM word of a step."""
    slots = {f"at{n}": {"pair": 0 if slot is None else pairs[n].index(slot // 2), "second": (slot or 0) % 2,
                        "used": int(slot is not None)} for n, slot in enumerate(step.slots)}
    return info.const({"slots": slots, "needs": int(step.needs), "consumes": int(step.consumes)}).as_bits()


def _choose(index, options):
    """Multiplexer tree; ``index`` is below ``len(options)``."""
    options = list(options)
    for bit in index:
        pairs = [options[n:n + 2] for n in range(0, len(options), 2)]
        options = [Mux(bit, pair[-1], pair[0]) if len(pair) == 2 else pair[0] for pair in pairs]
    return options[0]
