"""1x1 convolution of one row: joints x output-channel pairs in lockstep."""

from amaranth import *
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from ..arith import PackedDot, PackedMacConfig
from ..arith.bits import stepped
from ..arith.delay import delayed
from ..emission.shared import shared
from ..mem import Ram, Rom
from ..stream import Queue, connect
from ..stream.activity import state_layout, unit_state
from .array_config import MEMORY_LATENCY, ConvArrayConfig

__all__ = ["ConvArray"]


class ConvArray(wiring.Component):
    """Dense matrix product of a row's entries with the weights: ``acc[w][o] = sum_e z[e][w] * weights[o][e]``.

    The row is stored, and traversed once per pass (2 * P output channels) and group of J joints, in S = ceil(E / D)
    steps: D entries and their 2 * P weights each meet in J * P chains of D packed MACs. The sums of a traversal are
    captured and leave ``width`` a cycle during the next one. For as many MACs, long chains instead of many pairs mean
    fewer sums to capture and to choose from, in LUTs, and more memories of a row side by side.

    Throughput: a row takes ``ceil(O / 2P) * ceil(V / J) * S`` cycles when S is at least the words of a traversal,
    ``J * 2P / width``, and at least ``delay``; in general :attr:`ConvArrayConfig.cycles`. No gap between traversals or
    rows; the row memory is double (ping-pong).
    Latency: ``S + delay + 3 + Queue.LATENCY`` cycles from a row's last entry to its first word.
    Stall: the arithmetic never stops; a traversal starts only when the sums of the one before are safe. ``i`` is not
    ready while two rows wait.
    DSP: ``J * P * D`` packed MACs. Storage: D memories of ``2 * S`` words of ``8 * V`` bits; D weight ROMs of
    ``ceil(O / 2P) * S`` words of ``16 * P`` bits; ``J * P`` raw sums in flip-flops; a queue of ``delay + 6`` words in
    LUT RAM.

    Parameters
    ----------
    cfg : ConvArrayConfig

    Members
    -------
    i : In(stream, V x signed(8))
        E entries per row.
    o : Out(stream, {``acc``: width x signed(acc_width), ``joint``, ``group``, ``last``: of the row})
        Sums of channels ``group * width + lane``, 0 beyond O; order: pass, group of joints, joint, group of the
        pass.
    state : Out(state)
        Whether a step is read; only with ``cfg.counters``.
    """

    def __init__(self, cfg: ConvArrayConfig):
        self.cfg = cfg
        super().__init__({
            "i": In(stream.Signature(data.ArrayLayout(signed(8), cfg.joints))),
            "o": Out(stream.Signature(cfg.o_layout)),
            **({"state": Out(state_layout())} if cfg.counters else {}),
        })

    def elaborate(self, platform):
        m = Module()
        cfg, i = self.cfg, self.i
        m.submodules.queue = queue = Queue(cfg.o_layout, cfg.delay + 6)
        connect(m, queue.o, wiring.flipped(self.o))
        rows, weights = [], []
        for place, table in enumerate(cfg.weight_tables):
            rows.append(Ram(8 * cfg.joints, 2 * cfg.steps, latency=MEMORY_LATENCY, style=cfg.rows_style))
            weights.append(Rom(16 * cfg.conv_pairs, [int.from_bytes(word.tobytes(), "little") for word in table],
                               latency=MEMORY_LATENCY, name="conv", holds="weights of the 1x1 convolution"))
            m.submodules[f"rows{place}"], m.submodules[f"weights{place}"] = rows[-1], weights[-1]

        # Filling side: entry D * s + d of the row is word s of memory d.
        full = Signal(2)
        fill_half = Signal()
        fill_addr = Signal(range(2 * cfg.steps))
        fill_place = Signal(range(max(2, cfg.conv_depth)))
        put = Signal()
        row_put = Signal()
        last_place = (cfg.entries - 1) % cfg.conv_depth
        fill_end = fill_addr == 2 * cfg.steps - 1
        m.d.comb += [
            i.ready.eq(~full.bit_select(fill_half, 1)),
            put.eq(i.valid & i.ready),
            row_put.eq((fill_place == last_place) & (fill_end | (fill_addr == cfg.steps - 1))),
        ]
        for place, memory in enumerate(rows):
            m.d.comb += [
                memory.w_en.eq(put & (fill_place == place)), memory.w_addr.eq(fill_addr),
                memory.w_data.eq(i.payload.as_value()),
            ]
        with m.If(put):
            m.d.sync += fill_place.eq(fill_place + 1)
            with m.If((fill_place == cfg.conv_depth - 1) | row_put):
                m.d.sync += [fill_place.eq(0), fill_addr.eq(Mux(fill_end, 0, fill_addr + 1))]
            with m.If(row_put):
                m.d.sync += [full.bit_select(fill_half, 1).eq(1), fill_half.eq(~fill_half)]

        # Reading side: pass / joint group / step.
        half, go, begin, end, row_end = (Signal(name=name) for name in ("half", "go", "begin", "end", "row_end"))
        step = Signal(range(max(2, cfg.steps)))
        r_addr = Signal(range(2 * cfg.steps))
        joint_group = Signal(range(max(2, cfg.joint_groups)))
        this_pass = Signal(range(max(2, cfg.passes)))
        pass_base = Signal(range(max(2, cfg.passes * cfg.steps)))  # pass * S
        may_begin = Signal()
        m.d.comb += [
            begin.eq(step == 0),
            go.eq(full.bit_select(half, 1) & (may_begin | ~begin)),
            # A traversal of more than one step never ends where it begins.
            end.eq((go if cfg.steps == 1 else full.bit_select(half, 1)) & (step == cfg.steps - 1)),
            row_end.eq(end & (joint_group == cfg.joint_groups - 1) & (this_pass == cfg.passes - 1)),
            r_addr.eq(Mux(half, cfg.steps, 0) + step),
        ]
        with m.If(go):
            m.d.sync += step.eq(step + 1)
        with m.If(end):
            m.d.sync += [step.eq(0), joint_group.eq(joint_group + 1)]
            with m.If(joint_group == cfg.joint_groups - 1):
                m.d.sync += [joint_group.eq(0), this_pass.eq(this_pass + 1), pass_base.eq(pass_base + cfg.steps)]
        with m.If(row_end):
            m.d.sync += [this_pass.eq(0), pass_base.eq(0), full.bit_select(half, 1).eq(0), half.eq(~half)]

        if cfg.counters:
            m.d.comb += self.state.eq(unit_state(busy=go, offered=full.bit_select(half, 1)))

        # The joints of the group are chosen in a cycle of their own; the weights are read one cycle later to meet them.
        # Everything of place d of the chains is d cycles later than that of place 0.
        first = delayed(m, begin & go, MEMORY_LATENCY + cfg.conv_depth, name="first", reset_less=False)
        w_addr, read_group = pass_base + step, joint_group
        values = []
        for place in range(cfg.conv_depth):
            w_addr = delayed(m, w_addr, 1, name=f"w_addr{place}")
            m.d.comb += [rows[place].r_addr.eq(r_addr), weights[place].addr.eq(w_addr)]
            r_addr = delayed(m, r_addr, 1, name=f"r_addr{place}")
            exists = C(1) if place <= last_place else step != cfg.steps - 1
            read = delayed(m, go & exists, MEMORY_LATENCY + place, name=f"read{place}", reset_less=False)
            read_group = delayed(m, read_group, 1 if place else MEMORY_LATENCY, name=f"read_group{place}")
            values.append([])
            for lane in range(cfg.conv_joints):
                x = Signal(signed(8), name=f"x{place}_{lane}", reset_less=True)
                choices = [rows[place].r_data.word_select(joint, 8) if joint < cfg.joints else C(0, 8)
                           for joint in range(lane, cfg.joint_groups * cfg.conv_joints, cfg.conv_joints)]
                m.d.sync += x.eq(Mux(read, Array(choices)[read_group] if len(choices) > 1 else choices[0], 0))
                values[-1].append(x)
        raws = []
        for lane in range(cfg.conv_joints):
            for pair in range(cfg.conv_pairs):
                dot = PackedDot(PackedMacConfig(acc_width=cfg.acc_width, form=cfg.mac, depth=cfg.conv_depth))
                m.submodules[f"dot{lane}_{pair}"] = part = shared(platform, dot)
                m.d.comb += [
                    Value.cast(part.x).eq(Cat(of_place[lane] for of_place in values)), part.first.eq(first),
                    Value.cast(part.w).eq(Cat(rom.data.word_select(pair, 16) for rom in weights)),
                ]
                raws.append(part.raw)
        self._output(m, queue, raws, end, begin & go, may_begin, joint_group, this_pass)
        return m

    def _output(self, m, queue, raws, end, start, may_begin, joint_group, this_pass):
        """Capture and output the raw sums of a traversal; ``may_begin`` is 1 while another traversal may begin."""
        cfg = self.cfg
        unpack = PackedMacConfig(acc_width=cfg.acc_width, form=cfg.mac, depth=cfg.conv_depth).unpack
        lanes = cfg.width // 2

        # Sums stay in the MACs until they are captured. A traversal that begins now overwrites them in `delay` cycles:
        # those of at most one may wait there, behind no more captured words than leave until then, and fit the queue.
        arrived = delayed(m, end, cfg.delay, name="arrived", reset_less=False)
        waiting = Signal()
        capture = Signal()
        uncaptured = Signal(range(4))
        words_left = Signal(range(cfg.conv_joints * cfg.pass_groups + 1))
        send = Signal()
        space = Signal(range(queue.depth + 1), init=queue.depth)
        m.d.comb += [
            capture.eq((arrived | waiting) & ((words_left == 0) | (send & (words_left == 1)))),
            send.eq((words_left != 0) & (space != 0)),
            may_begin.eq((uncaptured == 0) | ((uncaptured == 1) & (words_left <= cfg.delay) & (words_left <= space))),
        ]
        m.d.sync += [
            waiting.eq((arrived | waiting) & ~capture),
            uncaptured.eq(stepped(uncaptured, end, capture)),
            space.eq(stepped(space, queue.o.valid & queue.o.ready, send)),
        ]

        held = [Signal.like(raw, name=f"held{n}", reset_less=True) for n, raw in enumerate(raws)]
        # The traversal that is captured; they are captured in their order.
        joints_of = [min(cfg.conv_joints, cfg.joints - g * cfg.conv_joints) for g in range(cfg.joint_groups)]
        groups_of = [min(cfg.pass_groups, cfg.groups - p * cfg.pass_groups) for p in range(cfg.passes)]
        next_group, next_pass = Signal.like(joint_group, name="next_group"), Signal.like(this_pass, name="next_pass")
        joint_base = Signal(range(cfg.joint_groups * cfg.conv_joints))
        group_base = Signal(range(cfg.passes * cfg.pass_groups))
        last_joints, last_groups = next_group == cfg.joint_groups - 1, next_pass == cfg.passes - 1
        groups = Signal(range(cfg.pass_groups + 1))
        words = Signal.like(words_left, name="words")
        m.d.comb += [
            groups.eq(Mux(last_groups, groups_of[-1], cfg.pass_groups)),
            words.eq(Mux(last_joints, Mux(last_groups, joints_of[-1] * groups_of[-1], joints_of[-1] * cfg.pass_groups),
                         Mux(last_groups, cfg.conv_joints * groups_of[-1], cfg.conv_joints * cfg.pass_groups))),
        ]

        lane = Signal(range(max(2, cfg.conv_joints)))
        group = Signal(range(max(2, cfg.pass_groups)))
        slot = Signal(range(max(2, cfg.conv_joints * cfg.pass_groups)))  # lane * pass_groups + group
        lane_slot = Signal.like(slot)
        held_groups = Signal.like(groups, reset_less=True)
        held_joint = Signal.like(joint_base, reset_less=True)
        held_group = Signal.like(group_base, reset_less=True)
        held_last = Signal(reset_less=True)
        with m.If(send):
            m.d.sync += [words_left.eq(words_left - 1), group.eq(group + 1), slot.eq(slot + 1)]
            with m.If(group == held_groups - 1):
                m.d.sync += [group.eq(0), lane.eq(lane + 1)]
                m.d.sync += [next_slot.eq(lane_slot + cfg.pass_groups) for next_slot in (slot, lane_slot)]
        with m.If(capture):
            m.d.sync += [sums.eq(raw) for sums, raw in zip(held, raws)]
            m.d.sync += [
                words_left.eq(words), held_groups.eq(groups),
                held_joint.eq(joint_base), held_group.eq(group_base),
                held_last.eq(last_joints & last_groups), lane.eq(0), group.eq(0), slot.eq(0), lane_slot.eq(0),
                next_group.eq(next_group + 1), joint_base.eq(joint_base + cfg.conv_joints),
            ]
            with m.If(last_joints):
                m.d.sync += [next_group.eq(0), joint_base.eq(0)]
                m.d.sync += [next_pass.eq(next_pass + 1), group_base.eq(group_base + cfg.pass_groups)]
                with m.If(last_groups):
                    m.d.sync += [next_pass.eq(0), group_base.eq(0)]

        # Two output registers: choose the raw sums, then unpack them.
        chosen = [Signal.like(raws[0], name=f"chosen{n}", reset_less=True) for n in range(lanes)]
        by_slot = [held[j * cfg.conv_pairs + g * lanes:][:lanes]
                   for j in range(cfg.conv_joints) for g in range(cfg.pass_groups)]
        word = Signal(cfg.o_layout, reset_less=True)
        for n in range(lanes):
            m.d.sync += chosen[n].eq(Array(words[n] for words in by_slot)[slot] if len(by_slot) > 1 else by_slot[0][n])
            for part, value in enumerate(unpack(chosen[n])):
                m.d.sync += word.acc[2 * n + part].eq(value)
        m.d.sync += [
            word.joint.eq(delayed(m, held_joint + lane, 1, name="word_joint")),
            word.group.eq(delayed(m, held_group + group, 1, name="word_group")),
            word.last.eq(delayed(m, held_last & (words_left == 1), 1, name="word_last")),
        ]
        m.d.comb += [queue.i.valid.eq(delayed(m, send, 2, name="sent", reset_less=False)), queue.i.payload.eq(word)]
