"""Any text is one word of Tcl with the same value, for a real interpreter."""

import random
import subprocess

import pytest
from tcl_words import commands
from vivado_stub import interpreter

from hypgcn.vivado.tcl import tcl_word, word_list

NASTY = ["", "a", "a b", "a}b", "{", "}{", "\\", "a\\", "$x", "[exit 3]", '"', 'a"b', "a;b", "#a", "a\nb", "\t", "-x",
         "\u00fc", "\u9aa8\u683c", "\U0001f600x", "\u00e91", "{a}", "a\\\nb", "a{b}c\\", "x}; exit; {"]


def texts(seed=1, count=200):
    rng = random.Random(seed)
    alphabet = "ab {}[]$;\"\\\n\t#'()*?\u00e9\u6f22\U0001f600"
    return NASTY + ["".join(rng.choice(alphabet) for _ in range(rng.randrange(12))) for _ in range(count)]


def units(text):
    """UTF-16 code units, in which Tcl counts."""
    data = text.encode("utf-16-be")
    return [int.from_bytes(data[n:n + 2], "big") for n in range(0, len(data), 2)]


def test_words_are_ascii_and_one_word():
    for text in texts():
        word = tcl_word(text)
        assert word.isascii() and "\n" not in word
        assert [len(words) for words in commands(f"command {word} end")] == [3], text


@pytest.mark.skipif(interpreter() is None, reason="there is neither tclsh nor a tkinter with its Tcl")
def test_a_tcl_interpreter_reads_the_same_text(tmp_path):
    script = tmp_path / "words.tcl"
    wanted = texts()
    script.write_text("set all {}\n" + "".join(f"lappend all {tcl_word(text)}\n" for text in wanted) +
                      f"set second {word_list(wanted)}\n"
                      "if {$all ne [lrange $second 0 end]} {error {the list differs}}\n"
                      "set file [open [file join [file dirname [info script]] out] w]\n"
                      "foreach text $all {set codes {}; foreach char [split $text {}] {lappend codes [scan $char %c]}\n"
                      "puts $file $codes}\nclose $file\n", encoding="ascii")
    done = subprocess.run([*interpreter(), str(script)], capture_output=True, encoding="utf-8", timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    lines = (tmp_path / "out").read_text(encoding="utf-8").split("\n")[:-1]
    read = [[int(code) for code in line.split()] for line in lines]
    assert len(read) == len(wanted)
    for text, codes in zip(wanted, read):
        assert codes in (units(text), [ord(char) for char in text]), text
