"""ReadAddressGenerator: from a job to the reads that it needs."""

from amaranth import *
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from ..mem import Rom, table_style
from ..stream import Skid

__all__ = ["ReadAddressGenerator", "fetch_layout", "job_layout"]


def job_layout(h_rows: int, x_rows: int, kernel: int, joints: int, passes: int) -> data.StructLayout:
    """One pass of one (frame, joint).

    ``slot``: of row ``t * stride - pad`` in the H store (where it would be, when it is before the clip); ``tap_low``,
    ``tap_high``: first and last tap inside the clip; ``x_slot``: of row ``t * stride`` in the X store; ``joint``;
    ``index`` of the pass.
    """
    return data.StructLayout({
        "slot": range(max(2, h_rows)), "tap_low": range(max(2, kernel)), "tap_high": range(max(2, kernel)),
        "x_slot": range(max(2, x_rows)), "joint": range(max(2, joints)), "index": range(max(2, passes))})


def fetch_layout(entries: int) -> data.StructLayout:
    """A vector that was asked for, in the order of asking.

    ``entry`` of the schedule; ``from_x``: it comes from X; ``null``: nothing was asked for; ``last`` of its pass.
    """
    return data.StructLayout({"entry": range(max(2, entries)), "from_x": 1, "null": 1, "last": 1})


