"""Window: the rows of features that an output row needs, when they are complete, and when they are released."""

from dataclasses import dataclass

from amaranth import *
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from ..arith.bits import stepped
from ..design.checks import check_int, check_limit
from ..design.limits import STRIDE

__all__ = ["Window", "WindowConfig", "window_layout"]


def window_layout(h_rows: int, x_rows: int, kernel: int) -> data.StructLayout:
    """An output row that can be computed.

    Members
    -------
    slot, tap_low, tap_high, x_slot
        As in :func:`~hypgcn.sparse.address_generator.job_layout`.
    overflow : 1
        A store has lost values in this sequence, up to the newest row that is needed.
    """
    return data.StructLayout({
        "slot": range(max(2, h_rows)), "tap_low": range(max(2, kernel)), "tap_high": range(max(2, kernel)),
        "x_slot": range(max(2, x_rows)), "overflow": 1})


@dataclass(frozen=True, kw_only=True)
class WindowConfig:
    """Parameters of a window.

    Parameters
    ----------
    frames : int, at least 1
        Rows T of a sequence.
    stride : int, 1 or 2
        Frames per output row.
    kernel : int, odd
        Taps.
    h_rows : int, at least max(kernel, stride)
        Row slots of the store of features.
    x_rows : int, at least max(pad + 1, stride)
        Row slots of the X store.
    x_stride, x_frames : int
        Rows of X per output row, and of a sequence, where the rows of features are not of the frames of X: those that
        an output row frees are complete before it. 0: as the features.
    """

    frames: int
    stride: int
    kernel: int
    h_rows: int
    x_rows: int
    x_stride: int = 0
    x_frames: int = 0

    def __post_init__(self):
        check_int("frames", self.frames, 1)
        check_limit("stride", self.stride, STRIDE)
        if (self.x_stride == 0) != (self.x_frames == 0) or self.x_stride and (
                self.stride != 1 or -(-self.x_frames // self.x_stride) != self.frames):
            raise ValueError(f"x_stride and x_frames must be 0, or the frames of X and the stride that makes "
                             f"{self.frames} of them, not {self.x_stride!r} and {self.x_frames!r}")
        if self.kernel < 1 or self.kernel % 2 == 0:
            raise ValueError(f"kernel must be odd and positive, not {self.kernel!r}")
        for name, low in (("h_rows", max(self.kernel, self.stride)), ("x_rows", max(self.pad + 1, self.stride))):
            if getattr(self, name) < low:
                raise ValueError(f"{name} must be at least {low}, not {getattr(self, name)!r}: "
                                 f"an output row would wait for ever")

    @property
    def pad(self) -> int:
        """Rows of zero padding before the first frame."""
        return (self.kernel - 1) // 2

    @property
    def out_frames(self) -> int:
        """Output rows of a sequence."""
        return -(-self.frames // self.stride)

    @property
    def x_step(self) -> int:
        """Rows of X per output row."""
        return self.x_stride or self.stride

    @property
    def x_rest(self) -> int:
        """Rows of X of a sequence from that of the last output row on."""
        return (self.x_frames or self.frames) - (self.out_frames - 1) * self.x_step

    @property
    def last_center(self) -> int:
        """Row under the middle tap of a sequence's last output row."""
        return (self.out_frames - 1) * self.stride


class Window(wiring.Component):
    """Control of the sliding window over the rows of features, and of the rows of X that the shortcut needs.

    Output row t of a sequence is offered once rows 0..min(T - 1, t * stride + pad) of H are complete, for the last
    one all T rows. When it has been retired, the rows before ``(t + 1) * stride - pad`` of H and before ``(t + 1) *
    stride`` of X are released; after the last row of a sequence, all remaining ones. Sequences follow without a gap and
    may share the stores.

    Throughput: one output row in 4 cycles; one released row a cycle. Latency: 2 cycles from the last needed ``h_done``
    to ``o``, 2 from ``retired`` to the first row that it releases. A row of X is released only after the row of
    features of the same frame is complete. Storage: one flag per row slot of features, and counters.

    Parameters
    ----------
    cfg : WindowConfig

    Members
    -------
    h_done : In(1)
        A row of features is complete.
    h_overflow : In(1)
        With ``h_done``: a store has lost values in this sequence so far.
    o : Out(stream of :func:`window_layout`)
        Output rows, in order.
    retired : In(1)
        All work of the oldest output row in flight is done.
    h_release : Out(1)
        Release of the oldest row of features; T pulses per sequence.
    x_release : Out(1)
        Release of the oldest row of X; T pulses per sequence.
    """

    def __init__(self, cfg: WindowConfig):
        self.cfg = cfg
        super().__init__({
            "h_done": In(1),
            "h_overflow": In(1),
            "o": Out(stream.Signature(window_layout(cfg.h_rows, cfg.x_rows, cfg.kernel))),
            "retired": In(1),
            "h_release": Out(1),
            "x_release": Out(1),
        })

    def elaborate(self, platform):
        m = Module()
        self._offer(m)
        self._release(m)
        return m

    def _offer(self, m):
        """Offer the next output row when the rows of features that it needs are complete."""
        cfg, row = self.cfg, self.o.payload
        pad, top = cfg.pad, cfg.frames - 1

        flags = Array(Signal(name=f"overflow{slot}") for slot in range(cfg.h_rows))
        filling = Signal(range(max(2, cfg.h_rows)))
        with m.If(self.h_done):
            m.d.sync += [flags[filling].eq(self.h_overflow), filling.eq(_wrap(filling + 1, cfg.h_rows))]

        center = Signal(range(cfg.frames))
        last = center == cfg.last_center
        complete = Signal(range(cfg.frames + cfg.h_rows + 1))   # rows of the sequence that o is in, and of later ones
        need = Signal(range(cfg.frames + 1))
        newest = Signal(range(max(2, cfg.h_rows)))
        ahead = Signal(range(max(2, cfg.kernel, cfg.frames + pad)))
        begun = Signal()
        known = Signal()
        taken = Signal()
        tap_high = Signal.like(row.tap_high)
        clipped = Signal()
        m.d.comb += [
            clipped.eq(center > top - pad),
            tap_high.eq(Mux(clipped, top - center + pad, 2 * pad)),
            taken.eq(self.o.valid & self.o.ready),
            row.overflow.eq(flags[newest]),
        ]
        # Three short cycles in place of one deep one, since a row takes many: the rows needed, the slot of the newest
        # of them, the comparison with the complete ones.
        m.d.sync += self.o.valid.eq(known & (complete >= need) & ~taken)
        with m.If(~known):
            m.d.sync += [
                begun.eq(1), known.eq(begun),
                row.tap_low.eq(Mux(center < pad, pad - center, 0)),
                row.tap_high.eq(tap_high),
                need.eq(Mux(last | clipped, cfg.frames, center + pad + 1)),
                ahead.eq(Mux(last, top - cfg.last_center + pad, tap_high)),
                newest.eq(_wrap(row.slot + ahead, cfg.h_rows)),
            ]
        slot = Signal.like(row.slot, init=-pad % cfg.h_rows)
        x_slot = Signal.like(row.x_slot)
        m.d.comb += [row.slot.eq(slot), row.x_slot.eq(x_slot)]
        with m.If(taken):
            m.d.sync += [known.eq(0), begun.eq(0)]
            with m.If(last):
                m.d.sync += center.eq(0)
            with m.Else():
                m.d.sync += center.eq(center + cfg.stride)
            for position, rows, step, rest in ((slot, cfg.h_rows, cfg.stride, cfg.frames - cfg.last_center),
                                               (x_slot, cfg.x_rows, cfg.x_step, cfg.x_rest)):
                m.d.sync += position.eq(Mux(last, _moved(position, rest, rows), _moved(position, step, rows)))
        # One cycle later, which is early enough for the next row and takes ``taken`` off the path of the sum.
        through = Signal()
        m.d.sync += [through.eq(taken & last), complete.eq(complete + self.h_done - Mux(through, cfg.frames, 0))]

    def _release(self, m):
        """Release the rows that no later output row needs, one a cycle."""
        cfg, pad, stride = self.cfg, self.cfg.pad, self.cfg.stride
        center = Signal(range(cfg.frames), name="retired_center")
        last = center == cfg.last_center
        with m.If(self.retired):
            m.d.sync += center.eq(Mux(last, 0, center + stride))

        past = Mux(center >= pad, stride, Mux(center + stride > pad, center + stride - pad, 0))
        for name, release, freed in (
                ("h", self.h_release, Mux(last, cfg.frames - max(0, cfg.last_center - pad), past)),
                ("x", self.x_release, Mux(last, cfg.x_rest, cfg.x_step))):
            # Credits of rows to release, from retired output rows, against rows that are complete and not released.
            owed = Signal(range(cfg.h_rows + (cfg.x_step if name == "x" else stride) + 1), name=f"{name}_owed")
            more = Signal.like(owed, name=f"{name}_more")
            if name == "x" and cfg.x_stride:
                m.d.comb += release.eq(owed != 0)
            else:
                held = Signal(range(cfg.h_rows + 1), name=f"{name}_held")
                m.d.comb += release.eq((owed != 0) & (held != 0))
                m.d.sync += held.eq(stepped(held, self.h_done, release))
            m.d.sync += [more.eq(Mux(self.retired, freed, 0)), owed.eq(owed - release + more)]


def _wrap(value, rows):
    """``value mod rows`` for a value below ``2 * rows``; a table, since few bits make one LUT per bit of it."""
    return Array(n % rows for n in range(2 * rows))[value]


def _moved(slot, step, rows):
    """``(slot + step) mod rows``, as a table."""
    return Array((n + step) % rows for n in range(rows))[slot]
