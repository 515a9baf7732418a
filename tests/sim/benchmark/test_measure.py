"""The benchmark's figures: counted by hand on small designs, and how rows are made and shown."""

import json
from dataclasses import replace

import numpy as np
import pytest

from hypgcn.cli import main
from hypgcn.design import BANK, Design
from hypgcn.design.folding import BlockFolding, Folding
from hypgcn.design.presets import preset, random_design
from hypgcn.design.scale_presets import with_scales
from hypgcn.golden.absent import absent_response
from hypgcn.golden.network import run as golden
from hypgcn.network import counted_units
from hypgcn.planning.allocator.allocate import Budget, within
from hypgcn.planning.device import Device
from hypgcn.planning.estimate import Activity, estimate, storage
from hypgcn_pruning.network.cost import cost_of, graph_skip
from hypgcn_sim.benchmark import measure as measure_module
from hypgcn_sim.benchmark.activities import activities_of
from hypgcn_sim.benchmark.measure import measure_variants, peak_gops
from hypgcn_sim.benchmark.pictures import save_memory_picture, save_utilisation_picture
from hypgcn_sim.benchmark.synthesis import KEYS, resources_by_module, total
from hypgcn_sim.benchmark.table import PAPER, markdown, table, variants_markdown
from hypgcn_sim.benchmark.variants import NOTHING_OFF, VARIANTS, variants
from hypgcn_sim.benchmark.work import work
from hypgcn_sim.fullscale.golden import golden_clips
from hypgcn_sim.fullscale.result import Run
from hypgcn_sim.fullscale.utilisation import idle_products, mean_persons, report, useful_multiplies
from hypgcn_sim.stimuli.clips import make_clips

DESIGN = random_design(7, name="small", frames=5, joints=3, persons=2, widths=(16, 20, 20), strides=(1, 2, 1),
                       classes=3)
FOLDING = within(DESIGN, 60)


def one_person(design: Design) -> Design:
    """``design`` for one person: the work of its hardware when all but the first person are absent."""
    return replace(design, persons=1, input_mult=design.input_mult[:1], input_bias=design.input_bias[:1])


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    return golden_clips(DESIGN, make_clips(DESIGN, 1)[0][:1], tmp_path_factory.mktemp("golden"), jobs=1)


def _of_a_wider_network() -> Design:
    """Fewer channels of H than the network had, and its stride a block earlier."""
    first, second, third = (replace(block, dense_channels=40) for block in DESIGN.blocks)
    first = replace(first, stride=2, dense_stride=1).with_whole_stores(3)
    return replace(DESIGN, name="wider", blocks=(first, replace(second, stride=1, dense_stride=2), third))


@pytest.mark.parametrize("design", [DESIGN, preset("tiny"), _of_a_wider_network()], ids=lambda design: design.name)
def test_work_is_that_of_the_accuracy_table(design):
    offline, found = cost_of(design), work(design)
    assert found["kept"] == offline.macs()["all"] and found["dense"] == offline.dense().macs()["all"]
    assert found["graph_skip"] == pytest.approx(graph_skip(offline)[0])


