"""Proof of the shell: any legal network between the input packets and the results."""

from amaranth.hdl import Cat, Module, Mux, Signal, Value
from amaranth.hdl._ast import AnySeq
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from hypgcn.shell import ClipInput, RegisterBank, ResultOutput, ShellConfig
from hypgcn.shell.registers import RESULT_FLAGS, TRAILER, register
from hypgcn.shell.top import CONTROL, Top
from hypgcn.stream.layouts import activity_layout, joint_layout, result_layout

from ..proof import Mutant, Proof
from ..rules import axi_lite_master, axi_lite_slave, hold, quiet

__all__ = ["PROOFS"]

CONFIG = ShellConfig(persons=1, frames=1, joints=2, channels=1, classes=2, logit_width=2, blocks=1,
                     hash="0123456789abcdef", bus_width=16, clips_inside=2)
LENGTH = CONFIG.classes + len(TRAILER)
ABORTED = RESULT_FLAGS[-1].low


class AnyNetwork(wiring.Component):
    """Takes joints in any cycles and gives any scores, of each clip once, in any cycles after its last joint.

    Parameters
    ----------
    cfg : ShellConfig

    Members
    -------
    i, o, threshold_raise, overflow_counts, activity
        As of :class:`~hypgcn.network.Network`.
    in_clip : Out(1)
        A clip has begun to enter, and its result is not complete.
    """

    def __init__(self, cfg: ShellConfig):
        self.cfg = cfg
        super().__init__({
            "i": In(stream.Signature(joint_layout(cfg.channels))),
            "o": Out(stream.Signature(result_layout(cfg.classes, cfg.logit_width))),
            "threshold_raise": In(7),
            "overflow_counts": Out(data.ArrayLayout(32, cfg.blocks)),
            "activity": Out(data.ArrayLayout(activity_layout(), cfg.blocks)),
            "in_clip": Out(1),
        })

    def elaborate(self, platform):
        m = Module()
        cfg = self.cfg
        joints = cfg.persons * cfg.frames * cfg.joints
        joint = Signal(range(joints + 1))
        owed = Signal(range(cfg.clips_inside + 2))     # results of clips that have entered
        m.d.comb += [self.i.ready.eq(AnySeq(1)), self.in_clip.eq((joint != 0) | (owed != 0))]
        for free in (self.overflow_counts, self.activity):
            m.d.comb += Value.cast(free).eq(AnySeq(len(Value.cast(free))))

        entered, left = Signal(), Signal()
        with m.If(self.i.valid & self.i.ready):
            m.d.sync += joint.eq(Mux(entered, 0, joint + 1))
            m.d.comb += entered.eq(joint == joints - 1)
        sent = self.o.valid & self.o.ready
        m.d.comb += left.eq(sent & self.o.payload.last)
        m.d.sync += owed.eq(owed + entered - left)

        index = Signal(range(max(2, cfg.classes)))     # of the next score
        more = (owed != 0) & ~(left & (owed == 1))
        with m.If(sent | ~self.o.valid):
            m.d.sync += [self.o.valid.eq(more & AnySeq(1)), self.o.payload.score.eq(AnySeq(cfg.logit_width)),
                         self.o.payload.overflow.eq(AnySeq(1))]
        with m.If(sent):
            m.d.sync += index.eq(Mux(self.o.payload.last, 0, index + 1))
        m.d.comb += [self.o.payload.index.eq(index), self.o.payload.last.eq(index == cfg.classes - 1)]
        return m


def _surrounded(harness):
    """The shell with the network cut out, and legal traffic on all its buses."""
    core = AnyNetwork(CONFIG)
    unit = harness.unit(Top(CONFIG, core))
    top = unit.component
    harness.m.d.comb += [top.aclk.eq(harness.clk), top.aresetn.eq(~harness.rst)]
    for name, member in top.signature.members.items():
        if member.flow == In and name not in ("aclk", "aresetn"):
            harness.free(getattr(top, name))
    beat = Cat(top.s_axis_tdata, top.s_axis_tkeep, top.s_axis_tlast)
    hold(harness, top.s_axis_tvalid, top.s_axis_tready, beat, "s_axis", claim=harness.assume)
    axi_lite_master(harness, lambda name: getattr(top, f"{CONTROL}_{name}"))
    return unit, top, core


