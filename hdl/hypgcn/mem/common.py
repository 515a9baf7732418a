import random

STYLES = ("auto", "block", "distributed")


def check_int(name, value, low):
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name} must be an integer, not {value!r}")
    if value < low:
        raise ValueError(f"{name} must be at least {low}, not {value!r}")


def check_choice(name, value, choices):
    if value not in choices:
        raise ValueError(f"{name} must be one of {', '.join(map(repr, choices))}, not {value!r}")


def garbage(width, depth, platform):
    """What a RAM holds before it is written: in simulation, something that trips a unit which relies on zeros."""
    if platform is not None:
        return []
    rng = random.Random(width * depth)
    return [rng.getrandbits(width) for _ in range(depth)]
