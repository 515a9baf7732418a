"""Tcl that builds the core by itself: synthesis and implementation out of context, with reports as JSON."""

from .settings import VivadoSettings
from .tcl import tcl_word, word_list

__all__ = ["ADDED", "CHECK_FOLDER", "Sources", "build_tcl"]

Sources = dict[str, list[str]]
"""``rtl`` and ``memory``: paths relative to the folder of the Tcl."""


CHECK_FOLDER = r"""# Vivado supports no other characters in the names of folders (UG973).
if {[regexp {[^\w ./:~@+=-]} $here]} {
    error "Vivado cannot work in $here: move this project into a folder without special characters in its path"
}"""
"""Tcl that refuses a project that was moved into a folder that Vivado does not support."""

ADDED = """# Files of a fileset by their names alone: get_files takes patterns, and a folder may look like one.
proc added {fileset paths} {
    set names {}
    foreach path $paths {
        lappend names [file tail $path]
    }
    return [get_files -of_objects [get_filesets $fileset] $names]
}"""
"""Tcl that finds the files that were added to a project."""


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
{CHECK_FOLDER}
source [file join $here reports.tcl]
set part {tcl_word(settings.part)}
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

{ADDED}

create_project -force {name} [file join $here build] -part $part
add_files -norecurse -fileset sources_1 [in_folder $here $rtl]
if {{[llength $memory] > 0}} {{
    add_files -norecurse -fileset sources_1 [in_folder $here $memory]
    set_property FILE_TYPE {{Memory File}} [added sources_1 $memory]
}}
set constraints {{constraints/{name}_ooc.xdc constraints/{name}.xdc}}
add_files -norecurse -fileset constrs_1 [in_folder $here $constraints]
set_property USED_IN {{synthesis implementation out_of_context}} [added constrs_1 [lindex $constraints 0]]
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
