"""Heads of files tell the lines of their modules, and the page maps memory images."""

from hypgcn.emission.contents import ModuleText, file_text, image_rows, page
from hypgcn.emission.places import PlacedImage
from hypgcn.emission.platform import Image

MODULES = [ModuleText(name=f"m{n}", about="", text=f"// {n}\nmodule m{n};\n" + "  wire w;\n" * n + "endmodule\n")
           for n in (1, 20, 3)]
HEADER = {"Design": "d, hash 1", "Folding": "7 multipliers"}


def test_lines_are_those_of_the_modules():
    for header in (HEADER, {}):
        text, lines = file_text("m", MODULES, header)
        all_lines = text.splitlines()
        assert all_lines[0].startswith("// m: written by hypgcn ")
        assert [all_lines[line - 1] for line in lines] == ["// 1", "// 20", "// 3"]
        assert [f"// {line:2}  m{n}" in all_lines for line, n in zip(lines, (1, 20, 3))] == [True] * 3
    assert "// Design   d, hash 1" in file_text("m", MODULES, HEADER)[0].splitlines()


def placed(*place):
    image = Image(kind="hypgcn_rom", name="weights", holds="weights of a layer", width=8, depth=2, text="01\n02\n")
    return PlacedImage(image=image, file=f"{'_'.join(place)}.mem", module="m1", place=place)


def test_images_by_block_and_unit():
    rows = image_rows([placed("core", "block3", "temporal", "lane", "weights"), placed("core", "head", "weights"),
                       placed()], {"m1": 4})
    assert [(row["block"], row["unit"], row["memory"]) for row in rows] == [
        (3, "temporal.lane", "weights"), (None, "core.head", "weights"), (None, "", "")]
    assert rows[0] | {"block": 0, "unit": "", "memory": ""} == {
        "file": "core_block3_temporal_lane_weights.mem", "block": 0, "unit": "", "memory": "",
        "holds": "weights of a layer", "depth": 2, "width": 8, "instances": 4}
    text = page("m", HEADER, [{"file": "m.sv", "about": "A thing.", "modules": 3, "lines": 40}], rows)
    assert text.startswith("<!-- m: written by hypgcn ") and "* Folding: 7 multipliers" in text
    assert "| `m.sv` | A thing. | 3 | 40 |" in text
    assert ("| `core_block3_temporal_lane_weights.mem` | 3 | temporal.lane | weights | weights of a layer | 2 | 8 | 4 |"
            in text)
    assert "Memory images" not in page("m", HEADER, [], [])
