"""Payloads as plain data: the layout of a stream's payload, described in JSON, and the bits of its values.

The description of a shape is ``{"width": w, "signed": s}``, ``{"array": element, "length": n}`` or ``{"struct": [[name,
offset, field], ...], "width": w}``; values are ``int``, ``list`` and ``dict``. The testbenches of cocotb run in the
simulator's process and read only these, not Amaranth.
"""

from hypgcn.design import BANK

__all__ = ["describe", "difference", "pack", "unpack", "width_of"]


def describe(shape) -> dict:
    """Description of an Amaranth shape."""
    from amaranth.hdl import Shape
    from amaranth.lib import data

    if isinstance(shape, data.StructLayout):
        fields = [[name, field.offset, describe(field.shape)] for name, field in shape]
        return {"struct": fields, "width": Shape.cast(shape).width}
    if isinstance(shape, data.ArrayLayout):
        return {"array": describe(shape.elem_shape), "length": shape.length}
    plain = Shape.cast(shape)
    return {"width": plain.width, "signed": plain.signed}


def width_of(shape: dict) -> int:
    """Bits of a described shape."""
    return width_of(shape["array"]) * shape["length"] if "array" in shape else shape["width"]


def pack(shape: dict, value) -> int:
    """Bits of a value.

    Parameters
    ----------
    shape : dict
        The described shape.
    value : int, list or dict
        Fields that a dict leaves out are zero.

    Returns
    -------
    int
        Not negative.

    Raises
    ------
    ValueError
        When a value does not fit, an array has another length, or the shape lacks a field.
    """
    if "struct" in shape:
        known = {name for name, _, _ in shape["struct"]}
        if set(value) - known:
            raise ValueError(f"fields must be of {sorted(known)}, not {sorted(value)}")
        return sum(pack(field, value[name]) << offset for name, offset, field in shape["struct"] if name in value)
    if "array" in shape:
        if len(value) != shape["length"]:
            raise ValueError(f"an array must have {shape['length']} elements, not {len(value)}")
        step = width_of(shape["array"])
        return sum(pack(shape["array"], item) << index * step for index, item in enumerate(value))
    value, width = int(value), shape["width"]
    low = -(1 << width >> 1) if shape["signed"] else 0
    if not low <= value < low + (1 << width):
        raise ValueError(f"value must be in {low}..{low + (1 << width) - 1}, not {value}")
    return value & ((1 << width) - 1)


def unpack(shape: dict, bits: int):
    """Plain value of ``bits``, the inverse of :func:`pack`."""
    if "struct" in shape:
        return {name: unpack(field, bits >> offset) for name, offset, field in shape["struct"]}
    if "array" in shape:
        step = width_of(shape["array"])
        return [unpack(shape["array"], bits >> index * step) for index in range(shape["length"])]
    width = shape["width"]
    bits &= (1 << width) - 1
    return bits - (1 << width) if shape["signed"] and bits >> (width - 1) else bits


def _dense(vector: dict) -> list[int]:
    """Channels of a compressed vector."""
    packed = iter(vector["values"])
    return [next(packed) if vector["mask"] >> c & 1 else 0 for c in range(BANK)]


def _pairs(expected, got, path=""):
    """(path, expected, got) of every leaf, compressed vectors first by channel."""
    if isinstance(expected, dict):
        if {"mask", "values"} <= set(expected):
            for channel, pair in enumerate(zip(_dense(expected), _dense(got))):
                yield f"{path}.channel[{channel}]", *pair
        for name in expected:
            yield from _pairs(expected[name], got[name], f"{path}.{name}")
    elif isinstance(expected, list):
        for index, pair in enumerate(zip(expected, got)):
            yield from _pairs(*pair, f"{path}[{index}]")
    else:
        yield path, expected, got


def difference(shape: dict, expected: int, got: int) -> tuple[str, int, int] | None:
    """The first field in which two payloads differ.

    Returns
    -------
    (str, int, int) or None
        Field, expected and got value; ``None`` when the bits are equal.
    """
    if expected == got:
        return None
    pairs = _pairs(unpack(shape, expected), unpack(shape, got))
    return next(((path.lstrip("."), *pair) for path, *pair in pairs if pair[0] != pair[1]), ("bits", expected, got))