def _traffic(harness):
    """The rules of the streams, and that packets, clips and results match in number and length."""
    unit, top, core = _surrounded(harness)
    m, taken = harness.m, unit.inner("taken")
    begun, _ = _packets_in(harness, top)
    sent, word, count = _packets_out(harness, unit, top)
    clips = Signal(5, name="clips_taken")
    m.d.sync += clips.eq(clips + taken)
    hold(harness, top.m_axis_tvalid, top.m_axis_tready, Cat(top.m_axis_tdata, top.m_axis_tkeep, top.m_axis_tlast),
         "m_axis")
    quiet(harness, top.m_axis_tvalid, "m_axis")
    soft = Signal(name="soft_reset_seen")
    with m.If(unit.inner("bank.reset_core")):
        m.d.sync += soft.eq(1)
    with m.If(top.m_axis_tvalid):
        harness.check(top.m_axis_tkeep == 0xF)
        harness.check(top.m_axis_tlast == (word == LENGTH - 1))
        # A result has its own clip, which has been taken, and its own packet.
        harness.check((count < clips) & (count < begun))
        harness.check(soft | (word != CONFIG.classes + 1) | (top.m_axis_tdata == count))
        harness.check(~top.m_axis_tlast | (top.m_axis_tdata[len(RESULT_FLAGS):] == 0))
        harness.check(soft | ~top.m_axis_tlast | ~top.m_axis_tdata[ABORTED])
    # No clip loses its place in the queue, and each is computed with one threshold.
    harness.check(~taken | (unit.inner("clips.level") != CONFIG.clips_inside))
    applied = harness.past(core.threshold_raise, "threshold_before")
    harness.check(~(core.in_clip & harness.past(core.in_clip, "in_clip")) | (core.threshold_raise == applied))
    harness.reach(core.in_clip & (core.threshold_raise != 0))
    harness.reach(sent & top.m_axis_tlast & ~soft & (count == 1))
    harness.reach(sent & top.m_axis_tlast & top.m_axis_tdata[ABORTED])


def _packets_in(harness, top):
    """Packets of the input that have begun, and those that are complete."""
    count, inside = Signal(5, name="packets_in"), Signal(name="inside_packet")
    with harness.m.If(top.s_axis_tvalid & top.s_axis_tready):
        harness.m.d.sync += [inside.eq(~top.s_axis_tlast), count.eq(count + top.s_axis_tlast)]
    return count + inside, count


def _packets_out(harness, unit, top):
    """Transfer of a word of a result, its place in the packet, and the packets that have left."""
    word, count = Signal(5, name="word_out"), Signal(5, name="packets_out")
    sent = top.m_axis_tvalid & top.m_axis_tready
    with harness.m.If(sent):
        harness.m.d.sync += [word.eq(Mux(top.m_axis_tlast, 0, word + 1)), count.eq(count + top.m_axis_tlast)]
    # What the pins will show is in the skid buffer: this spares the solver a search.
    ahead = word + unit.inner("out_skid.first_valid") + ~unit.inner("out_skid.room")
    harness.check(unit.inner("result_output.word") == Mux(ahead >= LENGTH, ahead - LENGTH, ahead))
    return sent, word, count


def _contents(harness):
    """Any one packet and its result, without soft reset: flags, scores, argmax."""
    unit, top, core = _surrounded(harness)
    harness.assume(~unit.inner("bank.reset_core"))
    number = harness.fixed(1, "number")     # of the packet that is followed, and of its result
    flags = _flags(harness, top, number)
    scores, flags["overflow"] = _scores(harness, core, number)
    sent, word, count = _packets_out(harness, unit, top)
    data_ = top.m_axis_tdata
    with harness.m.If(top.m_axis_tvalid & (count == number)):
        for n, score in enumerate(scores):
            harness.check((word != n) | (data_.as_signed() == score))
        harness.check((word != CONFIG.classes) | (data_ == (scores[1] > scores[0])))
        for flag in RESULT_FLAGS:
            if flag.name in flags:
                harness.check(~top.m_axis_tlast | (data_[flag.low] == flags[flag.name]))
                harness.reach(sent & top.m_axis_tlast & flags[flag.name])


def _flags(harness, top, number):
    """Flags of the packet ``number`` of the input, as {name: value}, by the words of ``docs/integration.md``."""
    m, size = harness.m, CONFIG.clip_bytes
    _, count = _packets_in(harness, top)
    total = Signal(range(size + 3), name="elements")
    flags = {name: Signal(name=f"expected_{name}") for name in ("short", "late", "keep")}
    keep, last = top.s_axis_tkeep, top.s_axis_tlast
    # A packet ends with the highest byte that is kept of its last beat.
    length = Mux(last & ~keep[1], Mux(keep[0], 1, 0), 2)
    masked = Cat((n < length) & ~keep[n] & (total + n < size) for n in range(CONFIG.bus_bytes)).any()
    sum_ = total + length
    with m.If(top.s_axis_tvalid & top.s_axis_tready):
        m.d.sync += total.eq(Mux(last, 0, Mux(sum_ > size, size, sum_)))
        with m.If(count == number):
            m.d.sync += [
                flags["short"].eq(last & (sum_ < size)),
                flags["late"].eq(flags["late"] | (sum_ > size) | (~last & (sum_ == size)) | (total == size)),
                flags["keep"].eq(flags["keep"] | masked),
            ]
    return flags


