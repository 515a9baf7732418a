"""Commands of Vivado that the Tcl and XDC of the project use, with their options and arguments.

Tables for two checks: of scripts as they are written (:func:`check_script`, always) and of the calls that a Tcl
interpreter makes (``vivado_stub.py``, where there is one). Written from the command reference (UG835, UG994, UG1118).
"""

from dataclasses import dataclass

from tcl_words import BUILTIN, calls, procs

__all__ = ["COMMANDS", "PROPERTIES", "Command", "check_call", "check_script"]

UNKNOWN = "value"
"""Placeholder of a word whose value is only known at run time."""


@dataclass(frozen=True)
class Command:
    """``flags`` and ``options`` (with a value), as words; ``forms``: (options that must be there, least and most
    arguments that are no options); a call must fit one of them."""

    flags: str = ""
    options: str = ""
    forms: tuple = (("", 0, 0),)


def _objects(least=1, most=99, **more):
    return Command(flags="-quiet -hierarchical -hier -regexp -nocase " + more.pop("flags", ""),
                   options="-of_objects -of -filter " + more.pop("options", ""), forms=(("", least, most),), **more)


COMMANDS = {
    # Projects, files, runs
    "create_project": Command("-force -in_memory -ip -quiet", "-part -name", (("", 1, 2), ("-name", 0, 1))),
    "open_project": Command("-quiet -read_only", "-part", (("", 1, 1),)),
    "close_project": Command("-quiet -delete"),
    "current_project": Command("-quiet", "", (("", 0, 1),)),
    "add_files": Command("-norecurse -copy_to -force -quiet", "-fileset -of_objects", (("", 1, 1),)),
    "read_xdc": Command("-unmanaged -quiet", "-cells -ref -mode", (("", 1, 1),)),
    "update_compile_order": Command("-force_gui -quiet", "-fileset"),
    "set_property": Command("-quiet -verbose", "-name -value -objects -dict",
                            (("-name -value -objects", 0, 0), ("-dict", 1, 1), ("", 3, 3))),
    "get_property": Command("-quiet -min -max", "", (("", 2, 2),)),
    "get_files": _objects(0, options="-compile_order -used_in"),
    "get_filesets": _objects(0),
    "get_runs": _objects(0),
    "launch_runs": Command("-force -quiet", "-jobs -to_step -dir", (("", 1, 99),)),
    "wait_on_run": Command("-quiet", "-timeout", (("", 1, 1),)),
    "open_run": Command("-quiet", "-name", (("", 1, 1),)),
    "close_design": Command("-quiet"),
    "synth_design": Command("-rtl -quiet", "-name -part -top -mode -flatten_hierarchy -directive", (("-top", 0, 0),)),
    "opt_design": Command("-quiet", "-directive"),
    "place_design": Command("-quiet", "-directive"),
    "phys_opt_design": Command("-quiet", "-directive"),
    "route_design": Command("-quiet", "-directive"),
    "write_checkpoint": Command("-force -quiet", "", (("", 1, 1),)),
    "write_bitstream": Command("-force -bin_file -quiet", "", (("", 1, 1),)),
    "report_timing_summary": Command("-no_header -no_detailed_paths -datasheet -quiet -return_string",
                                     "-file -max_paths -delay_type"),
    "report_utilization": Command("-hierarchical -quiet -return_string", "-file -cells"),
    "report_io": Command("-quiet", "-file"),
    "report_control_sets": Command("-verbose -quiet", "-file"),
    "report_clock_utilization": Command("-quiet", "-file"),
    "report_route_status": Command("-quiet", "-file"),
    "report_drc": Command("-quiet", "-file"),
    "report_methodology": Command("-quiet", "-file"),
    "report_power": Command("-quiet -hier -no_propagation", "-file -format -xpe -rpx", (("", 0, 0),)),
    "read_saif": Command("-no_strip -quiet -verbose", "-strip_path -out_file", (("", 1, 1),)),
    "reset_switching_activity": Command("-default -all -quiet", "", (("", 0, 99),)),
    "quit": Command(),
    # Constraints
    "create_clock": Command("-add -quiet", "-name -period -waveform", (("-period", 0, 1),)),
    "set_input_delay": Command("-max -min -add_delay -clock_fall -quiet", "-clock", (("-clock", 2, 2),)),
    "set_output_delay": Command("-max -min -add_delay -clock_fall -quiet", "-clock", (("-clock", 2, 2),)),
    "set_false_path": Command("-setup -hold -quiet", "-from -to -through", (("-to", 0, 0), ("-from", 0, 0))),
    "set_max_delay": Command("-datapath_only -quiet", "-from -to", (("", 1, 1),)),
    "get_ports": _objects(0),
    "get_nets": _objects(0),
    "get_cells": _objects(0),
    "get_pins": _objects(0),
    "get_pin": _objects(0),
    "get_clocks": _objects(0),
    "all_fanin": Command("-flat -startpoints_only -quiet", "-to", (("", 1, 1),)),
    # Packaging
    "ipx::package_project": Command("-force -import_files -quiet",
                                    "-root_dir -vendor -library -taxonomy -archive_source_project -set_current",
                                    (("-root_dir -vendor -library", 0, 1),)),
    "ipx::current_core": Command("-quiet", "", (("", 0, 1),)),
    "ipx::associate_bus_interfaces": Command("-clear -quiet", "-busif -clock -reset",
                                             (("-busif -clock", 1, 1), ("-clock -reset", 1, 1))),
    "ipx::get_ports": _objects(options=""),
    "ipx::get_memory_maps": _objects(options=""),
    "ipx::get_address_blocks": _objects(options=""),
    "ipx::get_file_groups": _objects(options=""),
    "ipx::get_files": _objects(options=""),
    "ipx::add_file": Command("-quiet", "", (("", 2, 2),)),
    "ipx::create_xgui_files": Command("-quiet", "-logo_file", (("", 1, 1),)),
    "ipx::update_checksums": Command("-quiet", "", (("", 1, 1),)),
    "ipx::check_integrity": Command("-quiet", "", (("", 1, 1),)),
    "ipx::save_core": Command("-quiet", "", (("", 0, 1),)),
    # Block designs
    "update_ip_catalog": Command("-rebuild -quiet", "-repo_path -add_ip"),
    "create_bd_design": Command("-quiet", "", (("", 1, 1),)),
    "create_bd_cell": Command("-quiet", "-type -vlnv -reference", (("-type -vlnv", 1, 1),)),
    "create_bd_port": Command("-quiet", "-dir -type -freq_hz -from -to", (("-dir", 1, 1),)),
    "create_bd_intf_port": Command("-quiet", "-mode -vlnv", (("-mode -vlnv", 1, 1),)),
    "get_bd_cells": _objects(),
    "get_bd_ports": _objects(),
    "get_bd_pins": _objects(),
    "get_bd_intf_ports": _objects(),
    "get_bd_intf_pins": _objects(),
    "get_bd_addr_segs": _objects(),
    "get_bd_addr_spaces": _objects(),
    "exclude_bd_addr_seg": Command("-quiet", "-target_address_space -offset -range", (("", 0, 1),)),
    "get_ipdefs": _objects(0, flags="-all"),
    "apply_bd_automation": Command("-quiet", "-rule -config -dict", (("-rule", 1, 1),)),
    "connect_bd_net": Command("-quiet", "-net", (("", 2, 99),)),
    "connect_bd_intf_net": Command("-quiet", "-intf_net", (("", 2, 2),)),
    "assign_bd_address": Command("-quiet", "-offset -range -target_address_space", (("", 0, 1),)),
    "validate_bd_design": Command("-quiet -force"),
    "save_bd_design": Command("-quiet", "", (("", 0, 1),)),
    "make_wrapper": Command("-top -testbench -import -force -quiet", "-files -fileset", (("-files", 0, 0),)),
}


