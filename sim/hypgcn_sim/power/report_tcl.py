"""Tcl with which Vivado reports the power of the core, with the activity of real clips."""

__all__ = ["power_tcl"]


def power_tcl(name: str) -> str:
    """Text of ``power.tcl``, for the project that ``build.tcl`` made.

    Parameters
    ----------
    name : str
        Top module.
    """
    return f"""\
# Power of {name} with the switching activity of clips, after implementation.
#   vivado -mode batch -source build.tcl      first, because it makes the project
#   vivado -mode batch -source power.tcl
set here [file dirname [file normalize [info script]]]
set project [file join $here build {name}.xpr]
if {{![file exists $project]}} {{
    error "no project in build/: source build.tcl first"
}}
open_project $project
open_run impl_1
file mkdir [file join $here reports]
read_saif -strip_path TOP/{name} -out_file [file join $here reports power_unmatched.txt] \\
    [file join $here {name}_power.saif]
report_power -file [file join $here reports power.rpt]
close_project
"""
