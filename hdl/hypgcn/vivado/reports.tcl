# Converts reports of Vivado to JSON. Plain Tcl, without commands of Vivado.
namespace eval hypgcn {}

# Content of a file.
proc hypgcn::read_file {path} {
    set file [open $path r]
    try {
        return [read $file]
    } finally {
        close $file
    }
}

# A number of a report as JSON: "NA" and the empty text are null.
proc hypgcn::number {text} {
    set text [string trim $text]
    if {[string is double -strict $text]} {
        return $text
    }
    return null
}

# Dict wns, tns, whs, ths (JSON) of the summary of report_timing_summary.
proc hypgcn::parse_timing {text} {
    set heading 0
    foreach line [split $text \n] {
        if {[regexp {^\s*WNS\(ns\)\s+TNS\(ns\)} $line]} {
            set heading 1
        } elseif {$heading && ![regexp {^[\s-]*$} $line]} {
            set words [regexp -all -inline {\S+} $line]
            if {[llength $words] < 6} {
                error "unknown form of the timing summary: $line"
            }
            return [dict create wns [number [lindex $words 0]] tns [number [lindex $words 1]] \
                whs [number [lindex $words 4]] ths [number [lindex $words 5]]]
        }
    }
    error "no timing summary found"
}

# Period (JSON, ns) of a clock in the clock summary of report_timing_summary.
proc hypgcn::parse_period {text clock} {
    foreach line [split $text \n] {
        if {[regexp {^\s*(\S+)\s+\{[^\}]*\}\s+([0-9.]+)\s+([0-9.]+)\s*$} $line -> name period]
                && $name eq $clock} {
            return [number $period]
        }
    }
    error "clock $clock not found in the timing summary"
}

# {used available} (JSON) of the first row of report_utilization whose name matches a pattern; columns by heading.
proc hypgcn::parse_row {text pattern} {
    set used -1
    foreach line [split $text \n] {
        if {![string match {|*} $line]} {
            continue
        }
        set cells {}
        foreach cell [split [string trim $line |] |] {
            lappend cells [string trim $cell]
        }
        if {[lindex $cells 0] eq "Site Type"} {
            set used [lsearch -exact $cells Used]
            set available [lsearch -exact $cells Available]
        } elseif {$used > 0 && $available > 0 && [regexp $pattern [lindex $cells 0]]} {
            return [list [number [lindex $cells $used]] [number [lindex $cells $available]]]
        }
    }
    error "no row $pattern in the utilisation"
}

# Dict lut, ff, dsp, bram36 -> {used available}. CLB on UltraScale is Slice on the 7 series.
proc hypgcn::parse_utilisation {text} {
    return [dict create lut [parse_row $text {^(CLB|Slice) LUTs\*?$}] ff [parse_row $text {^(CLB|Slice) Registers$}] \
        dsp [parse_row $text {^DSPs$}] bram36 [parse_row $text {^Block RAM Tile$}]]
}

# JSON of a stage from its two reports. fmax_mhz is the clock at which the slack would be zero.
proc hypgcn::to_json {stage part clock timing_text utilisation_text} {
    set timing [parse_timing $timing_text]
    set period [parse_period $timing_text $clock]
    set wns [dict get $timing wns]
    set fmax null
    set met null
    if {$wns ne "null"} {
        set fmax [format %.1f [expr {1000.0 / ($period - $wns)}]]
        set met [expr {$wns >= 0 ? "true" : "false"}]
    }
    set rows {}
    dict for {name row} [parse_utilisation $utilisation_text] {
        lappend rows "  \"$name\": {\"used\": [lindex $row 0], \"available\": [lindex $row 1]}"
    }
    set lines [list "{" " \"stage\": \"$stage\"," " \"part\": \"$part\"," " \"clock\": \"$clock\"," \
        " \"period_ns\": $period," " \"met\": $met," " \"fmax_mhz\": $fmax,"]
    dict for {name value} $timing {
        lappend lines " \"${name}_ns\": $value,"
    }
    lappend lines " \"utilisation\": {" [join $rows ",\n"] " }" "}"
    return "[join $lines \n]\n"
}

# Read STAGE_timing.rpt and STAGE_utilisation.rpt of a folder, write STAGE.json beside them, and return its text.
proc hypgcn::write_json {folder stage part clock} {
    set text [to_json $stage $part $clock [read_file [file join $folder ${stage}_timing.rpt]] \
        [read_file [file join $folder ${stage}_utilisation.rpt]]]
    set file [open [file join $folder $stage.json] w]
    try {
        puts -nonewline $file $text
    } finally {
        close $file
    }
    return $text
}
