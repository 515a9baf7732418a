"""Tcl that packages the core as an IP for the IP catalogue."""

import hashlib
from collections.abc import Sequence

from .. import __version__
from ..planning.part import Part, families_of
from ..shell.registers import ADDRESS_BITS
from .project_tcl import ADDED, CHECK_FOLDER, Sources
from .settings import VivadoSettings
from .tcl import tcl_word, word_list

__all__ = ["LIBRARY", "VENDOR", "package_tcl", "revision", "vlnv"]

VENDOR = "hypgcn"
LIBRARY = "accelerator"


def _ip_version():
    return ".".join(__version__.split(".")[:2])


def vlnv(settings: VivadoSettings) -> str:
    """Vendor, library, name and version of the IP, as Vivado writes them."""
    return f"{VENDOR}:{LIBRARY}:{settings.name}:{_ip_version()}"


def revision(texts: dict[str, str]) -> int:
    """Core revision of an IP with these sources: it changes with them, so that Vivado offers to upgrade instances."""
    digest = hashlib.sha256()
    for name, text in sorted(texts.items()):
        digest.update(f"{name}\0{text}\0".encode())
    return int(digest.hexdigest()[:7], 16)


def _families(part: Part, forms: Sequence[str]) -> list[str]:
    """Families of the IP: that of the part, then all others whose multipliers can do all ``forms``."""
    able = [families_of(form) for form in forms]
    common = [family for family in able[0] if all(family in names for names in able)]
    return list(dict.fromkeys([part.family_name, *common]))


def package_tcl(settings: VivadoSettings, sources: Sources, network: str, core_revision: int,
                macs: Sequence[str]) -> str:
    """Text of ``package.tcl``.

    The IP in ``ip/`` is complete: sources, contents of the memories and constraints are copied there. Buses, clock and
    reset are inferred from the attributes of the ports; the clock and reset of each bus are set again here, because
    the block designer refuses buses without them.

    Parameters
    ----------
    settings : VivadoSettings
    sources : Sources
    network : str
        What the core is of, for people, such as ``design tiny``.
    core_revision : int
        Revision of the IP, see :func:`revision`.
    macs : sequence of str
        Forms of the packed MACs, from which the supported families follow.
    """
    name = settings.name
    families = word_list(word for family in _families(Part.parse(settings.part), macs)
                         for word in (family, "Production"))
    description = f"2s-AGCN accelerator of the {network}: AXI4-Stream clips in, scores out"
    buses = "\n".join(f"ipx::associate_bus_interfaces -busif {bus} -clock aclk $core"
                      for bus in ("s_axis", "m_axis", "s_axi_control"))
    return f"""\
# Packages {name} as {vlnv(settings)} in ip/, for any device of the families listed below.
#   vivado -mode batch -source package.tcl
set here [file dirname [file normalize [info script]]]
{CHECK_FOLDER}
set ip [file join $here ip]
set rtl {word_list(sources["rtl"])}
set memory {word_list(sources["memory"])}
set constraints {{constraints/{name}_ooc.xdc constraints/{name}.xdc}}

file delete -force $ip
file mkdir [file join $ip src]
foreach path [concat $rtl $memory $constraints] {{
    file copy [file join $here $path] [file join $ip src [file tail $path]]
}}
proc inside {{paths}} {{
    global ip
    set copies {{}}
    foreach path $paths {{
        lappend copies [file join $ip src [file tail $path]]
    }}
    return $copies
}}
{ADDED}

create_project -force {name}_ip [file join $here build ip] -part {tcl_word(settings.part)}
add_files -norecurse -fileset sources_1 [inside $rtl]
if {{[llength $memory] > 0}} {{
    add_files -norecurse -fileset sources_1 [inside $memory]
    set_property FILE_TYPE {{Memory File}} [added sources_1 $memory]
}}
add_files -norecurse -fileset constrs_1 [inside $constraints]
set_property USED_IN {{synthesis implementation out_of_context}} [added constrs_1 [lindex $constraints 0]]
set_property TOP {name} [get_filesets sources_1]
update_compile_order -fileset sources_1

ipx::package_project -root_dir $ip -vendor {VENDOR} -library {LIBRARY} -taxonomy /{VENDOR} -force
set core [ipx::current_core]
set_property NAME {name} $core
set_property VERSION {_ip_version()} $core
set_property CORE_REVISION {core_revision} $core
set_property DISPLAY_NAME {tcl_word(f"{name}: skeleton action recognition")} $core
set_property DESCRIPTION {tcl_word(description)} $core
set_property SUPPORTED_FAMILIES {families} $core

{buses}
ipx::associate_bus_interfaces -clock aclk -reset aresetn $core
set map [ipx::get_memory_maps s_axi_control -of_objects $core]
set_property RANGE {1 << ADDRESS_BITS} [ipx::get_address_blocks reg0 -of_objects $map]

# A source without TKEEP sends whole beats; an unconnected TKEEP would be low.
set_property DRIVER_VALUE {(1 << settings.bus_width // 8) - 1} [ipx::get_ports s_axis_tkeep -of_objects $core]

# Contents of the memories are data files: without them in the IP its memories would be empty, also in simulation.
foreach kind {{xilinx_anylanguagesynthesis xilinx_anylanguagebehavioralsimulation}} {{
    set group [ipx::get_file_groups $kind -of_objects $core]
    foreach path $memory {{
        set file src/[file tail $path]
        if {{[llength [ipx::get_files $file -of_objects $group]] == 0}} {{
            ipx::add_file $file $group
        }}
        set_property TYPE mem [ipx::get_files $file -of_objects $group]
    }}
}}

ipx::create_xgui_files $core
ipx::update_checksums $core
ipx::check_integrity $core
ipx::save_core $core
close_project
"""