PROPERTIES = set("""
    CORE_REVISION DESCRIPTION DISPLAY_NAME DRIVER_VALUE FILE_TYPE IOSTANDARD IP_REPO_PATHS LOC MAX_FANOUT NAME PROGRESS
    RANGE STATUS SUPPORTED_FAMILIES TOP TYPE USED_IN VERSION
    BOARD_PART CONFIG.ADDR_WIDTH CONFIG.ASSOCIATED_BUSIF CONFIG.ASSOCIATED_RESET CONFIG.DATA_WIDTH CONFIG.FREQ_HZ
    CONFIG.NUM_MI CONFIG.NUM_PORTS CONFIG.NUM_SI CONFIG.PROTOCOL
    CONFIG.c_addr_width CONFIG.c_include_mm2s_dre CONFIG.c_include_s2mm_dre CONFIG.c_include_sg
    CONFIG.c_m_axi_mm2s_data_width CONFIG.c_m_axi_s2mm_data_width CONFIG.c_m_axis_mm2s_tdata_width
    CONFIG.c_sg_length_width
    CONFIG.PSU__CRL_APB__PL0_REF_CTRL__FREQMHZ CONFIG.PSU__FPGA_PL0_ENABLE CONFIG.PSU__MAXIGP0__DATA_WIDTH
    CONFIG.PSU__NUM_FABRIC_RESETS CONFIG.PSU__SAXIGP2__DATA_WIDTH CONFIG.PSU__USE__IRQ0 CONFIG.PSU__USE__M_AXI_GP0
    CONFIG.PSU__USE__M_AXI_GP1 CONFIG.PSU__USE__M_AXI_GP2 CONFIG.PSU__USE__S_AXI_GP2
""".split()) | {"STEPS.SYNTH_DESIGN.ARGS.MORE OPTIONS"}
"""Properties that scripts and constraints read and set; those of an IP are spelt as in its product guide."""