def _scores(harness, core, number):
    """Scores of the network's result ``number``, and its overflow."""
    m, given = harness.m, Signal(5, name="results_given")
    overflow = Signal(name="expected_overflow")
    scores = [Signal(CONFIG.logit_width, name=f"score{n}") for n in range(CONFIG.classes)]
    with m.If(core.o.valid & core.o.ready):
        m.d.sync += given.eq(given + core.o.payload.last)
        with m.If(given == number):
            m.d.sync += overflow.eq(overflow | core.o.payload.overflow)
            for n, score in enumerate(scores):
                with m.If(core.o.payload.index == n):
                    m.d.sync += score.eq(core.o.payload.score)
    return [score.as_signed() for score in scores], overflow


def _interrupt(harness):
    unit, top, _ = _surrounded(harness)

    def bus(name):
        return getattr(top, f"{CONTROL}_{name}")

    address, word, _ = axi_lite_slave(harness, bus)
    write = _writes(harness, bus, address, word, unit)
    sent = top.m_axis_tvalid & top.m_axis_tready & top.m_axis_tlast
    events = {"done": sent & ~top.m_axis_tdata[ABORTED], "ready": unit.inner("taken"),
              "error": unit.inner("errors").any()}
    pending = []
    for name, event in events.items():
        status = harness.kept(event, write("INTERRUPT_STATUS", name)[0], f"status_{name}")
        enable = harness.kept(*write("INTERRUPT_ENABLE", name), f"enable_{name}")
        pending.append(enable & status)
        harness.check(unit.inner(f"bank.interrupt_status_{name}") == status)
        harness.check(unit.inner(f"bank.interrupt_enable_{name}") == enable)
    enabled = harness.kept(*write("INTERRUPT_GLOBAL", "enable"), "enable")
    harness.check(unit.inner("bank.interrupt_global_enable") == enabled)
    harness.check(top.irq == harness.past(enabled & Cat(pending).any(), "interrupt_due"))
    harness.reach(top.irq)
    for event in events.values():
        harness.reach(event)


def _writes(harness, bus, address, word, unit):
    """Function of a register and its field: bits that a write of this cycle sets, and bits that it reaches."""
    m = harness.m
    at, data_, strobes = (Signal(width, name=f"written_{name}", reset_less=True)
                          for name, width in (("at", 12), ("data", 32), ("strobes", 4)))
    with m.If(bus("awvalid") & bus("awready")):
        m.d.sync += at.eq(bus("awaddr"))
    with m.If(bus("wvalid") & bus("wready")):
        m.d.sync += [data_.eq(bus("wdata")), strobes.eq(bus("wstrb"))]
    # What an induction needs to know of the slave.
    harness.check((address == bus("bvalid")) | (unit.inner("axi_lite.w_addr") == at[2:]))
    harness.check((word == bus("bvalid")) | (Cat(unit.inner(f"axi_lite.w_{name}") for name in ("data", "strb"))
                                             == Cat(data_, strobes)))
    now, reached = (address != 0) & (word != 0) & ~bus("bvalid"), Cat(strobe.replicate(8) for strobe in strobes)

    def write(name, field):
        field = register(name).field(field)
        bits = slice(field.low, field.low + field.width)
        here = (now & (at[2:] == register(name).offset // 4)).replicate(field.width)
        return data_[bits] & reached[bits] & here, reached[bits] & here

    return write


PROOFS = (
    Proof(name="shell", depth=20, deep=24, build=_traffic, weight=20,
          text="the shell around any network, under any legal traffic: results hold, have their length, their own "
               "clip and packet and its number; nothing is offered right after a reset; a soft reset completes a cut "
               "result; a clip is computed with one threshold",
          mutant=Mutant(owner=ResultOutput, method="elaborate",
                        old="self.cut & self.active", new="self.cut")),
    Proof(name="shell_contents", depth=16, deep=20, build=_contents, weight=12,
          text="likewise, without soft reset: a result has the network's scores, their argmax, and the flags of its "
               "own packet, be it short, late or with bytes left out",
          mutant=Mutant(owner=ClipInput, method="elaborate",
                        old="self.short.eq(zero_filled | ended)", new="self.short.eq(zero_filled)")),
    Proof(name="shell_interrupt", depth=3, cover_depth=14, induction=True, build=_interrupt, weight=8,
          text="likewise: AXI4-Lite at the pins keeps its rules; the interrupt follows its registers and the events",
          mutant=Mutant(owner=RegisterBank, method="_field",
                        old="(state & ~clear) | self._member(register, field, \"_set\")",
                        new="(state | self._member(register, field, \"_set\")) & ~clear")),
)
