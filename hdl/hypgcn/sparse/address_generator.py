"""Read-address generator: from a job to its read requests."""

from amaranth import *
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from ..mem import Rom, table_style
from ..stream import Skid

__all__ = ["ReadAddressGenerator", "fetch_layout", "job_layout"]


def job_layout(h_rows: int, x_rows: int, kernel: int, joints: int, passes: int) -> data.StructLayout:
    """A job: one pass of one (frame, joint).

    Members
    -------
    slot : range(h_rows)
        Row slot of frame ``t * stride - pad`` in the store of features; for a frame before the clip, the slot it would
        have.
    tap_low, tap_high : range(kernel)
        First and last tap inside the clip.
    x_slot : range(x_rows)
        Row slot of frame ``t * stride`` in the X store.
    joint : range(joints)
        Joint.
    index : range(passes)
        Pass of the schedule.
    """
    return data.StructLayout({
        "slot": range(max(2, h_rows)), "tap_low": range(max(2, kernel)), "tap_high": range(max(2, kernel)),
        "x_slot": range(max(2, x_rows)), "joint": range(max(2, joints)), "index": range(max(2, passes))})


def fetch_layout(entries: int) -> data.StructLayout:
    """Announcement of a read, in the order of the requests.

    Members
    -------
    entry : range(entries)
        Entry of the schedule: which weights meet the vector.
    from_x : 1
        The vector comes from the X store, else from the store of features.
    null : 1
        Nothing is read; the only announcement of a pass without reads.
    last : 1
        Last announcement of its pass.
    """
    return data.StructLayout({"entry": range(max(2, entries)), "from_x": 1, "null": 1, "last": 1})


class ReadAddressGenerator(wiring.Component):
    """Read requests of a pass, in the order of its entries; taps outside of ``tap_low..tap_high`` are skipped.

    Each request is announced on ``o``. A FIFO behind ``o`` that keeps n announcements until their vectors are used
    bounds the vectors in flight to n. A pass without reads announces one ``null``. The row of tap i is in slot
    ``(slot + i) mod rows``.

    Throughput: one entry a cycle, skipped taps included, plus 5 cycles a job. Latency: 6 cycles from a job to the
    request of its first entry, when that is inside. ``job.ready`` comes with the last announcement. Storage: a ROM of
    one short word per entry, block RAM where there are many; four reads in registers.

    Parameters
    ----------
    cfg : LaneConfig

    Members
    -------
    job : In(stream of :func:`job_layout`)
        Jobs, each held until its last announcement.
    h_req : Out(stream of :func:`row_request_layout`)
        Reads of the store of features.
    x_req : Out(stream of :func:`row_request_layout`)
        Reads of the X store; only when the schedule reads X.
    o : Out(stream of :func:`fetch_layout`)
        One announcement per read.
    """

    JOB_OVERHEAD = 6
    """Cycles of a job beyond one per entry, the cycle in which the dispatcher gives it included."""

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
        cfg, schedule = self.cfg, self.cfg.schedule
        at = Signal.like(self.o.payload.entry)
        read = data.StructLayout({"entry": at.shape(), "from_x": 1, "bank": range(max(2, cfg.h_banks, cfg.x_banks)),
                                  "slot": range(max(2, cfg.h_rows, cfg.x_rows))})
        running = Signal()
        ended = Signal()
        started = Signal()
        requests = Skid(data.StructLayout({"read": read, "joint": self.job.payload.joint.shape()}))

        candidate_valid, pending, pending_valid, leave = self._look_up(m, at, read, running, ended)
        m.submodules.requests = requests
        self._announce(m, requests, candidate_valid, pending, pending_valid, leave, ended)

        first = Array(p.first for p in schedule.passes)
        with m.If(self.job.valid & ~started):
            m.d.sync += [started.eq(1), running.eq(1), at.eq(first[self.job.payload.index])]
        with m.If(self.job.ready):
            m.d.sync += [started.eq(0), ended.eq(0)]
        self._request(m, requests.o)
        return m

    def _entries(self, m):
        """ROM of the entries of all passes; ``stop`` marks the last entry of a pass."""
        cfg, schedule = self.cfg, self.cfg.schedule
        info = data.StructLayout({
            "bank": range(max(2, cfg.h_banks, cfg.x_banks)), "tap": range(max(2, schedule.kernel)),
            "from_x": 1, "live": 1, "stop": 1})
        ends = {p.stop - 1 for p in schedule.passes}
        words = [info.const({"bank": entry.bank, "tap": entry.tap, "from_x": int(entry.source == "x"),
                             "live": int(entry.source != "none"), "stop": int(index in ends)}).as_bits()
                 for index, entry in enumerate(schedule.entries)]
        m.submodules.entries = rom = Rom(info.size, words, latency=2, style=table_style(len(words)), name="entries")
        return rom, data.View(info, rom.data)

    def _look_up(self, m, at, read, running, ended):
        """Entries leave the ROM, those inside the clip become candidates, a candidate becomes the pending read.

        The pending read leaves only when it is known whether another one follows it in this pass: a candidate is
        there, or the entries have ended. So ``last`` needs no look into the future.
        """
        cfg, job = self.cfg, self.job.payload
        rom, entry = self._entries(m)
        read1 = Signal()
        looked = Signal()
        at1 = Signal.like(at, name="at1", reset_less=True)
        looked_at = Signal.like(at, reset_less=True)
        candidate = Signal(read, reset_less=True)
        pending = Signal(read, reset_less=True)
        candidate_valid = Signal()
        pending_valid = Signal()

        inside = Signal()
        look = Signal()
        leave = Signal()
        move = Signal()
        row = Signal(range(cfg.h_rows + cfg.schedule.kernel))
        # A table for the remainder: one LUT per bit and a few inputs, where a comparison would add a level.
        in_store = Array(n % cfg.h_rows for n in range(cfg.h_rows + cfg.schedule.kernel))[row]
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
                # The ROM is already two entries into the next pass: these are dropped.
                m.d.sync += [ended.eq(1), running.eq(0), read1.eq(0), looked.eq(0)]
        m.d.sync += candidate_valid.eq((candidate_valid & ~move) | (look & looked & inside))
        m.d.sync += pending_valid.eq((pending_valid & ~leave) | move)
        with m.If(move):
            m.d.sync += pending.eq(candidate)
        return candidate_valid, pending, pending_valid, leave

    def _announce(self, m, requests, candidate_valid, pending, pending_valid, leave, ended):
        """The pending read goes to ``o`` and to the requests at once: ``o`` is valid only while both have room.

        The skid buffer keeps the arbiters of the stores out of this combinational path.
        """
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
            requests.i.payload.joint.eq(self.job.payload.joint),
        ]

    def _request(self, m, requests):
        """Each request goes to the store that holds its vector."""
        request = requests.payload.read
        ports = [(self.h_req, ~request.from_x)]
        if self.cfg.schedule.reads_x:
            ports.append((self.x_req, request.from_x))
        m.d.comb += requests.ready.eq(Cat(port.ready & addressed for port, addressed in ports).any())
        for port, addressed in ports:
            m.d.comb += [
                port.valid.eq(requests.valid & addressed),
                port.payload.slot.eq(request.slot),
                port.payload.joint.eq(requests.payload.joint),
                port.payload.bank.eq(request.bank),
            ]
