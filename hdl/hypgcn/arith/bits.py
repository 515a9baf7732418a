"""Short logic for what arithmetic would do with carry chains: the lowest one, small counters, saturation.

A choice of the lowest one by ``x & -x``, or a counter as ``x + up - down``, costs a chain or two behind its inputs.
Written as logic of bits, the late inputs of these meet the result in the last LUT.
"""

from amaranth import *

__all__ = ["at_most_one", "lowest_one", "ones_below", "saturate", "stepped"]


def ones_below(value) -> Value:
    """Bit n tells whether a bit of ``value`` below n is one."""
    value = Value.cast(value)
    return Cat(C(0, 1), *(value[:n].any() for n in range(1, len(value))))


def lowest_one(value) -> Value:
    """The lowest one of ``value`` alone, or 0."""
    value = Value.cast(value)
    return value & ~ones_below(value)


def at_most_one(value) -> Value:
    """Whether ``value`` has no two ones."""
    value = Value.cast(value)
    groups = [value[n:n + 6] for n in range(0, len(value), 6)]     # a LUT tells of each whether it has one, or two
    pairs = [bits[n] & bits[k] for bits in groups for k in range(len(bits)) for n in range(k)]
    some = [bits.any() for bits in groups]
    pairs += [some[n] & some[k] for k in range(len(some)) for n in range(k)]
    return ~Cat(*pairs).any() if pairs else C(1, 1)


def stepped(value, up, down) -> Value:
    """``value + up - down`` of unsigned ``value``, modulo its range; ``up`` and ``down`` are single bits."""
    value = Value.cast(value)
    rises, falls = up & ~down, down & ~up
    return Cat(bit ^ ((rises & value[:n].all()) | (falls & ~value[:n].any())) if n else bit ^ (rises | falls)
               for n, bit in enumerate(value))


def saturate(value) -> Value:
    """``value``, signed and of at least 9 bits, limited to -128..127."""
    value = Value.cast(value)
    sign, above = value[-1], value[7:-1]
    fits = (above == sign.replicate(len(above)))
    return Cat(Mux(fits, value[:7], (~sign).replicate(7)), sign).as_signed()
