"""The checks of our Tcl find what they are for."""

import pytest
from tcl_words import calls, commands
from vivado_commands import check_call, check_script
from vivado_stub import interpreter, run_tcl


def names(text):
    return [words[0].text for words in calls(text)]


@pytest.mark.parametrize(("text", "found"), [
    ("a b; c\nd", ["a", "c", "d"]),
    ("# a comment\na \\\n  b", ["a"]),
    ("set x [a [b c] {d [e]}]", ["set", "a", "b"]),
    ('puts "x [a] y"', ["puts", "a"]),
    ("if {[a] && 1} {b} elseif {[c]} {d} else {e}", ["if", "a", "b", "c", "d", "e"]),
    ("foreach x {a b} {c}", ["foreach", "c"]),
    ("proc p {x} {a\nb}", ["proc", "a", "b"]),
    ("dict for {k v} $d {a}", ["dict", "a"]),
    ("try {a} finally {b}", ["try", "a", "b"]),
    (r"set x \[a\]", ["set"]),
])
def test_calls(text, found):
    assert names(text) == found


@pytest.mark.parametrize("text", ["a {b", 'a "b', "a [b", "a {b}c"])
def test_broken_text(text):
    with pytest.raises(ValueError, match=r"is not closed|directly behind"):
        list(commands(text))


GOOD = "create_project -force p here -part xcku115-flvb2104-2-e\nclose_project\n"


@pytest.mark.parametrize(("text", "message"), [
    ("create_projekt p", "no command that is known"),
    ("create_project -forces p", "has no option -forces"),
    ("create_project -part", "must have a value"),
    ("create_project -force", "create_project must have"),
    ("create_clock -name x [get_ports a]", "create_clock must have -period"),
    ("set_property NAME b", "set_property must have"),
    ("set_property NAM b [current_project]", "NAM is no property"),
    ("set_property -name NAM -value b -objects [current_project]", "NAM is no property"),
    ("set_property -dict {NAME a NAM b} [current_project]", "NAM is no property"),
    ("get_property PROGRES [get_runs x]", "PROGRES is no property"),
    ("set x [get_runs -wrong]", "has no option -wrong"),
    ("foreach x {1} {launch_runs}", "launch_runs must have"),
])
def test_structural_check_finds(text, message):
    check_script(GOOD)
    with pytest.raises(ValueError, match=message):
        check_script(GOOD + text)


def test_negative_numbers_are_no_options():
    check_call("set_input_delay", ["-clock", "aclk", "-0.5", "ports"])


@pytest.mark.skipif(interpreter() is None, reason="there is neither tclsh nor a tkinter with its Tcl")
@pytest.mark.parametrize(("text", "message"), [
    ("create_projekt p", "unknown command create_projekt"),
    ("ls", "unknown command ls"),
    ("add_files nowhere.sv", "no project is open"),
    (GOOD.replace("close_project\n", "add_files nowhere.sv"), "file not found: nowhere.sv"),
    (GOOD.replace("close_project\n", "get_files a.sv"), "not in the project"),
    (GOOD.replace("close_project\n", "launch_runs impl_1"), "impl_1 before synth_1"),
    (GOOD.replace("close_project\n", "report_timing_summary -file x"), "no design is open"),
    (GOOD.replace("close_project\n", "set o -wrong\nget_runs $o"), "has no option -wrong"),
    (GOOD.replace("close_project\n", "set_property NAME b [get_cells x]"), "no object"),
])
def test_stub_finds(text, message, tmp_path):
    script = tmp_path / "script.tcl"
    script.write_text(GOOD, encoding="utf-8")
    assert [name for name, _ in run_tcl(script, folder=tmp_path)] == ["create_project", "close_project"]
    script.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=message):
        run_tcl(script, folder=tmp_path)
