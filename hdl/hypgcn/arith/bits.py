"""Short logic in place of carry chains (the lowest one, small counters, saturation).

A choice of the lowest one by ``x & -x``, or a counter as ``x + up - down``, costs a carry chain or two behind its
inputs. Written as logic of bits, a late input enters at the last LUT.
"""

from amaranth import *

__all__ = ["at_most", "at_most_one", "lowest_one", "ones_below", "saturate", "stepped"]

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
