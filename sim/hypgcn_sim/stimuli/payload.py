"""Payloads as plain data: the layout of a stream's payload, described in JSON, and the bits of its values.

The description of a shape is ``{"width": w, "signed": s}``, ``{"array": element, "length": n}`` or ``{"struct": [[name,
offset, field], ...], "width": w}``; values are ``int``, ``list`` and ``dict``. The benches run in the simulator's
process and read only these, not Amaranth.
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
    """Bits of ``value``, not negative; :exc:`ValueError` for a value that does not fit or a field that the shape lacks.

    Fields that ``value`` leaves out are zero.
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
    """The channels of a compressed vector."""
    packed = iter(vector["values"])
    return [next(packed) if vector["mask"] >> c & 1 else 0 for c in range(BANK)]


def _pairs(expected, got, path=""):
    """(path, expected, got) of every leaf, compressed vectors first by channel."""
    if isinstance(expected, dict):
        if {"mask", "values"} <= set(expected):
            for channel, (right, found) in enumerate(zip(_dense(expected), _dense(got))):
                yield f"{path}.channel[{channel}]", right, found
        for name in expected:
            yield from _pairs(expected[name], got[name], f"{path}.{name}")
    elif isinstance(expected, list):
        for index, (right, found) in enumerate(zip(expected, got)):
            yield from _pairs(right, found, f"{path}[{index}]")
    else:
        yield path, expected, got


def difference(shape: dict, expected: int, got: int) -> tuple[str, int, int] | None:
    """(field, expected, got) of the first field in which two payloads differ, ``None`` when their bits are equal."""
    if expected == got:
        return None
    pairs = _pairs(unpack(shape, expected), unpack(shape, got))
    return next(((path.lstrip("."), right, found) for path, right, found in pairs if right != found),
                ("bits", expected, got))
