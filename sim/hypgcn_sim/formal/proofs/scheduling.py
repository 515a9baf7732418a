"""Proofs of the dispatcher and the read arbiter: order, and that nobody waits for ever."""

from amaranth.hdl import Cat, Mux, Signal, Value

from hypgcn.sparse.dispatch import Dispatcher, DispatcherConfig
from hypgcn.sparse.read_arbiter import ReadArbiter, ReadArbiterConfig
from hypgcn.stream import Skid

from ..proof import Mutant, Proof
from ..rules import Item, hold, quiet

__all__ = ["PROOFS"]

JOBS = DispatcherConfig(lanes=4, joints=2, passes=2, kernel=3, h_rows=3, x_rows=2, shortcut=True)
READS = ReadArbiterConfig(readers=3, rows=2, joints=2, banks=1, outstanding=2)


PASSED_OVER = 4
"""Jobs that go to other lanes at most while a lane of :data:`JOBS` is free; as many are reached."""


def _one_hot(value):
    """``value`` has at most one bit set."""
    return (value & (value - 1)[:len(value)]) == 0


def _dispatcher(harness):
    m = harness.m
    unit = harness.unit(Dispatcher(JOBS))
    dut = unit.component
    outputs = {"order": dut.order, "row": dut.row, "x_row": dut.x_row,
               **{f"job{n}": job for n, job in enumerate(dut.job)}}
    for target in (dut.i.valid, dut.i.payload, *(port.ready for port in outputs.values())):
        harness.free(target)
    hold(harness, dut.i.valid, dut.i.ready, dut.i.payload, "i", claim=harness.assume)
    for name, port in outputs.items():
        hold(harness, port.valid, port.ready, port.payload, name)
    quiet(harness, Cat(job.valid for job in dut.job).any(), "jobs")
    give = dut.order.valid & dut.order.ready
    lanes = dut.order.payload.chosen
    done = dut.i.valid & dut.i.ready

    # Every (joint, pass) of a row once, pass fastest; the row leaves with its last job.
    index, joint = Signal(2, name="pass_due"), Signal(2, name="joint_due")
    last_pass = index == JOBS.passes - 1
    with m.If(give):
        m.d.sync += index.eq(Mux(last_pass, 0, index + 1))
        m.d.sync += joint.eq(Mux(last_pass, Mux(joint == JOBS.joints - 1, 0, joint + 1), joint))
    harness.check((index < JOBS.passes) & (joint < JOBS.joints))
    harness.check((unit.inner("index") == index) & (unit.inner("joint") == joint))
    harness.check(dut.i.ready == (give & last_pass & (joint == JOBS.joints - 1)))
    harness.check(~give | dut.i.valid)

    # Each row is announced once to each side, before its first job.
    for name in ("row", "x_row"):
        announced = Signal(name=f"{name}_sent_once")
        m.d.sync += announced.eq((announced | (outputs[name].valid & outputs[name].ready)) & ~done)
        harness.check(unit.inner(f"{name}_announced") == announced)
        harness.check(~give | announced)
        harness.check(~outputs[name].valid | (dut.i.valid & ~announced))
        harness.check(announced | ((index == 0) & (joint == 0)))
    harness.check(~dut.row.valid | (dut.row.payload.overflow == dut.i.payload.overflow))
    harness.check(~dut.x_row.valid | (dut.x_row.payload.slot == dut.i.payload.x_slot))

    # The lane named by ``order``, and no other, gets that job, and it had none.
    harness.check(_one_hot(lanes) & (~dut.order.valid | (lanes != 0)))
    for n, job in enumerate(dut.job):
        chosen = give & lanes[n]
        harness.check(~lanes[n] | (dut.order.payload.lane == n))
        harness.check(~chosen | ~job.valid)
        given = harness.past(chosen, f"given{n}")
        fields = ("slot", "tap_low", "tap_high", "x_slot")
        expected = Cat(*(dut.i.payload[name] for name in fields), joint[:1], index[:1])
        held = harness.past(expected, f"given_job{n}")
        was = harness.past(job.valid & ~job.ready, f"had_job{n}")
        harness.check(job.valid == (given | was))
        harness.check(~given | (Cat(*(job.payload[name] for name in (*fields, "joint", "index"))) == held))
    _fair(harness, unit, dut, give, lanes)
    harness.reach(done)


