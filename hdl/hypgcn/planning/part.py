"""Parts of AMD as Vivado writes them: device, package, speed grade, and the family that they belong to."""

import re
from dataclasses import dataclass

from .device import Device, devices

__all__ = ["FAMILIES", "FORMS", "Family", "Part", "families_of"]

FORMS = {
    "7 series": ("DSP48E1", ("dsp48e1", "single")),
    "UltraScale": ("DSP48E2", ("dsp48e2", "inferred", "single")),
    "UltraScale+": ("DSP48E2", ("dsp48e2", "inferred", "single")),
    "Versal": ("DSP58", ("inferred", "dsp48e2", "single")),
}
"""Multiplier of each series and the forms of the packed MAC that it can do, the best first.

A DSP48E1 multiplies 25 x 18 bits (UG479), a DSP48E2 27 x 18 (UG579), a DSP58 27 x 24; Vivado translates a DSP48E2 into
a DSP58 (AM004, "Device Resources"). What is needed for two products: :class:`~hypgcn.arith.PackedMac`."""


@dataclass(frozen=True)
class Family:
    """A device family.

    Parameters
    ----------
    name : str
        Vivado's property FAMILY of commercial parts, as in the supported families of an IP.
    series : str
        A key of :data:`FORMS`.
    device : str
        Pattern of its devices behind ``xc``.
    grades : str
        Words for the other grades that exist: ``a`` automotive (``xa``), ``q`` defence (``xq``), ``qr`` space
        (``xqr``). Vivado puts them before the name: ``aartix7``.
    """

    name: str
    series: str
    device: str
    grades: str = ""

    @property
    def multiplier(self) -> str:
        """Primitive of the multiplier."""
        return FORMS[self.series][0]

    @property
    def forms(self) -> tuple[str, ...]:
        """Forms of the packed MAC that the multiplier can do, the best first."""
        return FORMS[self.series][1]

    @property
    def names(self) -> list[str]:
        """Vivado's names of the family in all grades."""
        return [grade + self.name for grade in ("", *self.grades.split())]


# Names and grades as Vivado 2025.2 gives them to its parts; Alveo and Kria devices belong to the family of their die.
FAMILIES = (
    Family("artix7", "7 series", r"7a\d+ti?", "a q"),
    Family("artix7l", "7 series", r"7a\d+tl"),
    Family("kintex7", "7 series", r"7k\d+ti?", "a q"),
    Family("kintex7l", "7 series", r"7k\d+tl", "q"),
    Family("virtex7", "7 series", r"7v[xh]?\d+t", "q"),
    Family("spartan7", "7 series", r"7s\d+", "a"),
    Family("zynq", "7 series", r"7z\d{3}s?i?", "a q"),
    Family("kintexu", "UltraScale", r"ku\d{3}", "q qr"),
    Family("virtexu", "UltraScale", r"vu\d{3}"),
    Family("artixuplus", "UltraScale+", r"au\d+p", "a"),
    Family("spartanuplus", "UltraScale+", r"su\d+p"),
    Family("kintexuplus", "UltraScale+", r"ku\d+p", "q"),
    Family("virtexuplus", "UltraScale+", r"vu(?:3|5|7|9|11|13|19)p|u200|u250", "q"),
    Family("virtexuplusHBM", "UltraScale+", r"vu(?:31|33|35|37|45|47|57)p|u50|u55[cn]|u280", "q"),
    Family("virtexuplus58g", "UltraScale+", r"vu(?:23|27|29)p|u26|ux35"),
    Family("zynquplus", "UltraScale+", r"zu\d+(?:cg|eg|ev)|k24|k26|u25|u30", "a q"),
    Family("zynquplusRFSOC", "UltraScale+", r"zu\d+dr", "q"),
    Family("versalaicore", "Versal", r"vc\d{4}", "q qr"),
    Family("versalaiedge", "Versal", r"ve\d{4}", "a q qr"),
    Family("versalprime", "Versal", r"vm\d{4}", "q"),
    Family("versalpremium", "Versal", r"vp\d{4}", "q"),
    Family("versalhbm", "Versal", r"vh\d{4}|v80"),
    Family("versalaiedge2", "Versal", r"2ve\d{4}"),
    Family("versalprime2", "Versal", r"2vm\d{4}"),
)
"""All families that are known."""