def test_useful_multiplies_counted_one_by_one(expected):
    tensors = golden(DESIGN, make_clips(DESIGN, 1)[0][0])
    found, on_lanes = (useful_multiplies(DESIGN, Folding(blocks=(BlockFolding(conv_lanes=lanes),) * 3), expected)
                       for lanes in (0, 1))
    for index, block in enumerate(DESIGN.blocks):
        x, h = tensors[f"blocks.{index}.x_stored"], tensors[f"blocks.{index}.h_stored"]
        persons, frames, joints, _ = h.shape
        lanes = 0
        for m in range(persons):
            for t in range(0, frames, block.stride):
                for v in range(joints):
                    for tap in range(DESIGN.kernel):
                        row = t + tap - DESIGN.pad
                        if not 0 <= row < frames:
                            continue
                        for channel in np.flatnonzero(h[m, row, v]):
                            bank = channel // BANK * BANK
                            lanes += int(block.temporal[:, tap, bank:bank + BANK].any(axis=1).sum())
                    if block.res is not None:
                        for channel in np.flatnonzero(x[m, t, v]):
                            bank = channel // BANK * BANK
                            lanes += int(block.res[:, bank:bank + BANK].any(axis=1).sum())
        assert found[index]["lanes"] == lanes
        assert found[index]["graph"] == np.count_nonzero(x[..., block.kept != 0]) * DESIGN.subsets * joints
        z = tensors[f"blocks.{index}.z"]
        columns = [(z[:, k, :, :, c], block.spatial[:, k, c]) for c in np.flatnonzero(block.kept)
                   for k in range(len(z[0]))]
        if block.down is not None:      # X follows the products of its channel
            columns = [pair for c in range(block.in_channels) for pair in [
                *columns[len(z[0]) * int(block.kept[:c].sum()):len(z[0]) * int(block.kept[:c + 1].sum())],
                *([(x[..., c], block.down[:, c])] if block.down[:, c].any() else [])]]
        outputs = joints * persons * frames * block.out_channels
        assert found[index]["conv"] == len(columns) * outputs
        banks = [columns[start:start + BANK] for start in range(0, len(columns), BANK)]
        assert on_lanes[index]["conv"] == sum(
            sum(np.count_nonzero(values) for values, _ in bank) * np.any([w for _, w in bank], axis=0).sum()
            for bank in banks)
        assert {**on_lanes[index], "conv": 0} == {**found[index], "conv": 0}


def counted_run(cycles=1000):
    """Three clips, every unit busy for 60 %, starved for 30 % and blocked for 10 % of the cycles."""
    names = counted_units(DESIGN)
    lanes = [FOLDING.blocks[int(name[7:name.index("]")])].lanes if name.endswith("lanes") else 1
             for name in names]
    share = np.array([[6, 3, 1]]) * np.array(lanes)[:, None] * cycles // 10
    counts = np.stack([share * n for n in (1, 2, 3)]).astype(np.uint32)
    counts[2] -= np.uint32(5)   # the counters may wrap
    counts -= counts[0] + np.uint32(7)
    times = np.array([1000, 2000, 3000])
    return Run(first_in=times - 900, last_in=times - 50, first_out=times - 3, last_out=times,
               scores=np.zeros((3, 3), np.int64), overflow=np.zeros(3, bool), counts=counts, units=names)


def test_report_and_picture(expected, tmp_path):
    found = estimate(DESIGN, FOLDING)
    used = report(DESIGN, FOLDING, counted_run(), expected)
    rows = {row["unit"]: row for row in used["units"]}
    assert used["clips"] == 1 and used["cycles"] == 1000 and used["dsp"] == found.resources.dsp
    assert rows["blocks[0].conv"]["busy"] == pytest.approx(0.6, abs=0.01)
    conv = rows["blocks[1].conv"]
    assert conv["utilisation"] == pytest.approx(conv["useful"] / (2 * conv["dsp"] * 1000))
    whole = sum(row.get("useful", 0) for row in used["units"])
    assert used["dsp_utilisation"] == pytest.approx(
        (whole + 2 * 5 * 3 * 3 + DESIGN.head.size) / (2 * used["dsp"] * 1000), rel=1e-4)
    idle = idle_products(used)
    assert idle == sorted(idle, key=lambda pair: -pair[1])
    assert dict(idle)["blocks[1].conv"] == pytest.approx(2 * conv["dsp"] * 1000 - conv["useful"])
    save_utilisation_picture(used, tmp_path / "a.png", "one")
    save_utilisation_picture(used, tmp_path / "b.png", "one")
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_requantisers_in_logic_have_no_share_of_the_multipliers(expected):
    blocks = tuple(replace(block, y_requant="serial") for block in FOLDING.blocks)
    used, with_dsps = (report(DESIGN, folding, counted_run(), expected)
                       for folding in (replace(FOLDING, blocks=blocks), FOLDING))
    rows = {row["unit"]: row for row in used["units"]}
    assert "dsp" not in rows["blocks[0].combine"] and rows["blocks[0].h_requant"]["dsp"] > 0
    missing = sum(row["useful"] for row in with_dsps["units"] if row["unit"].endswith(".combine"))
    assert with_dsps["useful_multiplies"] - used["useful_multiplies"] == pytest.approx(missing, abs=3)
    assert used["dsp"] == with_dsps["dsp"] - sum(block.y_width for block in FOLDING.blocks)


