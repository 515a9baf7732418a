"""Dispatcher: output rows become jobs, and jobs go to free lanes."""

from dataclasses import dataclass

from amaranth import *
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from ..arith.bits import lowest_one, ones_below
from ..design.checks import check_int
from ..stream.layouts import order_layout, slot_layout
from .address_generator import job_layout
from .window import window_layout

__all__ = ["Dispatcher", "DispatcherConfig"]


@dataclass(frozen=True, kw_only=True)
class DispatcherConfig:
    """Parameters of a dispatcher.

    Parameters
    ----------
    lanes : int, at least 1
        Lanes.
    joints : int, at least 1
        Joints of a row.
    passes : int, at least 1
        Passes of the schedule.
    kernel : int, at least 1
        Taps.
    h_rows : int, at least 1
        Row slots of the store of features.
    x_rows : int, at least 1
        Row slots of the X store.
    shortcut : bool
        With the port ``x_row``, for a reader of X.
    """

    lanes: int
    joints: int
    passes: int
    kernel: int
    h_rows: int
    x_rows: int
    shortcut: bool = False

    def __post_init__(self):
        for name in ("lanes", "joints", "passes", "kernel", "h_rows", "x_rows"):
            check_int(name, getattr(self, name), 1)


class Dispatcher(wiring.Component):
    """Dynamic scheduler: one job per (joint, pass) of an output row, pass fastest, to free lanes in round robin.

    A lane is free when it has taken its last job, which it does when the reads of that job have been requested; so
    lanes with few non-zeros get more jobs. Of three lanes or more none gets a job before all others but one have had
    theirs. ``order`` carries the lane of each job: results are retired in that order. Decision 4 gives the reasons.

    Throughput: one job a cycle, and 1 cycle between rows. Latency: 2 cycles from a row to its first job. It stalls
    while ``order``, ``row`` or ``x_row`` does. Storage: one job per lane in registers, and lanes * (lanes - 3) bits.

    Parameters
    ----------
    cfg : DispatcherConfig

    Members
    -------
    i : In(stream of :func:`window_layout`)
        Output rows; each is taken with its last job.
    job : ``lanes`` x Out(stream of :func:`job_layout`)
        Jobs of each lane.
    order : Out(stream of :func:`order_layout`)
        Lane of each job.
    row : Out(stream of {``overflow``})
        One per output row, before its jobs.
    x_row : Out(stream of :func:`slot_layout`)
        Row of X of each output row, before its jobs; only with ``shortcut``.
    """

    def __init__(self, cfg: DispatcherConfig):
        self.cfg = cfg
        jobs = job_layout(cfg.h_rows, cfg.x_rows, cfg.kernel, cfg.joints, cfg.passes)
        members = {
            "i": In(stream.Signature(window_layout(cfg.h_rows, cfg.x_rows, cfg.kernel))),
            "job": Out(stream.Signature(jobs)).array(cfg.lanes),
            "order": Out(stream.Signature(order_layout(cfg.lanes))),
            "row": Out(stream.Signature(data.StructLayout({"overflow": 1}))),
        }
        if cfg.shortcut:
            members["x_row"] = Out(stream.Signature(slot_layout(cfg.x_rows)))
        super().__init__(members)

    def elaborate(self, platform):
        m = Module()
        give = Signal()
        chosen, chosen_valid = self._choose_lane(m, give)
        announced = self._announce_row(m)

        m.d.comb += [
            self.order.valid.eq(self.i.valid & Cat(announced).all() & chosen_valid),
            give.eq(self.order.valid & self.order.ready),
            self.order.payload.chosen.eq(chosen),
        ]
        for lane in range(self.cfg.lanes):
            with m.If(chosen[lane]):
                m.d.comb += self.order.payload.lane.eq(lane)
        self._give_job(m, give, chosen, announced)
        return m

    def _choose_lane(self, m, give):
        """Lane of the next job, one-hot, in a register: the choice must hold while ``order`` is stalled."""
        cfg = self.cfg
        free = Signal(cfg.lanes)
        first = Signal(cfg.lanes)
        grant = Signal(cfg.lanes)
        chosen = Signal(cfg.lanes)
        above = Signal(cfg.lanes)           # lanes above the last grant: they have priority
        chosen_valid = Signal()
        # Lanes of the last grants before ``chosen``. With it these are all lanes but two, and none of them is granted
        # again: a lane with short jobs would run ahead of the in-order retirement and block it.
        recent = Signal(cfg.lanes)
        before = [Signal(cfg.lanes, name=f"before{n}") for n in range(max(0, cfg.lanes - 4))]   # all but the oldest
        m.d.comb += [
            free.eq(~Cat(job.valid for job in self.job) & ~recent
                    & ~(chosen if cfg.lanes > 2 else Mux(chosen_valid, chosen, 0))),
            first.eq(free & above),
            grant.eq(Mux(first.any(), lowest_one(first), lowest_one(free))),
        ]
        with m.If(give | ~chosen_valid):
            m.d.sync += chosen_valid.eq(free.any())
            with m.If(free.any()):
                granted = [chosen, *before]
                m.d.sync += [chosen.eq(grant), above.eq(ones_below(grant)),
                             *(old.eq(new) for new, old in zip(granted, before))]
                if cfg.lanes > 3:
                    m.d.sync += [lane.eq(Cat(*lanes).any()) for lane, lanes in zip(recent, zip(*granted))]
        return chosen, chosen_valid

    def _announce_row(self, m):
        """Send ``row`` and ``x_row`` once per output row; a flag for each that is sent."""
        announced = [Signal(name="row_announced")]
        m.d.comb += [
            self.row.valid.eq(self.i.valid & ~announced[0]),
            self.row.payload.overflow.eq(self.i.payload.overflow),
        ]
        if self.cfg.shortcut:
            announced.append(Signal(name="x_row_announced"))
            m.d.comb += [
                self.x_row.valid.eq(self.i.valid & ~announced[1]),
                self.x_row.payload.slot.eq(self.i.payload.x_slot),
            ]
        for sent, port in zip(announced, (self.row, self.x_row) if self.cfg.shortcut else (self.row,)):
            with m.If(port.valid & port.ready):
                m.d.sync += sent.eq(1)
        return announced

    def _give_job(self, m, give, chosen, announced):
        """Count joints and passes, and load the job register of the chosen lane."""
        cfg, window = self.cfg, self.i.payload
        joint = Signal(range(max(2, cfg.joints)))
        index = Signal(range(max(2, cfg.passes)))
        with m.If(give):
            m.d.sync += index.eq(index + 1)
            with m.If(index == cfg.passes - 1):
                m.d.sync += [index.eq(0), joint.eq(joint + 1)]
                with m.If(joint == cfg.joints - 1):
                    m.d.comb += self.i.ready.eq(1)
                    m.d.sync += [joint.eq(0), *(sent.eq(0) for sent in announced)]

        for lane, job in enumerate(self.job):
            with m.If(give & chosen[lane]):
                m.d.sync += [
                    job.valid.eq(1),
                    *(job.payload[name].eq(window[name]) for name in ("slot", "tap_low", "tap_high", "x_slot")),
                    job.payload.joint.eq(joint),
                    job.payload.index.eq(index),
                ]
            with m.Elif(job.ready):
                m.d.sync += job.valid.eq(0)