class ReadAddressGenerator(wiring.Component):
    """Read requests of a pass, in the order of its entries; taps outside of ``tap_low..tap_high`` are left out.

    Each request is announced on ``o`` first, so that a queue behind ``o`` that holds n announcements until their
    vectors are used bounds the vectors under way to n. A pass without any read announces one ``null``. The row of tap
    i is in slot ``(slot + i) mod rows``.

    Throughput: one entry a cycle, cut taps included, plus 5 cycles a job. Latency: 6 cycles from a job to the request
    of its first entry, when that is inside. ``job`` is held while it is worked on: ``job.ready`` comes with the last
    announcement. Storage: a ROM of one short word per entry, block RAM where there are many, four reads in registers.

    Parameters
    ----------
    cfg : LaneConfig

    Members
    -------
    job : In(stream of :func:`job_layout`)
    h_req : Out(stream of :func:`row_request_layout`), to the H store
    x_req : Out(stream of :func:`row_request_layout`), to the X store; only when the schedule reads X
    o : Out(stream of :func:`fetch_layout`)
    """

    JOB_OVERHEAD = 6
    """Cycles that a job takes beyond one per entry."""

    def __init__(self, cfg):
        self.cfg = cfg
        members = {
            "job": In(stream.Signature(cfg.job_layout)),
            "h_req": Out(stream.Signature(cfg.h_request)),
            "o": Out(stream.Signature(fetch_layout(len(cfg.schedule.entries)))),
        }
        if cfg.schedule.reads_x:
            members["x_req"] = Out(stream.Signature(cfg.x_request))
        super().__init__(members)

    def elaborate(self, platform):
        m = Module()
        cfg, schedule, job = self.cfg, self.cfg.schedule, self.job.payload

        info = data.StructLayout({
            "bank": range(max(2, cfg.h_banks, cfg.x_banks)), "tap": range(max(2, schedule.kernel)),
            "from_x": 1, "live": 1, "stop": 1})
        ends = {p.stop - 1 for p in schedule.passes}
        m.submodules.entries = rom = Rom(info.size, [
            info.const({"bank": entry.bank, "tap": entry.tap, "from_x": int(entry.source == "x"),
                        "live": int(entry.source != "none"), "stop": int(index in ends)}).as_bits()
            for index, entry in enumerate(schedule.entries)], latency=2, style=table_style(len(schedule.entries)),
                                         name="entries")

        # Entries come out of the ROM, those inside the clip become candidates, a candidate becomes the pending read;
        # that one leaves when it is known whether another follows it in this pass.
        at = Signal.like(self.o.payload.entry)
        running, read1, looked, ended = Signal(), Signal(), Signal(), Signal()
        at1, looked_at = Signal.like(at, name="at1", reset_less=True), Signal.like(at, reset_less=True)
        read = data.StructLayout({"entry": at.shape(), "from_x": 1, "bank": info["bank"].shape,
                                  "slot": range(max(2, cfg.h_rows, cfg.x_rows))})
        candidate = Signal(read, reset_less=True)
        pending = Signal(read, reset_less=True)
        candidate_valid, pending_valid = Signal(), Signal()
        m.submodules.requests = requests = Skid(data.StructLayout({"read": read, "joint": job.joint.shape()}))

        entry = data.View(info, rom.data)
        inside, look, leave, move = Signal(), Signal(), Signal(), Signal()
        row = Signal(range(cfg.h_rows + schedule.kernel))
        in_store = Array(n % cfg.h_rows for n in range(cfg.h_rows + schedule.kernel))[row]
        m.d.comb += [
            rom.addr.eq(at),
            rom.en.eq(look),
            inside.eq(entry.live & (entry.from_x | (entry.tap >= job.tap_low) & (entry.tap <= job.tap_high))),
            row.eq(job.slot + entry.tap),
            leave.eq(self.o.valid & self.o.ready),
            move.eq(candidate_valid & (~pending_valid | leave)),
            look.eq(~(looked & inside) | ~candidate_valid | move),
        ]

        with m.If(look):
            m.d.sync += [read1.eq(running), looked.eq(read1), at1.eq(at), looked_at.eq(at1), at.eq(at + 1)]
            with m.If(looked & inside):
                m.d.sync += [
                    candidate.entry.eq(looked_at),
                    candidate.bank.eq(entry.bank),
                    candidate.from_x.eq(entry.from_x),
                    candidate.slot.eq(Mux(entry.from_x, job.x_slot, in_store)),
                ]
            with m.If(looked & entry.stop):
                # The ROM is already two entries into the next pass.
                m.d.sync += [ended.eq(1), running.eq(0), read1.eq(0), looked.eq(0)]
        m.d.sync += candidate_valid.eq((candidate_valid & ~move) | (look & looked & inside))
        m.d.sync += pending_valid.eq((pending_valid & ~leave) | move)
        with m.If(move):
            m.d.sync += pending.eq(candidate)

        # There is room for a request whenever ``o`` is valid, so a pending read goes to both at once. The skid keeps
        # the arbiters of the stores out of this.
        m.d.comb += [
            self.o.valid.eq(Mux(pending_valid, (candidate_valid | ended) & requests.i.ready, ended & ~candidate_valid)),
            self.o.payload.entry.eq(pending.entry),
            self.o.payload.from_x.eq(pending.from_x & pending_valid),
            self.o.payload.null.eq(~pending_valid),
            self.o.payload.last.eq(ended & ~candidate_valid),
            self.job.ready.eq(leave & self.o.payload.last),
        ]
        m.d.comb += [
            requests.i.valid.eq(leave & pending_valid),
            requests.i.payload.read.eq(pending),
            requests.i.payload.joint.eq(job.joint),
        ]

        started = Signal()
        first = Array(p.first for p in schedule.passes)
        with m.If(self.job.valid & ~started):
            m.d.sync += [started.eq(1), running.eq(1), at.eq(first[job.index])]
        with m.If(self.job.ready):
            m.d.sync += [started.eq(0), ended.eq(0)]

        request = requests.o.payload.read
        ports = [(self.h_req, ~request.from_x)]
        if schedule.reads_x:
            ports.append((self.x_req, request.from_x))
        m.d.comb += requests.o.ready.eq(Cat(port.ready & mine for port, mine in ports).any())
        for port, mine in ports:
            m.d.comb += [
                port.valid.eq(requests.o.valid & mine),
                port.payload.slot.eq(request.slot),
                port.payload.joint.eq(requests.o.payload.joint),
                port.payload.bank.eq(request.bank),
            ]
        return m
