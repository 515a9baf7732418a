"""Ports of a unit for the testbench in C++: ``ports.h``."""

from collections.abc import Mapping
from typing import Any

from ..stimuli.payload import describe
from .chunk import Variant
from .words import word_count

__all__ = ["ports_header", "shapes_of"]


def shapes_of(variant: Variant, component: Any) -> dict[str, dict]:
    """Described payload of every stream and monitor of a unit."""
    streams = [*variant.sources, *variant.sinks, *variant.memories, *variant.memories.values()]
    shapes = {name: describe(getattr(component, name).payload.shape()) for name in streams}
    return shapes | {name: describe(getattr(component, value).shape()) for name, value in variant.monitors.items()}


def ports_header(variant: Variant, shapes: Mapping[str, dict]) -> str:
    """C++ tables ``SOURCES``, ``SINKS``, ``MEMORIES`` and ``LEVELS``, in the order of the variant.

    Parameters
    ----------
    variant : Variant
        Names the ports.
    shapes : dict of str to dict
        Of :func:`shapes_of`.
    """
    sources = [_source(name, word_count(shapes[name]), inputs) for name, inputs in variant.sources.items()]
    sources += [_pulse(name) for name in variant.pulses]
    sinks = [_sink(name, word_count(shapes[name])) for name in variant.sinks]
    sinks += [_monitor(name, value) for name, value in variant.monitors.items()]
    memories = [f"{{{_sink(request, word_count(shapes[request]))}, {_source(response, word_count(shapes[response]))}}}"
                for request, response in variant.memories.items()]
    levels = [f'{{"{name}", [](Vtop &top) {{ return uint64_t(top.{_pin(name)}); }}}}' for name in variant.levels]
    return "\n".join(_table(*table) for table in (
        ("SourcePort", "SOURCES", sources), ("SinkPort", "SINKS", sinks), ("MemoryPort", "MEMORIES", memories),
        ("LevelPort", "LEVELS", levels)))


def _table(kind: str, name: str, entries: list[str]) -> str:
    return f"static const std::vector<{kind}> {name} = {{\n" + "".join(f"    {entry},\n" for entry in entries) + "};\n"


def _pin(*names: str) -> str:
    """Member of the model; Verilator writes the second of two underscores as its code."""
    return "__".join(names).replace("__", "___05F")


def _source(name: str, words: int, inputs: tuple[str, ...] = ()) -> str:
    sets = [f"set_words(top.{_pin(name, 'payload')}, in, {words});"]
    sets += [f"set_words(top.{_pin(pin)}, in + {words + n}, 1);" for n, pin in enumerate(inputs)]
    return (f'{{"{name}", {words + len(inputs)}, [](Vtop &top, bool valid) {{ top.{_pin(name, "valid")} = valid; }}, '
            f"[](Vtop &top) {{ return bool(top.{_pin(name, 'ready')}); }}, "
            f"[](Vtop &top, const uint32_t *in) {{ {' '.join(sets)} }}}}")


def _pulse(name: str) -> str:
    return (f'{{"{name}", 0, [](Vtop &top, bool valid) {{ top.{_pin(name)} = valid; }}, nullptr, '
            "[](Vtop &, const uint32_t *) {}}")


def _sink(name: str, words: int) -> str:
    return (f'{{"{name}", {words}, [](Vtop &top) {{ return bool(top.{_pin(name, "valid")}); }}, '
            f"[](Vtop &top, bool ready) {{ top.{_pin(name, 'ready')} = ready; }}, "
            f"[](Vtop &top, uint32_t *out) {{ words_of(top.{_pin(name, 'payload')}, {words}, out); }}}}")


def _monitor(name: str, value: str) -> str:
    return (f'{{"{name}", 1, [](Vtop &top) {{ return bool(top.{_pin(name)}); }}, nullptr, '
            f"[](Vtop &top, uint32_t *out) {{ words_of(top.{_pin(value)}, 1, out); }}}}")