def test_picture_of_the_memories(expected, tmp_path):
    found = storage(DESIGN, FOLDING, activities_of(DESIGN, expected)).report()
    for name in "ab":
        save_memory_picture(found, tmp_path / f"{name}.png", "one")
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_a_person_left_out_needs_no_multiplies(expected, tmp_path):
    """A clip whose second person is absent needs what the first one needs; per person its activities are the same."""
    clip = make_clips(DESIGN, 1)[0][0].copy()
    clip[1] = 0
    alone = golden_clips(DESIGN, clip[None], tmp_path, jobs=1)
    lone = golden_clips(one_person(DESIGN), clip[None, :1], tmp_path, jobs=1)
    folding = Folding(blocks=(BlockFolding(), BlockFolding(conv_lanes=1), BlockFolding()))
    assert absent_response(DESIGN).constant.all() and mean_persons(alone) == 1 and mean_persons(expected) == 2
    assert useful_multiplies(DESIGN, folding, alone) == useful_multiplies(one_person(DESIGN), folding, lone)
    for two, one in zip(activities_of(DESIGN, alone), activities_of(one_person(DESIGN), lone), strict=True):
        assert (two.x_channels, two.x_banks, two.z_banks, two.h_banks) == (
            one.x_channels, one.x_banks, one.z_banks, one.h_banks)


def test_activities_are_those_of_the_tensors(expected):
    tensors = golden(DESIGN, make_clips(DESIGN, 1)[0][0])
    for index, found in enumerate(activities_of(DESIGN, expected)):
        x, h = tensors[f"blocks.{index}.x_stored"], tensors[f"blocks.{index}.h_stored"]
        reference = Activity.measured(x, h[:, ::DESIGN.blocks[index].stride])
        assert found.x_channels == pytest.approx(reference.x_channels)
        assert found.x_banks == pytest.approx(reference.x_banks) and found.h_banks == pytest.approx(reference.h_banks)


def test_a_variant_lacks_one_idea_and_nothing_else():
    pruned = preset("tiny")
    first, *others = variants(pruned)
    assert first.name == NOTHING_OFF and first.design is pruned
    assert tuple(each.name for each in others) == VARIANTS
    assert [each.name for each in others if each.single] == ["packing"]
    found = {each.name: each.design for each in others}
    assert all(block.kept.all() for block in found["channel dropping"].blocks)
    assert all(block.filters.all() for block in found["filter pruning"].blocks)
    assert all(block.taps.all() for block in found["tap pruning"].blocks)
    assert not any(block.threshold_z or block.threshold_h or block.threshold_y for block in found["thresholds"].blocks)
    for without, with_it in zip(found["dead zone"].blocks, pruned.blocks):
        assert without.threshold_z == 0 < with_it.threshold_z
        assert (without.threshold_h, without.threshold_y) == (with_it.threshold_h, with_it.threshold_y)
    for name in ("tap pruning", "filter pruning", "channel dropping"):
        assert work(found[name])["kept"] > work(pruned)["kept"], name
    for name in ("packing", "zero skipping", "thresholds", "dead zone", "rings"):
        assert work(found[name]) == work(pruned), name
    assert not any(block.x_entries or block.h_entries for block in found["rings"].blocks)


def test_without_zeros_nothing_can_be_skipped(tmp_path):
    design = {each.name: each.design for each in variants(preset("tiny"))}["zero skipping"]
    expected = golden_clips(design, make_clips(design, 1)[0][:1], tmp_path, jobs=1)
    for block, found in zip(design.blocks, activities_of(design, expected)):
        assert sum(found.h_banks) == block.h_channels
    assert sum(found.x_banks) == design.blocks[-1].in_channels