def check_call(name: str, words: list[str]):
    """Raise :exc:`ValueError` when the command ``name`` does not take ``words``."""
    if name not in COMMANDS:
        raise ValueError(f"{name} is no command that is known")
    command = COMMANDS[name]
    flags, options = command.flags.split(), command.options.split()
    given, arguments, at = set(), [], 0
    while at < len(words):
        word = words[at]
        if word in flags:
            given.add(word)
        elif word in options:
            at += 1
            if at == len(words):
                raise ValueError(f"{name}: {word} must have a value")
            given.add(word)
        elif word.startswith("-") and not _is_number(word):
            raise ValueError(f"{name} has no option {word}")
        else:
            arguments.append(word)
        at += 1
    for needed, least, most in command.forms:
        if set(needed.split()) <= given and least <= len(arguments) <= most:
            if name in ("set_property", "get_property"):
                _check_properties(name, words, arguments)
            return
    wanted = " or ".join(f"{needed or 'no option'} with {least} to {most} arguments"
                         for needed, least, most in command.forms)
    raise ValueError(f"{name} must have {wanted}, not {' '.join(words) or 'nothing'}")


def _check_properties(name, words, arguments):
    if "-dict" in words:
        found = words[words.index("-dict") + 1].split()[::2]
    else:
        found = [words[words.index("-name") + 1] if "-name" in words else arguments[0]]
    for entry in found:
        if entry not in PROPERTIES and entry != UNKNOWN:
            raise ValueError(f"{name}: {entry} is no property that is known")


def _is_number(word):
    try:
        float(word)
    except ValueError:
        return False
    return True


def check_script(*texts: str):
    """Raise :exc:`ValueError` for the first command in ``texts`` that neither Tcl nor Vivado nor a procedure in them
    is, or that Vivado would refuse by its options or the number of its arguments. Words whose value is only known
    at run time count as arguments."""
    own = set().union(*(procs(text) for text in texts))
    for text in texts:
        for words in calls(text):
            name = words[0].text
            if name in own or name in BUILTIN:
                continue
            # A word that is substituted is never an option in our scripts; its text must not look like one.
            check_call(name, [word.text if word.literal else UNKNOWN for word in words[1:]])