_GRADES = {"xc": "", "xa": "a", "xqr": "qr", "xq": "q"}
"""Grade of each prefix; the longer prefix first."""
_HINT = ("as Vivado writes it, such as xcku115-flvb2104-2-e, xck26-sfvc784-2LV-c, xcvc1902-vsva2197-2MP-e-S or "
         "xc7z020clg400-1")
# The 7 series has no hyphen before the package: a device may end in what a package begins with, so both are spelt out.
_SEVEN = re.compile(r"(x[caq]7[a-z]{1,2}\d+s?t?[il]?)-?([cfhrs][a-z]{1,3}\d{3,4})-(\d[a-z]{0,2})")
_LATER = re.compile(r"(x[caq]r?[a-z0-9]+(?:_civ)?)-([a-z]{3,4}\d{3,4})-(\d[a-z]{0,3})-([a-z])((?:-[sl])?(?:-es\d+)?)")


@dataclass(frozen=True, kw_only=True)
class Part:
    """A part, spelt as Vivado does.

    Parameters
    ----------
    name : str
        Device, package and speed grade.
    device : str
        The device alone, such as ``xa7a35t``.
    family : Family
        What it belongs to.
    family_name : str
        Vivado's name of the family in the part's grade, such as ``aartix7``.
    """

    name: str
    device: str
    family: Family
    family_name: str

    @classmethod
    def parse(cls, text: str) -> "Part":
        """Part of a name in upper or lower case.

        Raises
        ------
        ValueError
            If the text has not the form of a part, or its device is of no known family.
        """
        plain = text.lower() if isinstance(text, str) and text.isascii() else ""
        if match := _SEVEN.fullmatch(plain):
            device = match[1]
            name = f"{device}{match[2]}-{match[3].upper()}"
        elif match := _LATER.fullmatch(plain):
            device = match[1].replace("_civ", "_CIV")
            suffix = match[5].upper().replace("ES", "es")
            name = f"{device}-{match[2]}-{match[3].upper()}-{match[4]}{suffix}"
        else:
            raise ValueError(f"part must be {_HINT}, not {text!r}")
        prefix = next(prefix for prefix in _GRADES if device.startswith(prefix))
        code = device.removeprefix(prefix).removesuffix("_CIV")
        for family in FAMILIES:
            if re.fullmatch(family.device, code) and _GRADES[prefix] in ("", *family.grades.split()):
                return cls(name=name, device=device, family=family, family_name=_GRADES[prefix] + family.name)
        raise ValueError(f"part must be of one of the families {', '.join(family.name for family in FAMILIES)}; "
                         f"{text!r} is of none that is known")

    @property
    def silicon(self) -> str:
        """Name of the commercial device with the same resources: without grade, voltage and temperature."""
        device = re.sub(r"^x(?:a|qr?)|_CIV$", lambda match: "xc" if match.start() == 0 else "", self.device)
        return re.sub(r"(?<=[ts\d])[il]$", "", device) if device.startswith("xc7") else device

    @property
    def resources(self) -> Device | None:
        """Resources of the device, ``None`` where no file in ``devices/`` has them."""
        return Device.load(self.silicon) if self.silicon in devices() else None

    def check_form(self, form: str):
        """Raise :exc:`ValueError` unless the multipliers of the part can do the packed MAC ``form``."""
        if form in self.family.forms:
            return
        fits = ", ".join(family.name for family in FAMILIES if form in family.forms)
        raise ValueError(
            f"part {self.name} ({self.family_name}, {self.family.multiplier}) cannot do the folding's mac {form!r}: "
            f"take a folding with {' or '.join(map(repr, self.family.forms))}, or a part of {fits}")


def families_of(form: str) -> list[str]:
    """Vivado's names of all families, in all grades, whose multipliers can do the packed MAC ``form``."""
    names = [name for family in FAMILIES if form in family.forms for name in family.names]
    # Before 2022 the packager had one name for all of Versal.
    return [*names, "versal"] if any(name.startswith("versal") for name in names) else names
