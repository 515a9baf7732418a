"""Names of the C driver's public functions."""

import re

from firmware.c_driver import SOURCES

VERBS = ("check", "classify", "close", "describe", "enable", "get", "open", "probe", "read", "reset", "set",
         "take", "transfer", "wait", "write")


def test_public_functions_begin_with_a_verb_and_name_an_object():
    text = "\n".join(path.read_text(encoding="utf-8") for path in SOURCES.glob("*.h"))
    names = set(re.findall(r"^(?:static inline )?(?:const )?(?:enum )?\w+ \*?(hypgcn_\w+)\(", text, re.M))
    assert "hypgcn_read_block_counters" in names and len(names) > 15
    assert not [name for name in names if not re.fullmatch(rf"hypgcn_(?:{'|'.join(VERBS)})_\w+", name)]


def test_no_macro_returns():
    for path in SOURCES.glob("*.[ch]"):
        macros = re.findall(r"^#define(?:.*\\\n)*.*", path.read_text(encoding="utf-8"), re.M)
        assert not [macro for macro in macros if re.search(r"\breturn\b|\bgoto\b", macro)], path.name
