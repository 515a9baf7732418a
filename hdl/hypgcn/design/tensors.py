"""Named integer tensors in one file, in the safetensors format.

The format is an 8-byte little-endian header length, a JSON header of ``{name: {dtype, shape, data_offsets}}`` and the
raw little-endian bytes in C order. Reading and writing it needs NumPy only and executes nothing from the file. The
``safetensors`` package reads and writes the same files.
"""

import json
import struct
from pathlib import Path

import numpy as np

__all__ = ["dump_tensors", "parse_tensors"]

_DTYPES = {"I8": np.int8, "U8": np.uint8, "I16": np.int16, "I32": np.int32, "I64": np.int64}
_NAMES = {np.dtype(dtype): name for name, dtype in _DTYPES.items()}


def dump_tensors(tensors: dict[str, np.ndarray]) -> bytes:
    """Bytes of a safetensors file with ``tensors``, sorted by name: equal tensors give equal bytes."""
    header: dict[str, dict] = {}
    body = []
    offset = 0
    for name in sorted(tensors):
        array = np.ascontiguousarray(tensors[name])
        if array.dtype not in _NAMES:
            raise TypeError(f"tensor {name} must be one of {', '.join(_DTYPES)}, not {array.dtype}")
        raw = array.astype(array.dtype.newbyteorder("<")).tobytes()
        header[name] = {"dtype": _NAMES[array.dtype], "shape": list(array.shape),
                        "data_offsets": [offset, offset + len(raw)]}
        body.append(raw)
        offset += len(raw)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + b"".join(body)


def parse_tensors(path: Path) -> dict[str, np.ndarray]:
    """Tensors of the file at ``path``.

    Raises :exc:`ValueError` that names the file when it is truncated, foreign, or holds a type that is not an integer.
    """
    blob = Path(path).read_bytes()
    try:
        (length,) = struct.unpack_from("<Q", blob)
        header = json.loads(blob[8:8 + length])
        if not isinstance(header, dict) or 8 + length > len(blob):
            raise ValueError("no header")
    except (struct.error, ValueError) as error:
        raise ValueError(f"{path} is not a safetensors file, or its header is cut off") from error
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        if entry["dtype"] not in _DTYPES:
            raise ValueError(f"{path}: tensor {name} must hold integers ({', '.join(_DTYPES)}), not {entry['dtype']}")
        dtype = np.dtype(_DTYPES[entry["dtype"]]).newbyteorder("<")
        begin, end = entry["data_offsets"]
        count = int(np.prod(entry["shape"], dtype=np.int64))
        raw = blob[8 + length + begin:8 + length + end]
        if end - begin != count * dtype.itemsize or len(raw) != end - begin:
            raise ValueError(f"{path}: tensor {name} of shape {entry['shape']} needs {count * dtype.itemsize} bytes, "
                             f"but has {len(raw)}: the file is cut off or damaged")
        tensors[name] = np.frombuffer(raw, dtype).astype(dtype.newbyteorder("=")).reshape(entry["shape"])
    return tensors
