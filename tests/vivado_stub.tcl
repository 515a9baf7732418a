# Stands for Vivado: every command is recorded, and what it is given must be there. Options and counts of arguments are
# checked by who reads the record. The variables ports, texts and known are set before this file is read.
namespace eval stub {
    variable log {}
    variable project 0
    variable design 0
    variable files {}
    variable ipfiles {}
    variable runs
    array set runs {synth_1 idle impl_1 idle}
    variable cells
    array set cells {}
    variable bdports {}
    variable connected {}
    variable segments {}
    # Frequency of clocks (ports and pins) and of bus ports: Vivado takes 100 MHz for a bus that has none.
    variable hertz
    array set hertz {}
    # Memories behind ports of the processing system, and the address spaces that can reach them.
    variable memories {HP0_DDR_LOW HP0_DDR_HIGH HP0_LPS_OCM HP0_QSPI}
    variable reached {}
    # IPs of the catalogue that are optional: Vivado 2024.2 and later have inline HDL.
    if {![info exists catalogue]} {
        variable catalogue {xilinx.com:ip:xlconcat:2.1}
    }
    # Interfaces and pins of the IPs in the block design.
    variable pins {
        *:ip:axi_dma:* {S_AXI_LITE M_AXI_MM2S M_AXI_S2MM M_AXIS_MM2S S_AXIS_S2MM s_axi_lite_aclk m_axi_mm2s_aclk
            m_axi_s2mm_aclk axi_resetn mm2s_introut s2mm_introut}
        *:ip:smartconnect:* {S00_AXI S01_AXI M00_AXI M01_AXI aclk aresetn}
        *:ip:xlconcat:* {In0 In1 In2 dout}
        *:inline_hdl:ilconcat:* {In0 In1 In2 dout}
        *:ip:zynq_ultra_ps_e {M_AXI_HPM0_FPD S_AXI_HP0_FPD maxihpm0_fpd_aclk saxihp0_fpd_aclk pl_clk0 pl_resetn0 pl_ps_irq0}
        *:ip:proc_sys_reset:* {slowest_sync_clk ext_reset_in aux_reset_in mb_debug_sys_rst dcm_locked mb_reset
            bus_struct_reset peripheral_reset interconnect_aresetn peripheral_aresetn}
        hypgcn:accelerator:* {s_axis m_axis s_axi_control aclk aresetn irq}
    }
}

# Value of an option among the words of a call, or the default.
proc stub::option {words name {default ""}} {
    set at [lsearch -exact $words $name]
    return [expr {$at < 0 ? $default : [lindex $words [expr {$at + 1}]]}]
}

# The words that are neither a flag nor an option or its value.
proc stub::arguments {name words} {
    variable known
    lassign [dict get $known $name] flags options
    set rest {}
    for {set at 0} {$at < [llength $words]} {incr at} {
        set word [lindex $words $at]
        if {$word in $options} {
            incr at
        } elseif {$word ni $flags} {
            lappend rest $word
        }
    }
    return $rest
}

proc stub::call {name args} {
    variable log
    variable project
    lappend log [linsert $args 0 $name]
    if {!$project && $name ni {create_project open_project} && ![string match {[gs]et_*} $name] && $name ne "create_clock"} {
        error "$name: no project is open"
    }
    set base [string map {:: __} $name]
    if {[info procs ::stub::do_$base] ne ""} {
        return [stub::do_$base $args [stub::arguments $name $args]]
    }
    # What a command names is what it returns.
    return [lindex [stub::arguments $name $args] 0]
}

proc stub::must_exist {paths} {
    foreach path $paths {
        if {![file isfile $path]} {
            error "file not found: $path"
        }
    }
}

proc stub::write {path text} {
    set file [open $path w]
    puts -nonewline $file $text
    close $file
}

