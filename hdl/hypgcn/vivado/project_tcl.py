"""Tcl that builds the core by itself: synthesis and implementation out of context, with reports as JSON."""

from .settings import VivadoSettings

__all__ = ["Sources", "build_tcl", "word_list"]

Sources = dict[str, list[str]]
"""``rtl`` and ``memory``: paths relative to the folder of the Tcl."""


def word_list(words) -> str:
    """A braced Tcl list, one word a line."""
    return "{\n" + "".join(f"    {word}\n" for word in words) + "}"


def build_tcl(settings: VivadoSettings, sources: Sources) -> str:
    """Text of ``build.tcl``.

    A run that fails ends Vivado with an error; one that only misses its timing does not: see ``met`` in the JSON.
    """
    name = settings.name
    return f"""\
# Builds {name} out of context for {settings.part}. Reports and JSON go to reports/.
#   vivado -mode batch -source build.tcl                        synthesis and implementation
#   vivado -mode batch -source build.tcl -tclargs synthesis     synthesis only
set here [file dirname [file normalize [info script]]]
source [file join $here reports.tcl]
set part {settings.part}
set last implementation
if {{[info exists argv] && [llength $argv] > 0}} {{
    set last [lindex $argv 0]
}}
if {{$last ni {{synthesis implementation}}}} {{
    error "the stage must be synthesis or implementation, not $last"
}}

set rtl {word_list(sources["rtl"])}
set memory {word_list(sources["memory"])}

proc in_folder {{folder names}} {{
    set paths {{}}
    foreach name $names {{
        lappend paths [file join $folder $name]
    }}
    return $paths
}}

create_project -force {name} [file join $here build] -part $part
add_files -norecurse -fileset sources_1 [in_folder $here $rtl]
if {{[llength $memory] > 0}} {{
    add_files -norecurse -fileset sources_1 [in_folder $here $memory]
    set_property FILE_TYPE {{Memory File}} [get_files [in_folder $here $memory]]
}}
set constraints [in_folder $here {{constraints/{name}_ooc.xdc constraints/{name}.xdc}}]
add_files -norecurse -fileset constrs_1 $constraints
set_property USED_IN {{synthesis implementation out_of_context}} [get_files [lindex $constraints 0]]
set_property TOP {name} [get_filesets sources_1]
update_compile_order -fileset sources_1
set_property -name {{STEPS.SYNTH_DESIGN.ARGS.MORE OPTIONS}} -value {{-mode out_of_context}} -objects [get_runs synth_1]

# Complete a run and write the reports of its design.
proc stage {{name run folder part}} {{
    launch_runs $run -jobs {settings.jobs}
    wait_on_run $run
    if {{[get_property PROGRESS [get_runs $run]] ne "100%"}} {{
        error "$name failed: [get_property STATUS [get_runs $run]]"
    }}
    open_run $run -name $name
    report_timing_summary -file [file join $folder ${{name}}_timing.rpt]
    report_utilization -file [file join $folder ${{name}}_utilisation.rpt]
    report_utilization -hierarchical -file [file join $folder ${{name}}_hierarchy.rpt]
    puts [hypgcn::write_json $folder $name $part aclk]
    close_design
}}

set folder [file join $here reports]
file mkdir $folder
stage synthesis synth_1 $folder $part
if {{$last eq "implementation"}} {{
    stage implementation impl_1 $folder $part
}}
close_project
"""
