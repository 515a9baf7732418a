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

    Throughput: one entry a cycle, skipped taps included, without a gap between jobs. Latency: 6 cycles from a job to
    the request of its first entry, when that is inside. Storage: a ROM of one short word per entry, block RAM where
    there are many; the parameters of three jobs and four reads in registers.

    Parameters
    ----------
    cfg : LaneConfig

    Members
    -------
    job : In(stream of :func:`job_layout`)
        Jobs, each taken in the cycle after its first entry is looked up.
    h_req : Out(stream of :func:`row_request_layout`)
        Reads of the store of features.
    x_req : Out(stream of :func:`row_request_layout`)
        Reads of the X store; only when the schedule reads X.
    o : Out(stream of :func:`fetch_layout`)
        One announcement per read.
    """

    JOB_CYCLES = 4
    """Least cycles from a job to the next: the job is taken, the dispatcher sees that the lane is free, chooses it, and
    gives the job."""

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
        self._read = data.StructLayout({
            "entry": self.o.payload.entry.shape(), "from_x": 1, "bank": range(max(2, cfg.h_banks, cfg.x_banks)),
            "slot": range(max(2, cfg.h_rows, cfg.x_rows)), "joint": self.job.payload.joint.shape()})
        # An item without a read only says that its pass ends.
        self._item = data.StructLayout({"read": self._read, "real": 1, "stop": 1})

    def elaborate(self, platform):
        m = Module()
        look = Signal()
        move = Signal()
        candidate = Signal(self._item, reset_less=True)
        candidate_valid = Signal()
        self._look_up(m, look, move, candidate, candidate_valid)
        m.submodules.requests = requests = Skid(self._read)
        self._announce(m, requests, move, candidate, candidate_valid)
        self._request(m, requests.o)
        return m

    def _entries(self, m):
        """ROM of the entries of all passes."""
        cfg, schedule = self.cfg, self.cfg.schedule
        info = data.StructLayout({
            "bank": range(max(2, cfg.h_banks, cfg.x_banks)), "tap": range(max(2, schedule.kernel)),
            "from_x": 1, "live": 1, "stop": 1})
        ends = {p.stop - 1 for p in schedule.passes}
        words = [info.const({"bank": entry.bank, "tap": entry.tap, "from_x": int(entry.source == "x"),
                             "live": int(entry.source != "none"), "stop": int(index in ends)}).as_bits()
                 for index, entry in enumerate(schedule.entries)]
        m.submodules.entries = rom = Rom(info.size, words, latency=2, style=table_style(len(words)), name="entries",
                                         holds="banks and taps that the passes read")
        return rom, data.View(info, rom.data)

    def _addresses(self, m, look):
        """Addresses of the ROM, a pass of a job after that of another, with the job of each."""
        schedule, job = self.cfg.schedule, self.job.payload
        at, end = Signal.like(self.o.payload.entry, name="at"), Signal.like(self.o.payload.entry, name="end")
        current = Signal(self.cfg.job_layout, reset_less=True)
        running = Signal()
        load = Signal()
        taken = Signal()
        first, last = Array(p.first for p in schedule.passes), Array(p.stop - 1 for p in schedule.passes)
        # A job is transferred in the cycle after it was loaded: ``look`` comes late, and the dispatcher goes by ready.
        m.d.comb += [load.eq(self.job.valid & ~taken & (~running | look & (at == end))), self.job.ready.eq(taken)]
        m.d.sync += taken.eq(load)
        with m.If(load):
            m.d.sync += [running.eq(1), at.eq(first[job.index]), end.eq(last[job.index]), current.eq(job)]
        with m.Elif(look):
            m.d.sync += [running.eq(running & (at != end)), at.eq(at + 1)]
        return at, current, running

    def _look_up(self, m, look, move, candidate, candidate_valid):
        """Entries leave the ROM; those inside the clip and the last of each pass become the candidate."""
        cfg = self.cfg
        rom, entry = self._entries(m)
        at, current, running = self._addresses(m, look)
        read1 = Signal()
        looked = Signal()
        at1, looked_at = (Signal.like(at, name=name, reset_less=True) for name in ("at1", "looked_at"))
        job1, job = (Signal(cfg.job_layout, name=name, reset_less=True) for name in ("job1", "job2"))
        row = Signal(range(cfg.h_rows + cfg.schedule.kernel))
        # A table for the remainder: one LUT per bit and a few inputs, where a comparison would add a level.
        in_store = Array(n % cfg.h_rows for n in range(cfg.h_rows + cfg.schedule.kernel))[row]
        inside = Signal()
        found = Signal()
        m.d.comb += [
            rom.addr.eq(at),
            rom.en.eq(look),
            inside.eq(entry.live & (entry.from_x | (entry.tap >= job.tap_low) & (entry.tap <= job.tap_high))),
            row.eq(job.slot + entry.tap),
            found.eq(looked & (inside | entry.stop)),
            # Not ``found``, which comes late: entries outside the clip wait as well while the candidate has to.
            look.eq(~looked | ~candidate_valid | move),
        ]
        with m.If(look):
            m.d.sync += [read1.eq(running), looked.eq(read1), at1.eq(at), looked_at.eq(at1), job1.eq(current),
                         job.eq(job1)]
            with m.If(found):
                m.d.sync += [
                    candidate.read.entry.eq(looked_at),
                    candidate.read.bank.eq(entry.bank),
                    candidate.read.from_x.eq(entry.from_x),
                    candidate.read.slot.eq(Mux(entry.from_x, job.x_slot, in_store)),
                    candidate.read.joint.eq(job.joint),
                    candidate.real.eq(inside), candidate.stop.eq(entry.stop),
                ]
        m.d.sync += candidate_valid.eq((candidate_valid & ~move) | (look & found))

    def _announce(self, m, requests, move, candidate, candidate_valid):
        """The candidate becomes the pending item, which goes to ``o`` and to the requests at once.

        ``o`` is valid only while both have room. A pending read leaves only when it is known whether another one
        follows it in its pass: it is the last entry, or there is a candidate. A candidate without a read then ends the
        pass of the pending read, and is dropped; after none of its pass it becomes the ``null``. So ``last`` needs no
        look into the future.
        """
        pending = Signal(self._item, reset_less=True)
        pending_valid = Signal()
        leave = Signal()
        ends = Signal()
        m.d.comb += [
            ends.eq(pending_valid & ~pending.stop & ~candidate.real),
            # The skid buffer keeps the arbiters of the stores out of this combinational path.
            self.o.valid.eq(pending_valid & (pending.stop | candidate_valid) & requests.i.ready),
            self.o.payload.entry.eq(pending.read.entry),
            self.o.payload.from_x.eq(pending.read.from_x & pending.real),
            self.o.payload.null.eq(~pending.real),
            self.o.payload.last.eq(pending.stop | ~candidate.real),
            leave.eq(self.o.valid & self.o.ready),
            move.eq(candidate_valid & (~pending_valid | leave)),
            requests.i.valid.eq(leave & pending.real),
            requests.i.payload.eq(pending.read),
        ]
        m.d.sync += pending_valid.eq((pending_valid & ~leave) | (move & ~ends))
        with m.If(move):
            m.d.sync += pending.eq(candidate)

    def _request(self, m, requests):
        """Each request goes to the store that holds its vector."""
        request = requests.payload
        ports = [(self.h_req, ~request.from_x)]
        if self.cfg.schedule.reads_x:
            ports.append((self.x_req, request.from_x))
        m.d.comb += requests.ready.eq(Cat(port.ready & addressed for port, addressed in ports).any())
        for port, addressed in ports:
            m.d.comb += [
                port.valid.eq(requests.valid & addressed),
                port.payload.slot.eq(request.slot),
                port.payload.joint.eq(request.joint),
                port.payload.bank.eq(request.bank),
            ]
