"""The C in docs/integration.md compiles against the driver as it is."""

import re
import shutil
import subprocess

import pytest
from firmware.c_driver import WARNINGS

from contracts.tree import ROOT

AROUND = """#include "hypgcn_axidma.h"
uint32_t milliseconds(void *context);
void flush(const void *start, size_t size);
void invalidate(void *start, size_t size);
void shown(const int8_t *clip, uint32_t *words);
void shown(const int8_t *clip, uint32_t *words)
{
%s}
"""


def test_example(tmp_path):
    if not shutil.which("gcc"):
        pytest.skip("no C compiler: gcc is not on the path")
    blocks = re.findall(r"```c\n(.*?)```", (ROOT / "docs/integration.md").read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) == 1
    (tmp_path / "example.c").write_text(AROUND % blocks[0], encoding="utf-8")
    subprocess.run(["gcc", *WARNINGS, "-I", str(ROOT / "firmware/c"), "-c", str(tmp_path / "example.c"), "-o",
                    str(tmp_path / "example.o")], check=True)
