"""Dispatcher: output rows become jobs, jobs go to lanes that have nothing to do."""

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
    """Sizes of a dispatcher.

    ``lanes``, ``joints``, ``passes`` of the schedule, ``kernel``, ``h_rows``, ``x_rows``: each at least 1;
    ``shortcut``: a reader of X wants to hear of rows.
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
    """Makes the jobs of each output row, joint slow and pass fast, and gives each to a free lane: the one whose turn it
    is or the next after it.

    A lane is free when it has taken its last job, which it does as soon as the reads of that job are under way; so
    lanes with few non-zeros get more jobs. Of three lanes or more none gets a job before all others but one have had
    theirs. ``order`` tells which lane got each job: results retire in that order. Decision 4 says why.

    Throughput: one job a cycle; 1 cycle a row in between. Latency: 2 cycles from a row to its first job. A full
    ``order``, ``row`` or ``x_row`` makes it wait. Storage: one job per lane in registers, and lanes * (lanes - 3) bits.

    Parameters
    ----------
    cfg : DispatcherConfig

    Members
    -------
    i : In(stream of :func:`window_layout`), taken with the row's last job
    job : ``lanes`` x Out(stream of :func:`job_layout`)
    order : Out(stream of :func:`order_layout`), one per job
    row : Out(stream of {``overflow``}), one per output row, before its jobs
    x_row : Out(stream of :func:`slot_layout`), the same with the row of X; only with ``shortcut``
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
        cfg, window = self.cfg, self.i.payload

        # The lane for the next job is chosen a cycle early, so that the choice stays while ``order`` waits.
        free, others, wanted, chosen = (Signal(cfg.lanes, name=name) for name in ("free", "others", "wanted", "chosen"))
        above = Signal(cfg.lanes)           # lanes after the one chosen last
        chosen_valid, give = Signal(), Signal()
        # The choices before ``chosen``; with it, all lanes but two.
        before = [Signal(cfg.lanes, name=f"before{n}") for n in range(max(0, cfg.lanes - 3))]
        taken = Cat(job.valid for job in self.job)
        for had in before:
            taken = taken | had
        m.d.comb += [
            free.eq(~taken & ~(chosen if cfg.lanes > 2 else Mux(chosen_valid, chosen, 0))),
            others.eq(free & above),
            wanted.eq(Mux(others.any(), lowest_one(others), lowest_one(free))),
        ]
        with m.If(give | ~chosen_valid):
            m.d.sync += chosen_valid.eq(free.any())
            with m.If(free.any()):
                m.d.sync += [chosen.eq(wanted), above.eq(ones_below(wanted)),
                             *(old.eq(new) for new, old in zip([chosen, *before], before))]

        joint, index = Signal(range(max(2, cfg.joints))), Signal(range(max(2, cfg.passes)))
        announced = [Signal(name="row_announced")]
        m.d.comb += [
            self.row.valid.eq(self.i.valid & ~announced[0]),
            self.row.payload.overflow.eq(window.overflow),
        ]
        if cfg.shortcut:
            announced.append(Signal(name="x_row_announced"))
            m.d.comb += [
                self.x_row.valid.eq(self.i.valid & ~announced[1]),
                self.x_row.payload.slot.eq(window.x_slot),
            ]
        for told, port in zip(announced, (self.row, self.x_row) if cfg.shortcut else (self.row,)):
            with m.If(port.valid & port.ready):
                m.d.sync += told.eq(1)

        m.d.comb += [
            self.order.valid.eq(self.i.valid & Cat(announced).all() & chosen_valid),
            give.eq(self.order.valid & self.order.ready),
            self.order.payload.chosen.eq(chosen),
        ]
        for lane in range(cfg.lanes):
            with m.If(chosen[lane]):
                m.d.comb += self.order.payload.lane.eq(lane)

        with m.If(give):
            m.d.sync += index.eq(index + 1)
            with m.If(index == cfg.passes - 1):
                m.d.sync += [index.eq(0), joint.eq(joint + 1)]
                with m.If(joint == cfg.joints - 1):
                    m.d.comb += self.i.ready.eq(1)
                    m.d.sync += [joint.eq(0), *(told.eq(0) for told in announced)]

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
        return m