def _rows_of_variants(monkeypatch, folder, dsp=40, **options):
    names = (NOTHING_OFF, "packing", "zero skipping")
    monkeypatch.setattr(measure_module, "Progress", type("Quiet", (), {
        name: lambda *_: None for name in ("__init__", "__call__", "finish")}))
    monkeypatch.setattr(measure_module, "variants", lambda design: [each for each in variants(design)
                                                                    if each.name in names])
    design = random_design(7, name="two", frames=4, joints=3, widths=(8, 12), strides=(1, 2), classes=3)
    clips = make_clips(design, 3)[0]
    rows = list(measure_variants(design, Device.load("xcku115"), Budget(dsp=dsp, bram36=1000, lut=10**6), clips, 0,
                                 clips[:1], folder, jobs=1))
    assert [row["variant"] for row in rows] == [names[0], *(f"without {name}" for name in names[1:])]
    return rows


def test_variants_stand_beside_the_design(tmp_path, monkeypatch):
    def estimated(design, point, *_, label, **__):
        return {"variant": label, "cycles_per_clip": round(estimate(design, point.folding).cycles),
                "dsp": point.folding.mac}

    monkeypatch.setattr(measure_module, "measure", estimated)
    rows = _rows_of_variants(monkeypatch, tmp_path)
    assert [row["dsp"] for row in rows] == ["dsp48e2", "single", "dsp48e2"]
    assert rows[0]["slowdown"] == 1 < rows[1]["slowdown"] and {row["multipliers"] for row in rows} == {40}


@pytest.mark.slow
def test_variants_are_simulated(tmp_path, monkeypatch):
    rows = _rows_of_variants(monkeypatch, tmp_path)
    assert {row["cycles"] for row in rows} == {"simulated"}
    assert rows[1]["slowdown"] > 1.1 and rows[2]["slowdown"] > 1.1
    text = variants_markdown(rows)
    assert text.count("\n") == 4 and f"{rows[1]['cycles_per_clip']:,}" in text and "127" in text


def test_a_variant_that_does_not_fit_says_why(tmp_path, monkeypatch):
    monkeypatch.setattr(measure_module, "variants", lambda design: variants(design)[1:2])
    design = random_design(7, name="two", frames=4, joints=3, widths=(8, 12), strides=(1, 2), classes=3)
    clips = make_clips(design, 1)[0][:1]
    row, = measure_variants(design, Device.load("xcku115"), Budget(dsp=5, bram36=1000, lut=10**6), clips, 0, clips,
                            tmp_path, jobs=1)
    assert row["variant"] == "without packing" and row["cycles_per_clip"] is None and "does not fit" in row["reason"]
    assert "does not fit" in table([row]) and "does not fit" in variants_markdown([row])


def test_peak_counts_two_products_of_packed_multipliers_only():
    found = estimate(DESIGN, FOLDING)
    packed = sum(units[name].resources.dsp for units in found.blocks for name in ("graph", "conv", "lanes"))
    assert peak_gops(found, FOLDING) == pytest.approx(2 * 0.172 * (found.resources.dsp + packed))
    assert peak_gops(found, replace(FOLDING, mac="single")) == pytest.approx(2 * 0.172 * found.resources.dsp)


def test_modules_that_appear_often_are_counted_as_often():
    stat = {"modules": {
        "\\top": {"num_cells_by_type": {"LUT4": 3, "\\top.lane": 2, "FDRE": 1}},
        "\\top.lane": {"num_cells_by_type": {"LUT6": 10, "top_mac": 4, "RAMB18E2": 1}},
        "\\top_mac": {"num_cells_by_type": {"DSP48E2": 1, "LUT2": 5}},
        "\\unused": {"num_cells_by_type": {"LUT2": 99}}}}
    found = resources_by_module(stat, "top")
    assert found["top_mac"]["instances"] == 8 and "unused" not in found
    assert total(found) == {"lut": 3 + 2 * 10 + 8 * 5, "ff": 1, "carry4": 0, "dsp": 8, "bram36": 1.0}
    assert set(KEYS) <= set(found["top"])


ROW = {"device": "XCKU115", "design": "some", "variant": "", "cycles": "simulated", "resources": "synthesised",
       "clip": "20 clips, 20 of them recorded", "cycles_per_clip": 123456, "fps_at_172mhz": 1393.2, "dsp": 3000,
       "bram36": 512.5, "lut": 170000, "dsp_utilisation": 0.8712, "lanes_utilisation": 0.9, "arrays_utilisation": None,
       "idle_products": [["blocks[7].conv", 30], ["blocks[9].lanes", 10]]}


