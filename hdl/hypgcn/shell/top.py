"""Top module of a core: a network behind AXI4-Stream, AXI4-Lite, a clock and a reset."""

from collections.abc import Sequence

from amaranth import *
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from .. import __version__
from ..design import Design
from ..design.ensemble import Ensemble
from ..design.folding import Folding
from ..ensemble import EnsembleNetwork
from ..network import Network
from ..stream import Queue, Skid, connect
from ..stream.layouts import beat_layout, clip_layout, word_layout
from . import (
    AXI_LITE_PORTS,
    AxiLiteSlave,
    ClipInput,
    Counters,
    RegisterBank,
    ResultOutput,
    ShellConfig,
    axi_lite_ports,
)
from .registers import ABI, ADDRESS_BITS, ALL_REGISTERS, ENSEMBLE_ABI, MAGIC, REGISTERS, RESULT_FLAGS

__all__ = ["CONTROL", "Top"]

CONTROL = "s_axi_control"
_RESET_CYCLES = 8


class Top(wiring.Component):
    """A core with the buses of an AMD IP: bytes of clips in, words of results out, registers (``docs/registers.md``).

    Both streams and the registers are in the clock domain of ``aclk``; ``aresetn`` is synchronous to it. A packet that
    is not a clip still gives exactly one result, with a flag; see :class:`~hypgcn.shell.ClipInput` and
    ``docs/integration.md``. Throughput: that of the network, at most one element of a clip per cycle. Latency: that of
    the network, and 2 cycles before it and 1 behind it. Back-pressure stops the network without loss.

    Parameters
    ----------
    cfg : ShellConfig
    core : Component
        With the members of :class:`~hypgcn.network.Network` with ``activity``.

    Members
    -------
    aclk : In(1)
        Clock.
    aresetn : In(1)
        Reset, active low.
    s_axis_tdata, s_axis_tkeep, s_axis_tlast, s_axis_tvalid, s_axis_tready
        AXI4-Stream of clips, ``cfg.bus_width`` bits.
    m_axis_tdata, m_axis_tkeep, m_axis_tlast, m_axis_tvalid, m_axis_tready
        AXI4-Stream of results, 32 bits.
    s_axi_control_awaddr, ... s_axi_control_rready
        AXI4-Lite, 32 bits of data, 12 of address.
    irq : Out(1)
        High while the status of an enabled event is set.
    """

    def __init__(self, cfg: ShellConfig, core):
        self.cfg = cfg
        self.core = core
        super().__init__({
            "aclk": In(1), "aresetn": In(1),
            "s_axis_tdata": In(cfg.bus_width), "s_axis_tkeep": In(cfg.bus_bytes), "s_axis_tlast": In(1),
            "s_axis_tvalid": In(1), "s_axis_tready": Out(1),
            "m_axis_tdata": Out(32), "m_axis_tkeep": Out(4), "m_axis_tlast": Out(1), "m_axis_tvalid": Out(1),
            "m_axis_tready": In(1),
            **{f"{CONTROL}_{name}": member for name, member in axi_lite_ports(ADDRESS_BITS).items()},
            "irq": Out(1),
        })
        self._annotate()

    @classmethod
    def of(cls, design: Design, folding: Folding, bus_width: int = 32) -> "Top":
        """Core of ``design`` with the parallelism of ``folding``."""
        cfg = ShellConfig.of(design, bus_width)  # first, because it checks the width before the network is built
        return cls(cfg, Network(design, folding, activity=True))

    @classmethod
    def of_ensemble(cls, ensemble: Ensemble, foldings: Sequence[Folding], bus_width: int = 32) -> "Top":
        """Core of ``ensemble`` with the parallelism of ``foldings``, one a network: its scores are the sums,
        and those of the networks follow them.
        """
        return cls(ShellConfig.of_ensemble(ensemble, bus_width), EnsembleNetwork(ensemble, foldings))

    def _annotate(self):
        """Set the attributes from which Vivado infers the clock, the reset and the buses."""
        def annotate(port, info, parameter=""):
            attrs = getattr(self, port).attrs
            attrs["X_INTERFACE_INFO"] = f"xilinx.com:{info}"
            if parameter:
                attrs["X_INTERFACE_PARAMETER"] = f"XIL_INTERFACENAME {info.split()[1]}, {parameter}"

        annotate("aclk", "signal:clock:1.0 aclk CLK",
             f"ASSOCIATED_BUSIF s_axis:m_axis:{CONTROL}, ASSOCIATED_RESET aresetn")
        annotate("aresetn", "signal:reset:1.0 aresetn RST", "POLARITY ACTIVE_LOW")
        annotate("irq", "signal:interrupt:1.0 irq INTERRUPT", "SENSITIVITY LEVEL_HIGH")
        for bus, size in (("s_axis", self.cfg.bus_bytes), ("m_axis", 4)):
            for name in ("TDATA", "TKEEP", "TLAST", "TVALID", "TREADY"):
                annotate(f"{bus}_{name.lower()}", f"interface:axis:1.0 {bus} {name}",
                     f"TDATA_NUM_BYTES {size}, HAS_TKEEP 1, HAS_TLAST 1, HAS_TREADY 1, HAS_TSTRB 0, TID_WIDTH 0, "
                     f"TDEST_WIDTH 0, TUSER_WIDTH 0" if name == "TDATA" else "")
        for name in AXI_LITE_PORTS:
            annotate(f"{CONTROL}_{name}", f"interface:aximm:1.0 {CONTROL} {name.upper()}",
                 f"PROTOCOL AXI4LITE, DATA_WIDTH 32, ADDR_WIDTH {ADDRESS_BITS}" if name == "awaddr" else "")

    def elaborate(self, platform):
        m = Module()
        # One clock, two resets: the soft reset leaves the pins and the registers alone.
        m.domains.sync = pins = ClockDomain()
        m.domains.core = inner = ClockDomain()
        pins.clk = inner.clk = self.aclk
        core_reset = Signal(init=1)
        m.d.comb += [pins.rst.eq(~self.aresetn), inner.rst.eq(core_reset)]

        in_core = DomainRenamer("core")
        m.submodules.core = core = in_core(self.core)
        m.submodules.clip_input = clip_input = in_core(ClipInput(self.cfg))
        m.submodules.clips = clips = in_core(Queue(clip_layout(), self.cfg.clips_inside))
        m.submodules.result_output = result = ResultOutput(self.cfg)
        m.submodules.counters = counters = Counters(self.cfg.blocks)
        m.submodules.bank = bank = RegisterBank(
            self.cfg.blocks, ALL_REGISTERS if self.cfg.stream_blocks else REGISTERS)

        self._registers(m, bank)
        flush = self._reset(m, bank, core_reset)
        self._input(m, clip_input, flush & core_reset)
        connect(m, clip_input.o, core.i)
        connect(m, core.o, result.i)
        connect(m, clips.o, result.clip)
        left = self._output(m, result)

        threshold = Signal(7)
        # The network is reset a cycle after the pins: a clip whose end falls into that cycle is lost, and not counted.
        taken = Signal()
        in_flight = clip_input.active | (clips.level != 0)
        m.d.comb += taken.eq(clip_input.taken & ~core_reset)
        self._admission(m, bank, core, clip_input, clips, counters, threshold, taken, in_flight)
        m.d.comb += result.cut.eq(core_reset)
        self._events(m, bank, clip_input, result, threshold, taken, left, in_flight, core_reset)
        self._count(m, bank, core, counters, taken, left, result.done, clips.o.payload.start, core_reset)
        return m

    def _admission(self, m, bank, core, clip_input, clips, counters, threshold, taken, in_flight):
        """Admit a clip when one is requested, fewer than ``clips_inside`` are in flight, and the network works with
        the threshold of the register: a clip is computed with one threshold throughout.
        """
        start = Signal(32)  # cycle in which the clip at the input began
        requested = bank.control_start | bank.control_auto_restart
        m.d.comb += [
            clip_input.admit.eq(requested & (clips.level != self.cfg.clips_inside)
                                & (threshold == bank.threshold_raise)),
            core.threshold_raise.eq(threshold),
            clips.i.valid.eq(taken),
            *(clips.i.payload[name].eq(getattr(clip_input, name)) for name in ("short", "late", "keep")),
            clips.i.payload.start.eq(start),
        ]
        with m.If(~in_flight):
            m.d.sync += threshold.eq(bank.threshold_raise)
        with m.If(clip_input.begin):
            m.d.sync += start.eq(counters.now)

    def _events(self, m, bank, clip_input, result, threshold, taken, left, in_flight, core_reset):
        """Status, errors and the interrupt output."""
        errors = Signal(len(RESULT_FLAGS))
        idle = ~(in_flight | result.active | self.m_axis_tvalid | bank.control_start | core_reset)
        m.d.comb += [
            bank.control_start_clear.eq(taken | core_reset),
            bank.control_auto_restart_clear.eq(core_reset),
            bank.control_done_set.eq(left),
            bank.control_ready_set.eq(taken),
            bank.control_idle.eq(idle),
            bank.interrupt_status_done_set.eq(left),
            bank.interrupt_status_ready_set.eq(taken),
            bank.interrupt_status_error_set.eq(errors.any()),
            bank.threshold_applied.eq(threshold),
        ]
        # Errors of a clip are recorded when it has been taken, errors of its result when that is complete.
        for flag in RESULT_FLAGS:
            early = flag.name in ("short", "late", "keep")
            m.d.comb += [
                errors[flag.low].eq(taken & getattr(clip_input, flag.name) if early
                                    else (result.done | result.aborted) & result.flags[flag.low]),
                getattr(bank, f"errors_{flag.name}_set").eq(errors[flag.low]),
            ]
        pending = [getattr(bank, f"interrupt_status_{name}") & getattr(bank, f"interrupt_enable_{name}")
                   for name in ("done", "ready", "error")]
        m.d.sync += self.irq.eq(bank.interrupt_global_enable & Cat(pending).any())

    def _registers(self, m, bank):
        """AXI4-Lite slave of the bank, and its constant fields."""
        cfg = self.cfg
        m.submodules.axi_lite = lite = AxiLiteSlave(ADDRESS_BITS)
        for name, member in axi_lite_ports(ADDRESS_BITS).items():
            pin, port = getattr(self, f"{CONTROL}_{name}"), getattr(lite, name)
            m.d.comb += port.eq(pin) if member.flow == In else pin.eq(port)
        for name in ("w_en", "w_addr", "w_data", "w_strb", "r_en", "r_addr"):
            m.d.comb += getattr(bank, name).eq(getattr(lite, name))
        m.d.comb += lite.r_data.eq(bank.r_data)
        hash_low, hash_high = cfg.hash_words
        major, minor, patch = (int(part) for part in __version__.split(".")[:3])
        fixed = {
            "magic": MAGIC, "version_abi": ENSEMBLE_ABI if cfg.stream_blocks else ABI,
            "version_major": major, "version_minor": minor, "version_patch": patch,
            "hash_low": hash_low, "hash_high": hash_high, "shape_0_frames": cfg.frames, "shape_0_joints": cfg.joints,
            "shape_1_persons": cfg.persons, "shape_1_channels": cfg.channels, "network_classes": cfg.classes,
            "network_blocks": cfg.blocks, "network_bus_bytes": cfg.bus_bytes, "clip_bytes": cfg.clip_bytes,
            **{f"streams_{stream // 4}_blocks_{stream}": blocks for stream, blocks in enumerate(cfg.stream_blocks)},
        }
        m.d.comb += [getattr(bank, name).eq(value) for name, value in fixed.items()]

    def _reset(self, m, bank, core_reset):
        """Soft reset of the core; the result is high while the present reset also flushes the input."""
        left = Signal(range(_RESET_CYCLES + 1))
        flush = Signal()
        with m.If(bank.reset_core):
            m.d.sync += [left.eq(_RESET_CYCLES), flush.eq(bank.reset_input)]
        with m.Elif(left != 0):
            m.d.sync += left.eq(left - 1)
        running = bank.reset_core | (left != 0)
        m.d.sync += core_reset.eq(running)
        m.d.comb += bank.reset_core_busy.eq(running | core_reset)
        return flush

    def _input(self, m, clip_input, flush):
        """Input pins and their skid buffer; a packet that the soft reset cuts is dropped to its end."""
        m.submodules.in_skid = skid = Skid(beat_layout(self.cfg.bus_bytes))
        cut_packet = Signal()
        m.d.comb += [
            skid.i.valid.eq(self.s_axis_tvalid),
            skid.i.payload.data.eq(self.s_axis_tdata),
            skid.i.payload.keep.eq(self.s_axis_tkeep),
            skid.i.payload.last.eq(self.s_axis_tlast),
            self.s_axis_tready.eq(skid.i.ready),
            clip_input.i.valid.eq(skid.o.valid),
            clip_input.i.payload.eq(skid.o.payload),
            skid.o.ready.eq(clip_input.i.ready | flush),
            clip_input.resume.eq(cut_packet),
        ]
        with m.If(flush):
            m.d.sync += cut_packet.eq(0)
        with m.Elif(skid.o.valid & skid.o.ready):
            m.d.sync += cut_packet.eq(~skid.o.payload.last)

    def _output(self, m, result):
        """Output skid buffer and pins; the result is high in the cycle in which the last word of a result leaves."""
        m.submodules.out_skid = skid = Skid(word_layout())
        connect(m, result.o, skid.i)
        m.d.comb += [
            self.m_axis_tvalid.eq(skid.o.valid),
            self.m_axis_tdata.eq(skid.o.payload.data),
            self.m_axis_tkeep.eq(0xF),
            self.m_axis_tlast.eq(skid.o.payload.last),
            skid.o.ready.eq(self.m_axis_tready),
        ]
        aborted = skid.o.payload.data[RESULT_FLAGS[-1].low]
        return self.m_axis_tvalid & self.m_axis_tready & self.m_axis_tlast & ~aborted

    def _count(self, m, bank, core, counters, taken, left, done, start, core_reset):
        """Performance counters, and their copy in the bank."""
        duration = Signal(32)
        with m.If(core_reset):
            m.d.sync += duration.eq(0)
        with m.Elif(done):
            m.d.sync += duration.eq(counters.now[:32] - start)
        m.d.comb += [
            counters.activity.eq(core.activity),
            counters.overflow.eq(core.overflow_counts),
            counters.clip_in.eq(taken),
            counters.clip_out.eq(left),
            counters.clip_cycles.eq(duration),
            counters.take.eq(bank.snapshot_take),
            counters.clear.eq(bank.snapshot_clear),
            counters.zero.eq(core_reset),
            bank.cycles_low.eq(counters.cycles[:32]),
            bank.cycles_high.eq(counters.cycles[32:]),
            bank.clips_in.eq(counters.clips_in),
            bank.clips_out.eq(counters.clips_out),
            bank.clip_cycles.eq(counters.last_cycles),
            bank.block_busy.eq(counters.busy),
            bank.block_starved.eq(counters.starved),
            bank.block_blocked.eq(counters.blocked),
            bank.block_overflow.eq(counters.overflows),
        ]
