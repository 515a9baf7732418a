"""Parts in Vivado's spelling, their families, multipliers and resources."""

import pytest

from hypgcn.planning.device import Device, devices
from hypgcn.planning.part import FAMILIES, Part, families_of

PARTS = {
    # 7 series: no hyphen before the package
    "xa7a35tcpg236-1": ("aartix7", "XC7A35T", "dsp48e1"),
    "xa7a35tcpg236-1I": ("aartix7", "XC7A35T", "dsp48e1"),
    "xc7a35ticsg324-1L": ("artix7", "XC7A35T", "dsp48e1"),
    "xc7a100tlcsg324-2L": ("artix7l", "XC7A100T", "dsp48e1"),
    "xc7a200tsbg484-1": ("artix7", "XC7A200T", "dsp48e1"),
    "xc7k325tffg900-2": ("kintex7", "XC7K325T", "dsp48e1"),
    "xc7vh580thcg1155-2": ("virtex7", None, "dsp48e1"),
    "xc7s50csga324-1": ("spartan7", "XC7S50", "dsp48e1"),
    "xc7z020clg400-1": ("zynq", "XC7Z020", "dsp48e1"),
    "xc7z007sclg225-1": ("zynq", None, "dsp48e1"),
    "xc7z010iclg225-1L": ("zynq", "XC7Z010", "dsp48e1"),
    "xc7z030sbg485-1": ("zynq", "XC7Z030", "dsp48e1"),
    "xq7z020cl400-1I": ("qzynq", "XC7Z020", "dsp48e1"),
    # UltraScale and UltraScale+
    "xcku115-flvb2104-2-e": ("kintexu", "XCKU115", "dsp48e2"),
    "xqrku060-cna1509-1M-m": ("qrkintexu", "XCKU060", "dsp48e2"),
    "xcvu095-ffva2104-2-e": ("virtexu", None, "dsp48e2"),
    "xcau25p-ffvb676-2-e": ("artixuplus", "XCAU25P", "dsp48e2"),
    "xcsu35p-sbvb625-2-e": ("spartanuplus", None, "dsp48e2"),
    "xcku5p-ffvb676-2-e": ("kintexuplus", "XCKU5P", "dsp48e2"),
    "xcvu9p-flga2104-2L-e": ("virtexuplus", "XCVU9P", "dsp48e2"),
    "xcu250-figd2104-2L-e": ("virtexuplus", "XCU250", "dsp48e2"),
    "xcvu37p-fsvh2892-2L-e": ("virtexuplusHBM", "XCVU37P", "dsp48e2"),
    "xcvu37p-fsvh2892-2-e-es1": ("virtexuplusHBM", "XCVU37P", "dsp48e2"),
    "xcvu23p_CIV-fsvj1760-2-e": ("virtexuplus58g", None, "dsp48e2"),
    "xck26-sfvc784-2LV-c": ("zynquplus", "XCK26", "dsp48e2"),
    "xazu3eg-sfvc784-1Q-q": ("azynquplus", "XCZU3EG", "dsp48e2"),
    "xczu28dr-ffvg1517-2-e": ("zynquplusRFSOC", "XCZU28DR", "dsp48e2"),
    # Versal
    "xcvc1902-vsva2197-2MP-e-S": ("versalaicore", "XCVC1902", "inferred"),
    "xcvm1802-vfvc1760-1LP-i-L": ("versalprime", None, "inferred"),
    "xcv80-lsva4737-2MHP-e-S": ("versalhbm", None, "inferred"),
    "xqrvc1902-vsra2197-1MM-b-S": ("qrversalaicore", "XCVC1902", "inferred"),
    "xc2ve3858-ssva2112-2LHP-e-S": ("versalaiedge2", None, "inferred"),
}
"""Part: family, device file, best form of the packed MAC."""


@pytest.mark.parametrize("name", PARTS)
def test_parts_as_vivado_writes_them(name):
    """Parts with speed grades and prefixes that were once refused; any case is accepted."""
    family, device, form = PARTS[name]
    for text in (name, name.upper(), name.lower()):
        part = Part.parse(text)
        assert part.name == name
        assert (part.family_name, part.family.forms[0]) == (family, form)
        assert (part.resources.name if part.resources else None) == device


def test_a_hyphen_before_the_package_of_the_7_series_is_dropped():
    assert Part.parse("xc7z020-clg400-1").name == "xc7z020clg400-1"


@pytest.mark.parametrize("text", ["ku115", "xcku115 flvb2104", "xcku115-flvb2104", 7, None, "", "XC7Z020-1CLG400C",
                                  "xcku115-flvb2104-2-e\n", "xcku\uff1115-flvb2104-2-e", "xc6slx9-2csg324"])
def test_what_is_no_part_is_refused(text):
    with pytest.raises(ValueError, match="part must be as Vivado writes it, such as xcku115-.*, not "):
        Part.parse(text)


@pytest.mark.parametrize("text", ["xcfoo9-flvb2104-2-e", "xavu9p-flga2104-2L-e"])
def test_unknown_families_are_refused(text):
    with pytest.raises(ValueError, match=f"one of the families artix7, .*'{text}' is of none that is known"):
        Part.parse(text)


def test_a_form_that_the_multipliers_cannot_do_is_refused_with_what_fits():
    """A DSP48E2 for a Zynq-7000."""
    with pytest.raises(ValueError, match="xc7z020clg400-1 .zynq, DSP48E1. cannot do the folding's mac 'dsp48e2': take "
                                         "a folding with 'dsp48e1' or 'single', or a part of kintexu, .*versalprime2"):
        Part.parse("xc7z020clg400-1").check_form("dsp48e2")
    for family in FAMILIES:
        assert "single" in family.forms
    Part.parse("xcvc1902-vsva2197-2MP-e-S").check_form("dsp48e2")


def test_families_of_an_ip():
    assert {"kintexu", "zynquplusRFSOC", "virtexuplusHBM", "artixuplus", "versal"} <= set(families_of("dsp48e2"))
    assert not {"kintex7", "zynq"} & set(families_of("dsp48e2"))
    assert {"kintex7", "zynq", "aartix7", "kintexu"} <= set(families_of("single"))
    assert {"kintex7", "zynq", "aartix7"} <= set(families_of("dsp48e1")) and "kintexu" not in families_of("dsp48e1")
    assert len(set(families_of("single"))) == len(families_of("single"))


def test_device_files_agree_with_the_families():
    for name in devices():
        device = Device.load(name)
        if not name.startswith("xc"):
            continue
        package = "clg400-1" if name.startswith("xc7") else "-ffva1156-2-e"
        part = Part.parse(name + package)
        assert part.resources == device
        assert device.mac == part.family.forms[0]
        assert device.multiplier == (25 if part.family.series == "7 series" else 27)
