"""Names of modules, files and memory images follow from where they stand."""

from dataclasses import dataclass

from amaranth.hdl import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hypgcn.emission.elaborated import Elaborated
from hypgcn.emission.places import place
from hypgcn.emission.platform import RtlPlatform
from hypgcn.emission.shared import shared
from hypgcn.mem import Ram, Rom


@dataclass(frozen=True, kw_only=True)
class Config:
    words: tuple[int, ...] = (1, 2, 3)
    inner: int = 0


class Cell(wiring.Component):
    def __init__(self, cfg):
        self.cfg = cfg
        super().__init__({"addr": In(2), "o": Out(8)})

    def elaborate(self, platform):
        m = Module()
        m.submodules.words = words = Rom(8, self.cfg.words, holds="words of a cell")
        m.d.comb += [words.addr.eq(self.addr), self.o.eq(words.data)]
        return m


class Unit(wiring.Component):
    """Some cells, alike or not."""

    module_file = True

    def __init__(self, *configs):
        self.configs = configs
        super().__init__({"addr": In(2), "o": Out(8).array(len(configs))})

    def elaborate(self, platform):
        m = Module()
        for index, (config, out) in enumerate(zip(self.configs, self.o)):
            m.submodules[f"cell{index}"] = cell = shared(platform, Cell(config))
            m.d.comb += [cell.addr.eq(self.addr), out.eq(cell.o)]
        return m


class Tree(wiring.Component):
    """Units of two blocks, and a memory called like a hand-written one."""

    def __init__(self, **units):
        self.units = units
        super().__init__({"addr": In(2), "o": Out(8)})

    def elaborate(self, platform):
        m = Module()
        total = 0
        for name, configs in self.units.items():
            m.submodules[name] = block = Module()
            block.submodules.unit = unit = Unit(*configs)
            m.d.comb += unit.addr.eq(self.addr)
            total = total ^ sum(unit.o)
        m.submodules.ram = ram = Ram(8, 4)
        m.d.comb += [ram.w_data.eq(total), ram.w_en.eq(1), self.o.eq(ram.r_data)]
        return m


def placed(name, **units):
    component = Tree(**units)
    platform = RtlPlatform(name, component)
    elaborated = []
    while module := platform.next_module():
        elaborated.append(Elaborated(module, platform))
    return place(elaborated, platform.images)


ONE, OTHER = Config(), Config(words=(4, 5))


def test_a_shared_module_is_called_after_what_leads_to_all_of_it():
    modules, images = placed("top", block0=[ONE, ONE], block1=[OTHER])
    assert [module.name for module in modules] == ["top", "top_block0_unit_cell", "top_block1_unit_cell"]
    assert [image.file for image in images] == ["top_block0_unit_cell_words.mem", "top_block1_unit_cell_words.mem"]
    assert [image.place for image in images] == [(block, "unit", "cell", "words") for block in ("block0", "block1")]
    assert [image.image.holds for image in images] == ["words of a cell"] * 2
    (words,) = modules[1].elaborated.instances().values()
    assert words.parameters["INIT_FILE"] == "top_block0_unit_cell_words.mem"


def test_modules_of_one_name_are_numbered_with_all_in_them():
    modules, images = placed("top", block0=[ONE, OTHER], block1=[ONE])
    assert [module.name for module in modules] == ["top", "top_cell", "top_block0_unit_cell"]
    modules, images = placed("top", block0=[ONE, OTHER])
    assert [module.name for module in modules] == ["top", "top_block0_unit_cell", "top_block0_unit_cell_2"]
    assert [image.file for image in images] == ["top_block0_unit_cell_words.mem", "top_block0_unit_cell_2_words.mem"]
    assert modules[0].elaborated.module.uses == {"top_block0_unit_cell": 1, "top_block0_unit_cell_2": 1}


def test_units_have_files_of_their_own():
    modules, _ = placed("top", block0=[ONE])
    assert modules[0].files == {(): "top", ("block0",): "top", ("block0", "unit"): "top_block0_unit", ("ram",): "top"}


def test_names_that_are_given_are_not_taken():
    modules, _ = placed("hypgcn", block0=[ONE])
    assert modules[0].names["ram",] == "hypgcn_ram_2"
