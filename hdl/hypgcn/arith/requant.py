"""Requantiser: accumulators become int8, with bias and shortcut, rounded and clamped once."""

from dataclasses import dataclass

from amaranth.hdl import Array, Cat, Const, Module, Mux, Signal, signed
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from ..design.checks import check_int, check_limit, check_range
from ..design.limits import ACC_WIDTH, ACTIVATION, BIAS, INPUT_MULT, RES_MULT, RES_SHIFT, SHIFT
from ..mem import Rom, table_style
from .delay import delayed

__all__ = ["Requant", "RequantConfig", "requant_tables", "signed_digits"]


@dataclass(frozen=True, kw_only=True)
class RequantConfig:
    """Parameters of a requantiser.

    Parameters
    ----------
    lanes : int, 1..64
        Values a cycle.
    acc_width : int, 2..27
        Bits of an accumulator.
    mult : tuple of int, -65535..65535
        Multiplier of each channel, ``groups * lanes`` values.
    bias : tuple of int, magnitude below 2**40
        Bias of each channel, as many values as ``mult``.
    shift : int, 1..31
        Right shift of the sum.
    low : int, -128..127
        Smallest result; 0 makes it a ReLU.
    high : int, -128..127
        Largest result.
    res_mult : int, 0..4095
        Multiplier of the shortcut term; 0: no shortcut, ``res`` is ignored.
    res_shift : int, 0..24
        Left shift of the shortcut term.
    joints : int
        Joints with biases of their own: of each the groups follow, and all have the same ``mult``.
    meta : shape
        Side-band data that travels with the values.
    """

    lanes: int
    acc_width: int
    mult: tuple[int, ...]
    bias: tuple[int, ...]
    shift: int
    low: int = -128
    high: int = 127
    res_mult: int = 0
    res_shift: int = 0
    joints: int = 1
    meta: object = 0

    def __post_init__(self):
        check_range("lanes", self.lanes, 1, 64)
        check_range("acc_width", self.acc_width, 2, ACC_WIDTH.high)
        for name, limit in (("shift", SHIFT), ("low", ACTIVATION), ("high", ACTIVATION), ("res_mult", RES_MULT),
                            ("res_shift", RES_SHIFT)):
            check_limit(name, getattr(self, name), limit)
        if self.low > self.high:
            raise ValueError(f"low must be at most high = {self.high}, not {self.low!r}")
        if not self.mult or len(self.mult) % self.lanes:
            raise ValueError(f"mult must hold a multiple of {self.lanes} values, not {len(self.mult)}")
        if len(self.bias) != len(self.mult):
            raise ValueError(f"bias must hold {len(self.mult)} values, one per mult, not {len(self.bias)}")
        for name, limit in (("mult", INPUT_MULT), ("bias", BIAS)):
            object.__setattr__(self, name, tuple(int(value) for value in getattr(self, name)))
            for value in getattr(self, name):
                check_limit(name, value, limit)
        check_int("joints", self.joints, 1)
        if self.groups % self.joints or self.mult != self.mult[:len(self.mult) // self.joints] * self.joints:
            raise ValueError(f"mult must be the same for each of {self.joints} joints")

    @property
    def groups(self) -> int:
        """Groups of ``lanes`` channels."""
        return len(self.mult) // self.lanes

    @property
    def i_layout(self) -> data.StructLayout:
        """Payload of ``i``."""
        return data.StructLayout({"acc": data.ArrayLayout(signed(self.acc_width), self.lanes),
                                  "res": data.ArrayLayout(signed(8), self.lanes),
                                  "group": range(max(2, self.groups)), "meta": self.meta})

    @property
    def o_layout(self) -> data.StructLayout:
        """Payload of ``o``."""
        return data.StructLayout({"values": data.ArrayLayout(signed(8), self.lanes), "meta": self.meta})

    @property
    def offsets(self) -> tuple[int, ...]:
        """Bias of each channel plus ``2**(shift - 1)``, so that rounding takes no adder of its own."""
        return tuple(value + (1 << self.shift - 1) for value in self.bias)

    @property
    def res_limit(self) -> int:
        """Largest magnitude of the shortcut term."""
        return 128 * self.res_mult << self.res_shift

    @property
    def sum_width(self) -> int:
        """Bits of the sum before the shift, from the real parameters of the channels."""
        largest = max((abs(mult) << self.acc_width - 1) + abs(offset) for mult, offset in zip(self.mult, self.offsets))
        return (largest + self.res_limit).bit_length() + 1

    @property
    def joint_groups(self) -> int:
        """Groups of a joint."""
        return self.groups // self.joints

    @property
    def table_layout(self) -> data.Layout:
        """Word of the table: a multiplier and an offset per lane.

        Where joints have biases, only the offsets, and which group of its joint this is: the multipliers are in a
        table of their own.
        """
        if self.joints > 1:
            return data.StructLayout({"offset": data.ArrayLayout(signed(_signed_width(self.offsets)), self.lanes),
                                      "group": range(self.joint_groups)})
        return data.ArrayLayout(data.StructLayout({"mult": signed(_signed_width(self.mult)),
                                                   "offset": signed(_signed_width(self.offsets))}), self.lanes)

    @property
    def table_words(self) -> list[int]:
        """Words of the table, one per group."""
        mult_width, offset_width = _signed_width(self.mult), _signed_width(self.offsets)
        words, offsets = [], self.offsets
        if self.joints > 1:
            lanes, mask = range(self.lanes), (1 << offset_width) - 1
            return [sum((offsets[group * self.lanes + lane] & mask) << lane * offset_width for lane in lanes)
                    | group % self.joint_groups << self.lanes * offset_width for group in range(self.groups)]
        for group in range(self.groups):
            word = 0
            for channel in reversed(range(group * self.lanes, (group + 1) * self.lanes)):
                word = word << offset_width | offsets[channel] & (1 << offset_width) - 1
                word = word << mult_width | self.mult[channel] & (1 << mult_width) - 1
            words.append(word)
        return words


def requant_tables(mult: tuple[int, ...], bias: tuple[int, ...], spare: int) -> dict:
    """``mult``, ``bias`` and ``joints`` of a :class:`RequantConfig` for channels in groups.

    The last group has ``spare`` places that give 0. With a bias for each joint and channel, the channels of a joint
    beside each other, the multipliers are repeated for each joint: the group of ``i`` is then ``joint * groups +
    group``.
    """
    beyond, channels = (0,) * spare, len(mult)
    joints = [bias[first:first + channels] + beyond for first in range(0, len(bias), channels)]
    return {"mult": (mult + beyond) * len(joints), "bias": sum(joints, ()), "joints": len(joints)}


def _signed_width(values):
    """Bits of a signed number that holds each of ``values``."""
    return max(abs(value) for value in values).bit_length() + 1


def signed_digits(factor: int) -> list[tuple[int, int]]:
    """(digit, place) of a positive ``factor``, lowest first, at most every second one not zero (canonical form)."""
    digits, place = [], 0
    while factor:
        if factor & 1:
            digit = 2 - (factor & 3)  # 1 when followed by 0, -1 when followed by 1
            digits.append((digit, place))
            factor -= digit
        factor >>= 1
        place += 1
    return digits


def _products(value, factor: int) -> list:
    """Up to four terms whose sum is ``value * factor``, for a constant ``factor`` of 1..4095.

    Each term adds two signed digits at most: one carry chain a term, and no multiplier.
    """
    terms = [(digit, value << place) for digit, place in signed_digits(factor)]
    sums, digits = [], terms[::-1]  # the highest digit of a positive factor is positive
    while digits:
        (sign, first), *following = digits[:2]
        second = following[0] if following else None
        if sign > 0:
            term = first if second is None else first + second[1] if second[0] > 0 else first - second[1]
        else:
            term = -first if second is None else second[1] - first if second[0] > 0 else -first - second[1]
        sums.append(term)
        digits = digits[2:]
    return sums


def _tree(terms):
    """Balanced adder tree: as many bits and levels as needed, where ``sum`` adds one of each per term."""
    terms = list(terms)
    while len(terms) > 1:
        terms = [terms[n] + terms[n + 1] if n + 1 < len(terms) else terms[n] for n in range(0, len(terms), 2)]
    return terms[0]


class Requant(wiring.Component):
    """Scale accumulators to int8, add the shortcut, round once, clamp once (``docs/numbers.md``).

    ``values[n] = clamp(round_shift(sum[n], shift), low, high)`` with ``round_shift(a, s) = (a + 2**(s-1)) >> s``,
    ``sum[n] = acc[n] * mult[c] + bias[c] + ((res[n] * res_mult) << res_shift)`` and ``c = group * lanes + n``.

    Throughput: one payload a cycle. Latency: ``LATENCY`` cycles. The whole pipeline stalls while ``o`` is held;
    ``i.ready`` follows ``o.ready`` combinationally. Registers: operands (2), product, sum (those of one DSP48E2),
    result. Cost per lane: one multiplier of ``acc_width`` x 17 bits with its adder; the shortcut term is shifts and
    adds, no multiplier. Multipliers and biases are in a ROM of ``groups`` words, or constants for one group; where
    joints have biases of their own, only these are, and the multipliers are in logic.

    Parameters
    ----------
    cfg : RequantConfig

    Members
    -------
    i : In(stream of ``cfg.i_layout``)
        ``acc`` (lanes x signed(``acc_width``)), ``res`` (lanes x signed(8)), ``group``, ``meta``.
    o : Out(stream of ``cfg.o_layout``)
        ``values`` (lanes x signed(8)), ``meta``.
    """

    LATENCY = 5

    def __init__(self, cfg: RequantConfig):
        self.cfg = cfg
        super().__init__({"i": In(stream.Signature(cfg.i_layout)), "o": Out(stream.Signature(cfg.o_layout))})

    def elaborate(self, platform):
        m = Module()
        cfg = self.cfg
        advance = Signal()
        valid = Signal(self.LATENCY)
        m.d.comb += [
            self.o.valid.eq(valid[-1]),
            advance.eq(~self.o.valid | self.o.ready),
            self.i.ready.eq(advance),
        ]
        with m.If(advance):
            m.d.sync += valid.eq(Cat(self.i.valid, valid[:-1]))
        meta = Cat(self.i.payload.meta)     # as plain bits, whatever the shape
        m.d.comb += Cat(self.o.payload.meta).eq(delayed(m, meta, self.LATENCY, name="meta", enable=advance))

        tables = self._tables(m, advance)
        for lane in range(cfg.lanes):
            self._lane(m, lane, advance, *tables[lane])
        return m

    def _tables(self, m, advance):
        """(multiplier, offset) of each lane, one cycle after ``i``: when they meet the first operand register."""
        cfg = self.cfg
        if cfg.groups == 1:
            return [(Const(cfg.mult[lane], signed(_signed_width(cfg.mult))),
                     Const(cfg.offsets[lane], signed(_signed_width(cfg.offsets)))) for lane in range(cfg.lanes)]

        layout = cfg.table_layout
        m.submodules.tables = rom = Rom(layout.size, cfg.table_words, latency=1, style=table_style(cfg.groups),
                                        name="requant", holds="scales and offsets of the channels")
        m.d.comb += [rom.addr.eq(self.i.payload.group), rom.en.eq(advance)]
        word = data.View(layout, rom.data)
        if cfg.joints > 1:
            shape = signed(_signed_width(cfg.mult))
            of_lanes = [[Const(cfg.mult[group * cfg.lanes + lane], shape) for group in range(cfg.joint_groups)]
                        for lane in range(cfg.lanes)]
            return [(Array(mults)[word.group] if len(mults) > 1 else mults[0], word.offset[lane])
                    for lane, mults in enumerate(of_lanes)]
        return [(word[lane].mult, word[lane].offset) for lane in range(cfg.lanes)]

    def _lane(self, m, lane, advance, mult, offset):
        """One value: multiply, add, round, clamp."""
        cfg = self.cfg
        acc1, acc2 = (Signal(signed(cfg.acc_width), name=f"acc{lane}_{n}", reset_less=True) for n in (1, 2))
        mult2 = Signal(mult.shape(), name=f"mult{lane}", reset_less=True)
        offset2 = Signal(offset.shape(), name=f"offset{lane}", reset_less=True)
        res1 = Signal(signed(8), name=f"res{lane}", reset_less=True)
        # The adders of the shortcut are kept out of DSPs: a mapper would spend one on each, and they are short.
        products = _products(res1, cfg.res_mult) if cfg.res_mult else []
        terms = [Signal(term.shape(), name=f"term{lane}_{n}", reset_less=True, attrs={"use_dsp": "no"})
                 for n, term in enumerate(products)]
        product = Signal(signed(cfg.acc_width + len(mult)), name=f"product{lane}", reset_less=True,
                         attrs={"use_dsp": "yes"})
        addend = Signal(signed(_signed_width((max(map(abs, cfg.offsets)) + cfg.res_limit,))), name=f"addend{lane}",
                        reset_less=True, attrs={"use_dsp": "no"})
        total = Signal(signed(cfg.sum_width), name=f"total{lane}", reset_less=True, attrs={"use_dsp": "yes"})
        value = Signal(signed(8), name=f"value{lane}", reset_less=True)
        scaled = total >> cfg.shift
        with m.If(advance):
            m.d.sync += [
                acc1.eq(self.i.payload.acc[lane]),
                acc2.eq(acc1), mult2.eq(mult), offset2.eq(offset),
                product.eq(acc2 * mult2),
                addend.eq(_tree([offset2, *(term << cfg.res_shift for term in terms)])),
                total.eq(product + addend),
                value.eq(Mux(scaled < cfg.low, cfg.low, Mux(scaled > cfg.high, cfg.high, scaled))),
            ]
            if cfg.res_mult:
                m.d.sync += [res1.eq(self.i.payload.res[lane]),
                             *(term.eq(product) for term, product in zip(terms, products))]
        m.d.comb += self.o.payload.values[lane].eq(value)