def _fair(harness, unit, dut, give, lanes):
    """Any three jobs in a row go to three lanes, and a free lane is passed over by a bounded number of jobs."""
    m = harness.m
    recent = [Signal(JOBS.lanes, name=f"lane_before{n}") for n in range(JOBS.lanes - 2)]
    with m.If(give):
        m.d.sync += [new.eq(old) for new, old in zip(recent, (lanes, *recent))]
    for earlier in recent:
        harness.check(~give | ((lanes & earlier) == 0))
    for n, job in enumerate(dut.job):
        passed = Signal(range(PASSED_OVER + 2), name=f"passed_over{n}")
        with m.If(job.valid | (give & lanes[n])):
            m.d.sync += passed.eq(0)
        with m.Elif(give):
            m.d.sync += passed.eq(passed + (passed <= PASSED_OVER))
        harness.check(passed <= PASSED_OVER)
        harness.reach(passed == PASSED_OVER)


def _arbiter(harness):
    m = harness.m
    unit = harness.unit(ReadArbiter(READS))
    dut = unit.component
    for reader in dut.i_req:
        for target in (reader.payload, reader.valid):
            harness.free(target)
    for target in (dut.req.ready, dut.rsp.payload, dut.rsp.valid, *(reader.ready for reader in dut.i_rsp)):
        harness.free(target)

    # The store: answers the requests in order, here with the request itself in the mask.
    request = Value.cast(dut.req.payload)
    asked, answered = dut.req.valid & dut.req.ready, dut.rsp.valid & dut.rsp.ready
    places = [Signal(len(request), name=f"asked{n}", reset_less=True) for n in range(READS.outstanding)]
    level = Signal(range(READS.outstanding + 2), name="asked_level")
    m.d.sync += level.eq(level + asked - answered)
    for n, place in enumerate(places):
        with m.If(answered):
            m.d.sync += place.eq(places[min(n + 1, READS.outstanding - 1)])
        with m.If(asked & (level - answered == n)):
            m.d.sync += place.eq(request)
    harness.assume(~dut.rsp.valid | ((level != 0) & (dut.rsp.payload.vector.mask == places[0])))
    hold(harness, dut.rsp.valid, dut.rsp.ready, dut.rsp.payload, "rsp", claim=harness.assume)
    harness.check(level <= READS.outstanding)
    hold(harness, dut.req.valid, dut.req.ready, dut.req.payload, "req")
    quiet(harness, dut.req.valid, "req")
    harness.check(_one_hot(Cat(reader.valid for reader in dut.i_rsp)))

    for n, reply in enumerate(dut.i_rsp):
        hold(harness, reply.valid, reply.ready, reply.payload, f"reader{n}")
        granted = unit.inner("transfer") & unit.inner("grant")[n]
        passed = Signal(range(READS.readers + 1), name=f"passed_over{n}")
        with m.If(granted | ~unit.inner("requesting")[n]):
            m.d.sync += passed.eq(0)
        with m.Elif(unit.inner("transfer")):
            m.d.sync += passed.eq(passed + 1)
        harness.check(passed < READS.readers)
        harness.reach(passed == READS.readers - 1)
    # By symmetry of the claims above, any reader will do.
    ask, reply = dut.i_req[1], dut.i_rsp[1]
    item = Item(harness, ask.valid & ask.ready, reply.valid & reply.ready, ask.payload, Skid.PLACES + READS.outstanding)
    harness.check(~item.leaves | (reply.payload.vector.mask == item.value))


PROOFS = (
    Proof(name="dispatcher", depth=18, deep=24, build=_dispatcher, weight=12,
          text=f"jobs are (joint, pass) in order, each to the one lane that is named, which had none; rows are "
               f"announced once, before their jobs; any {JOBS.lanes - 1} jobs in a row go to different lanes of "
               f"{JOBS.lanes}, and a free lane is passed over {PASSED_OVER} times at most",
          mutant=Mutant(owner=Dispatcher, method="_choose_lane", old="first.eq(free & above)", new="first.eq(0)")),
    Proof(name="read_arbiter", depth=8, deep=9, build=_arbiter, weight=4,
          text=f"requests keep their order, the answer goes to the reader that asked, and a request is passed over "
               f"{READS.readers - 1} times at most by {READS.readers} readers",
          mutant=Mutant(owner=ReadArbiter, method="elaborate", old="first.eq(requesting & above)", new="first.eq(0)")),
)