proc stub::do_create_project {words rest} {
    variable project
    if {$project} {
        error "create_project: a project is open"
    }
    set project 1
}
proc stub::do_open_project {words rest} {
    variable project
    must_exist $rest
    set project 1
}
proc stub::do_read_saif {words rest} {
    must_exist $rest
}
proc stub::do_report_power {words rest} {
    report $words ""
}
proc stub::do_current_project {words rest} {
    return a_project
}
proc stub::do_close_project {words rest} {
    variable project
    set project 0
}
proc stub::do_add_files {words rest} {
    variable files
    must_exist [lindex $rest 0]
    if {[option $words -fileset sources_1] ni {sources_1 constrs_1 sim_1}} {
        error "add_files: unknown fileset"
    }
    foreach path [lindex $rest 0] {
        if {$path in $files} {
            error "added twice: $path"
        }
        lappend files $path
    }
    return $files
}
proc stub::do_read_xdc {words rest} {
    must_exist [lindex $rest 0]
}
# As in Vivado the words are patterns, of a whole path or of a name.
proc stub::do_get_files {words rest} {
    variable files
    set found {}
    foreach pattern [lindex $rest 0] {
        set matches {}
        foreach path $files {
            if {[string match $pattern $path] || [string match $pattern [file tail $path]]} {
                lappend matches $path
            }
        }
        if {![llength $matches]} {
            error "get_files: not in the project: $pattern"
        }
        lappend found {*}$matches
    }
    return $found
}
proc stub::do_launch_runs {words rest} {
    variable runs
    foreach run $rest {
        if {![info exists runs($run)]} {
            error "unknown run $run"
        }
        if {$run eq "impl_1" && $runs(synth_1) ne "100%"} {
            error "impl_1 before synth_1"
        }
        set runs($run) launched
    }
}
proc stub::do_wait_on_run {words rest} {
    variable runs
    variable texts
    if {$runs([lindex $rest 0]) ne "launched"} {
        error "wait_on_run: not launched"
    }
    set runs([lindex $rest 0]) [dict get $texts progress]
}
proc stub::do_open_run {words rest} {
    variable runs
    variable design
    if {$design || $runs([lindex $rest 0]) ne "100%"} {
        error "open_run: the run is not complete, or a design is open"
    }
    set design 1
}
proc stub::do_synth_design {words rest} {
    variable design
    set design 1
}
proc stub::do_close_design {words rest} {
    variable design
    if {!$design} {
        error "close_design: none is open"
    }
    set design 0
}
proc stub::report {words text} {
    variable design
    if {!$design} {
        error "no design is open"
    }
    if {[option $words -file] ne ""} {
        write [option $words -file] $text
    }
}
proc stub::do_report_timing_summary {words rest} {
    variable texts
    report $words [dict get $texts timing]
}
proc stub::do_report_utilization {words rest} {
    variable texts
    report $words [dict get $texts utilisation]
}
proc stub::do_get_property {words rest} {
    variable runs
    if {[lindex $rest 0] in {PROGRESS STATUS}} {
        return $runs([lindex $rest 1])
    }
    return ""
}
proc stub::do_set_property {words rest} {
    variable hertz
    set objects [option $words -objects [lindex $rest end]]
    if {$objects eq "" && "-quiet" ni $words} {
        error "set_property: no object"
    }
    set values [option $words -dict [lrange $rest 0 end-1]]
    if {"-objects" ni $words && [dict exists $values CONFIG.FREQ_HZ]} {
        set hertz($objects) [dict get $values CONFIG.FREQ_HZ]
    }
}
proc stub::do_get_ports {words rest} {
    variable ports
    foreach pattern [lindex $rest 0] {
        regsub {\[\*\]$} $pattern {} name
        if {$name ni $ports} {
            error "get_ports: no port $name"
        }
    }
    return [lindex $rest 0]
}
proc stub::do_get_nets {words rest} {
    return [lindex $rest 0]
}
proc stub::do_get_cells {words rest} {
    return {}
}
proc stub::do_ipx__package_project {words rest} {
    write [file join [option $words -root_dir] component.xml] ""
}
proc stub::do_ipx__current_core {words rest} {
    return core
}
proc stub::do_ipx__associate_bus_interfaces {words rest} {
    variable ports
    foreach option {-clock -reset} {
        if {$option in $words && [option $words $option] ni $ports} {
            error "ipx::associate_bus_interfaces: no port [option $words $option]"
        }
    }
    if {"-busif" in $words && [lsearch -glob $ports [option $words -busif]_*] < 0} {
        error "ipx::associate_bus_interfaces: no bus [option $words -busif]"
    }
}
proc stub::do_ipx__get_ports {words rest} {
    return [do_get_ports $words $rest]
}
proc stub::do_ipx__get_file_groups {words rest} {
    if {[lindex $rest 0] ni {xilinx_anylanguagesynthesis xilinx_anylanguagebehavioralsimulation}} {
        error "no file group [lindex $rest 0]"
    }
    return [lindex $rest 0]
}
# Files of each group.
proc stub::do_ipx__get_files {words rest} {
    variable ipfiles
    set file [list [option $words -of_objects] [lindex $rest 0]]
    return [expr {$file in $ipfiles ? [lindex $rest 0] : ""}]
}
proc stub::do_ipx__add_file {words rest} {
    variable ipfiles
    variable iproot
    lassign $rest file group
    must_exist [list [file join $iproot $file]]
    lappend ipfiles [list $group $file]
}
proc stub::do_create_bd_design {words rest} {
    variable files
    lappend files [lindex $rest 0].bd
}
proc stub::do_create_bd_cell {words rest} {
    variable cells
    variable pins
    variable catalogue
    set vlnv [option $words -vlnv]
    if {[string match *concat* $vlnv] && $vlnv ni $catalogue} {
        error "no IP $vlnv"
    }
    if {[string match *:inline_hdl:* $vlnv] != ([option $words -type] eq "inline_hdl")} {
        error "create_bd_cell: $vlnv is not of the type [option $words -type]"
    }
    foreach {pattern names} $pins {
        if {[string match $pattern $vlnv]} {
            set cells([lindex $rest 0]) $names
            return [lindex $rest 0]
        }
    }
    error "no IP [option $words -vlnv]"
}
proc stub::do_get_ipdefs {words rest} {
    variable catalogue
    return [lsearch -all -inline -glob $catalogue [lindex $rest 0]]
}
proc stub::do_create_bd_port {words rest} {
    variable bdports
    variable hertz
    lappend bdports [lindex $rest 0]
    if {"-freq_hz" in $words} {
        set hertz([lindex $rest 0]) [option $words -freq_hz]
    }
    return [lindex $rest 0]
}
proc stub::do_create_bd_intf_port {words rest} {
    return [do_create_bd_port $words $rest]
}
proc stub::do_get_bd_cells {words rest} {
    variable cells
    if {![info exists cells([lindex $rest 0])]} {
        error "no cell [lindex $rest 0]"
    }
    return [lindex $rest 0]
}
proc stub::do_get_bd_ports {words rest} {
    variable bdports
    if {[lindex $rest 0] ni $bdports} {
        error "no port [lindex $rest 0]"
    }
    return [lindex $rest 0]
}
proc stub::do_get_bd_intf_ports {words rest} {
    return [do_get_bd_ports $words $rest]
}
proc stub::do_get_bd_pins {words rest} {
    variable cells
    lassign [split [lindex $rest 0] /] cell pin
    if {![info exists cells($cell)] || $pin ni $cells($cell)} {
        error "no pin [lindex $rest 0]"
    }
    return [lindex $rest 0]
}
proc stub::do_get_bd_intf_pins {words rest} {
    return [do_get_bd_pins $words $rest]
}
proc stub::do_connect_bd_net {words rest} {
    variable connected
    lappend connected {*}$rest
}
# {kind side} of an interface by its name: a stream or memory mapped, the one that sends or the one that takes. Seen from
# inside, a port of the design is the other side.
proc stub::side {name} {
    variable bdports
    set pin [lindex [split $name /] end]
    set sends [string match -nocase m* $pin]
    if {$name in $bdports} {
        set sends [expr {!$sends}]
    }
    return [list [string match -nocase *axis* $pin] $sends]
}
proc stub::do_connect_bd_intf_net {words rest} {
    variable connected
    lassign [side [lindex $rest 0]] kind sends
    lassign [side [lindex $rest 1]] other_kind other_sends
    if {$kind != $other_kind || $sends == $other_sends} {
        error "[lindex $rest 0] and [lindex $rest 1] do not fit"
    }
    foreach name $rest {
        if {$name in $connected} {
            error "$name is connected twice"
        }
    }
    do_connect_bd_net $words $rest
}
proc stub::bytes {range} {
    if {[string match 0x* $range]} {
        return [expr {$range}]
    }
    regexp {^(\d+)([KMG]?)$} $range -> number unit
    return [expr {$number << [dict get {{} 0 K 10 M 20 G 30} $unit]}]
}
# Segments of cells share the address space of the control port; those of ports of the design have their own.
proc stub::do_assign_bd_address {words rest} {
    variable cells
    variable segments
    variable reached
    if {"-offset" ni $words} {
        # Memories of the processing system have fixed addresses.
        lappend reached [option $words -target_address_space] [lindex $rest 0]
        return
    }
    set offset [expr {[option $words -offset]}]
    set size [bytes [option $words -range]]
    if {$offset % $size} {
        error "assign_bd_address: [lindex $rest 0] is not at a multiple of its size"
    }
    set space [expr {[info exists cells([lindex [split [lindex $rest 0] /] 0])] ? "cells" : [lindex $rest 0]}]
    foreach segment $segments {
        lassign $segment other_space other start end
        if {$space eq $other_space && $offset < $end && $start < $offset + $size} {
            error "assign_bd_address: [lindex $rest 0] overlaps $other"
        }
    }
    lappend segments [list $space [lindex $rest 0] $offset [expr {$offset + $size}]]
}
proc stub::do_get_bd_addr_spaces {words rest} {
    variable cells
    lassign [split [lindex $rest 0] /] cell space
    if {![info exists cells($cell)] || $space ni {Data Data_MM2S Data_S2MM}} {
        error "no address space [lindex $rest 0]"
    }
    return [lindex $rest 0]
}
proc stub::do_get_bd_addr_segs {words rest} {
    variable memories
    variable cells
    set name [lindex $rest 0]
    set cell [lindex [split $name /] 0]
    if {![string match */SAXIGP2/* $name]} {
        return $name
    }
    if {![info exists cells($cell)]} {
        error "no address segment $name"
    }
    set found {}
    foreach memory $memories {
        if {[string match $name $cell/SAXIGP2/$memory]} {
            lappend found /$cell/SAXIGP2/$memory
        }
    }
    return $found
}
proc stub::do_exclude_bd_addr_seg {words rest} {
    variable reached
    lappend reached [option $words -target_address_space] [lindex $rest 0]
}
# Buses that Vivado refuses: another frequency than that of the clock that their interconnect has.
proc stub::check_frequencies {} {
    variable bdports
    variable hertz
    foreach port $bdports {
        if {![string match *AXI* $port]} {
            continue
        }
        set bus [expr {[info exists hertz($port)] ? $hertz($port) : 100000000}]
        foreach clock [array names hertz] {
            if {![string match *AXI* $clock] && $hertz($clock) != $bus} {
                error "Bus Interface property FREQ_HZ does not match between $port ($bus) and $clock ($hertz($clock))"
            }
        }
    }
}
proc stub::check_memories {} {
    variable cells
    variable memories
    variable reached
    foreach cell [array names cells] {
        if {"S_AXI_HP0_FPD" ni $cells($cell)} {
            continue
        }
        foreach space {Data_MM2S Data_S2MM} {
            foreach memory $memories {
                set found 0
                foreach {from to} $reached {
                    incr found [expr {[string match */$space $from] && $to eq "/$cell/SAXIGP2/$memory"}]
                }
                if {$found != 1} {
                    error "/$cell/SAXIGP2/$memory is neither assigned to $space nor excluded from it"
                }
            }
        }
    }
}
proc stub::do_validate_bd_design {words rest} {
    variable cells
    variable connected
    # Inputs that have a default, and outputs that need no load.
    set optional {aux_reset_in mb_debug_sys_rst dcm_locked mb_reset bus_struct_reset peripheral_reset
        interconnect_aresetn}
    check_frequencies
    check_memories
    foreach cell [array names cells] {
        foreach pin $cells($cell) {
            # Of the switches only the sides in use are there.
            if {"$cell/$pin" ni $connected && ![regexp {^[SM]0._AXI$} $pin] && $pin ni $optional} {
                error "$cell/$pin is not connected"
            }
        }
    }
}
proc stub::do_make_wrapper {words rest} {
    variable folder
    set path [file join $folder system_wrapper.v]
    write $path ""
    return $path
}

# Nothing but Tcl and the commands above.
proc ::unknown {name args} {
    error "unknown command $name"
}
foreach name [dict keys $stub::known] {
    if {[string match {*::*} $name]} {
        namespace eval [namespace qualifiers $name] {}
    }
    interp alias {} ::$name {} stub::call $name
}
