"""Short logic in place of carry chains (the lowest one, small counters, saturation).

A choice of the lowest one by ``x & -x``, or a counter as ``x + up - down``, costs a carry chain or two behind its
inputs. Written as logic of bits, a late input enters at the last LUT.
"""

from itertools import combinations

from amaranth import *

__all__ = ["at_most", "at_most_one", "at_most_ones", "beyond", "lowest_one", "lowest_two", "ones_below", "saturate",
           "stepped"]

_LUT_INPUTS = 6


def ones_below(value) -> Value:
    """Bit n is set when a bit of ``value`` below n is set."""
    value = Value.cast(value)
    return Cat(C(0, 1), *(value[:n].any() for n in range(1, len(value))))


def lowest_one(value) -> Value:
    """The lowest set bit of ``value`` alone, one-hot, or 0."""
    value = Value.cast(value)
    return value & ~ones_below(value)


def at_most_one(value) -> Value:
    """One bit: ``value`` has no two set bits."""
    value = Value.cast(value)
    # One LUT per group finds a pair inside it; a pair across groups shows as two groups that are not zero.
    groups = [value[n:n + _LUT_INPUTS] for n in range(0, len(value), _LUT_INPUTS)]
    pairs = [bits[n] & bits[k] for bits in groups for k in range(len(bits)) for n in range(k)]
    occupied = [bits.any() for bits in groups]
    pairs += [occupied[n] & occupied[k] for k in range(len(occupied)) for n in range(k)]
    return ~Cat(*pairs).any() if pairs else C(1, 1)


def _groups(value) -> list[list[Value]]:
    """Bits by fours: what is known of a group, and of the bits below one in its group, is a LUT each."""
    bits = list(Value.cast(value))
    return [bits[n:n + 4] for n in range(0, len(bits), 4)]


def _exactly_one(bits: list[Value]) -> Value:
    """One bit: a single one of a few ``bits`` is set."""
    return Cat(*(bit & ~Cat(*(other for k, other in enumerate(bits) if k != n)).any()
                 for n, bit in enumerate(bits))).any() if len(bits) else C(0, 1)


def lowest_two(value) -> tuple[Value, Value, Value]:
    """The lowest set bit of ``value`` alone, the next one alone, and the bits above these; 0 where there is none."""
    groups = _groups(value)
    none, one = [~Cat(*bits).any() for bits in groups], [_exactly_one(bits) for bits in groups]
    found: tuple[list[Value], list[Value], list[Value]] = ([], [], [])
    for number, bits in enumerate(groups):
        none_before = Cat(*none[:number]).all() if number else C(1, 1)
        one_before = Cat(*(one[k] & Cat(*(none[n] for n in range(number) if n != k)).all()
                           for k in range(number))).any() if number else C(0, 1)
        for n, bit in enumerate(bits):
            none_here, one_here = ~Cat(*bits[:n]).any() if n else C(1, 1), _exactly_one(bits[:n])
            no_other, one_other = none_before & none_here, none_before & one_here | one_before & none_here
            for kept, lets in zip(found, (no_other, one_other, ~no_other & ~one_other)):
                kept.append(bit & lets)
    first, second, rest = (Cat(*bits) for bits in found)
    return first, second, rest


def at_most_ones(value, limit: int) -> Value:
    """One bit: no more than ``limit`` bits of ``value`` are set."""
    if limit == 2:
        return _at_most_two(list(Value.cast(value)))
    # Of each group, bit k - 1 is set when it has k ones or more; groups are merged two by two.
    counts = [[Cat(*(Cat(*chosen).all() for chosen in combinations(bits, k + 1))).any() for k in range(len(bits))]
              for bits in _groups(value)]
    while len(counts) > 1:
        counts = [_merged(counts[n], counts[n + 1], limit + 1) if n + 1 < len(counts) else counts[n]
                  for n in range(0, len(counts), 2)]
    return ~counts[0][limit] if limit < len(counts[0]) else C(1, 1)


def _merged(left: list[Value], right: list[Value], limit: int) -> list[Value]:
    """Counts of two groups, of which each has its ones in unary, as one of up to ``limit``."""
    left, right = [C(1, 1), *left], [C(1, 1), *right]
    return [Cat(*(left[n] & right[k - n] for n in range(k + 1) if n < len(left) and k - n < len(right))).any()
            for k in range(1, min(limit, len(left) + len(right) - 2) + 1)]


def _at_most_two(bits: list[Value]) -> Value:
    """:func:`at_most_ones` of two: counts up to 3 in two bits, of pairs first, so that 16 bits take three levels."""
    counts = [(low ^ high, low & high) for low, high in zip(bits[::2], [*bits[1::2], C(0, 1)][:len(bits[::2])])]
    while len(counts) > 1:
        counts = [_up_to_three(*counts[n:n + 2]) if n + 1 < len(counts) else counts[n]
                  for n in range(0, len(counts), 2)]
    return ~(counts[0][0] & counts[0][1]) if counts else C(1, 1)


def _up_to_three(left: tuple[Value, Value], right: tuple[Value, Value]) -> tuple[Value, Value]:
    """Sum of two counts of two bits, the low one first; 3 where it is more."""
    (low, high), (low2, high2) = left, right
    several = high | high2
    return Mux(several, low | low2 | high & high2, low ^ low2), several | low & low2


def stepped(value, up, down) -> Value:
    """``value + up - down`` modulo the range of ``value``, without a carry chain behind ``up`` and ``down``.

    Parameters
    ----------
    value : unsigned value
        The counter.
    up, down : 1-bit values
        Both at once leave the counter as it is.
    """
    value = Value.cast(value)
    rises, falls = up & ~down, down & ~up
    return Cat(bit ^ ((rises & value[:n].all()) | (falls & ~value[:n].any())) if n else bit ^ (rises | falls)
               for n, bit in enumerate(value))


def at_most(value, limit: int) -> Value:
    """One bit: the unsigned ``value`` is at most the constant ``limit``, which is not negative."""
    value = Value.cast(value)
    if limit >> len(value):
        return C(1, 1)
    below: Value = C(1, 1)
    for n, bit in enumerate(value):
        below = (~bit | below) if limit >> n & 1 else (~bit & below)
    return below


def beyond(value, limit) -> Value:
    """One bit: the signed ``value`` is larger in magnitude than the unsigned ``limit``."""
    # ``value < -limit`` without a negation, whose carry chain would be in front of that of the comparison.
    return (value > limit) | (~value >= limit)


def saturate(value, dead_zone: int = 0) -> Value:
    """``value``, signed and of at least 9 bits, limited to -128..127, and 0 up to ``dead_zone`` (0..127) in magnitude.

    The comparison with the dead zone takes the low bits, beside that of the bits above them, not behind it.
    """
    value = Value.cast(value)
    sign, above = value[-1], value[7:-1]
    fits = (above == sign.replicate(len(above)))
    limited = Cat(Mux(fits, value[:7], (~sign).replicate(7)), sign)
    if dead_zone:
        # -n is ~(n - 1).
        magnitude = value[:7] ^ sign.replicate(7)
        dead = fits & Mux(sign, at_most(magnitude, dead_zone - 1), at_most(magnitude, dead_zone))
        limited = Mux(dead, 0, limited)
    return limited.as_signed()