def test_rows_beside_the_papers():
    lines = table([ROW, {**ROW, "variant": "without packing", "cycles": "estimated", "idle_products": [],
                         "cycles_per_clip": None, "reason": "does not fit"}]).splitlines()
    assert "271.2" in lines[1] and f"{PAPER['lut']:,}" in lines[1] and "123,456" in lines[2] and "87.1%" in lines[2]
    assert "blocks[7].conv 75%" in lines[4] and lines[-1].endswith("does not fit")
    paths = {"parts": {"between parts": {"levels": 4, "from": "a", "to": "b"}},
             "units": {"blocks[3].lanes": {"levels": 9, "from": "mask", "to": "level"}}}
    lines = table([{**ROW, "max_logic_levels": 9, "logic_levels": paths}]).splitlines()
    assert lines[-1] == "    9 blocks[3].lanes: mask -> level" and lines[-2] == "    4 between parts: a -> b"
    text = markdown([ROW])
    assert "| XCKU115 | some | 123,456 | 1,393.2 | 3,000 | 512.5 | 170,000 | 87.1% |" in text
    assert "20 clips, 20 of them recorded" in " ".join(text.split())


@pytest.mark.parametrize(("words", "text"), [
    (["bench", "tiny", "--folding", "x"], "--folding must be DEVICE=FILE"),
    (["bench", "tiny", "--clips", "-1"], "--clips must be at least 1"),
    (["bench", "tiny", "--jobs", "0"], "--jobs must be at least 1"),
    (["bench", "tiny", "--device", "none"], "device must be one of"),
    (["variants", "tiny", "--multipliers", "0"], "--multipliers must be at least 1"),
    (["variants", "tiny", "--device", "none"], "device must be one of"),
    (["fullscale", "tiny", "--clips", "0"], "--clips must be at least 1"),
    (["fullscale", "tiny", "--jobs", "0"], "--jobs must be at least 1"),
    (["fullscale", "tiny", "--multipliers", "0"], "--multipliers must be at least 1"),
    (["testset", "tiny", "--clips", "0"], "--clips must be at least 1"),
    (["testset", "tiny", "--recordings", "none.npz"], "none.npz not found"),
])
def test_bad_requests_in_one_line(words, text, capsys):
    assert main(words) == 2
    assert text in capsys.readouterr().err


def test_without_a_design_of_the_papers_shape(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["bench"]) == 2
    assert "hypgcn compile makes a design of the paper's shape" in capsys.readouterr().err


@pytest.mark.slow
def test_quick_benchmark_of_the_smallest_network(tmp_path, capsys):
    assert main(["bench", "tiny", "--quick", "--clips", "3", "--out", str(tmp_path), "--jobs", "1"]) == 0
    rows = json.loads((tmp_path / "quick.json").read_text(encoding="utf-8"))
    assert [row["cycles"] for row in rows] == ["simulated"]
    assert 0 < rows[0]["single_person_cycles_per_clip"] < 0.8 * rows[0]["cycles_per_clip"]
    assert rows[0]["single_person_fps_at_172mhz"] > rows[0]["fps_at_172mhz"]
    assert rows[0]["design_hash"] == preset("tiny").hash
    memory = rows[0]["memory"]
    assert memory["totals"]["all"] == rows[0]["bram36"] and memory["stores"][0]["max_entries"]
    assert (tmp_path / "quick_memory.png").is_file()
    assert rows[0]["max_logic_levels"] is None and rows[0]["max_logic_levels_reason"]
    assert "271.2" in capsys.readouterr().out


def test_multi_scale_designs_are_refused():
    """What counts the work of one temporal convolution says so instead of counting a part of it."""
    design = with_scales(preset("tiny"))
    with pytest.raises(ValueError, match="design must have no multi-scale block to count its work here, and tiny"):
        work(design)
    with pytest.raises(ValueError, match="design must have no multi-scale block for the ablation"):
        variants(design)
