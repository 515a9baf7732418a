import numpy as np
from ensembles import small_ensemble
from raw_designs import raw_clip

from hypgcn.design.folding import BlockFolding, Folding
from hypgcn.design.presets import random_design
from hypgcn.golden.network import run
from hypgcn_sim.fullscale.golden import golden_clips
from hypgcn_sim.power.products import ensemble_products, products_by_unit


def test_products_are_those_of_the_golden_tensors(tmp_path):
    """Counted again with plain loops over the tensors: activation not zero, and a weight that is there."""
    design = random_design(3, name="counted", frames=4, joints=3, classes=2, widths=(5, 6), strides=(1, 2), kernel=3,
                           subsets=2)
    clip = np.random.default_rng(3).integers(-90, 90, (1, design.persons, design.frames, design.joints,
                                                       design.channels)).astype(np.int8)
    arrays = Folding(blocks=(BlockFolding(),) * 2)
    found = products_by_unit(design, arrays, golden_clips(design, clip, tmp_path, jobs=1))
    tensors = run(design, clip[0])
    for index, block in enumerate(design.blocks):
        name = f"blocks.{index}."
        x, h = tensors[name + "x_stored"], tensors[name + "h_stored"]
        kept = np.flatnonzero(block.kept)
        assert found[f"blocks[{index}].spatial.graph"] == (
            np.count_nonzero(x[..., kept]) * design.subsets * design.joints)
        persons, frames, joints, outputs = h.shape
        entries = design.subsets * len(kept) + (0 if block.down is None else int(block.down.any(axis=0).sum()))
        assert found[f"blocks[{index}].spatial.array"] == persons * frames * joints * outputs * entries
        assert found[f"blocks[{index}].spatial.requant"] == h.size
        assert found[f"blocks[{index}].temporal.combine"] == tensors[name + "y"].size
        assert found[f"blocks[{index}].temporal.lane"] == _lane_products(block, h, x)
    assert found["input"] == clip.size
    assert found["head"] == design.head.size


def test_products_of_an_ensemble_are_those_of_its_networks_and_of_the_sum(tmp_path):
    ensemble, folding = small_ensemble(frames=2, joints=5, persons=1), Folding(blocks=(BlockFolding(),))
    clips = np.stack([raw_clip(ensemble.designs[0], seed) for seed in range(2)])
    files = [golden_clips(design, clips, tmp_path, jobs=1) for design in ensemble.designs]
    found = ensemble_products(ensemble, (folding, folding), files)
    for stream, design, paths in zip(ensemble.streams, ensemble.designs, files):
        for unit, count in products_by_unit(design, folding, paths).items():
            assert found.pop(f"{stream}.{unit}") == count
    assert found == {"sum": sum(3 * 2 * np.ceil(width / 8) for width in ensemble.logit_widths)}


def _lane_products(block, h, x):
    bank, taps = 16, block.temporal.shape[1]
    count = 0
    for person in range(len(h)):
        for out in range(0, h.shape[1], block.stride):
            for tap in range(taps):
                frame = out + tap - (taps - 1) // 2
                if 0 <= frame < h.shape[1]:
                    for start in range(0, h.shape[3], bank):
                        filters = block.temporal[:, tap, start:start + bank].any(axis=1).sum()
                        count += int(np.count_nonzero(h[person, frame, :, start:start + bank]) * filters)
            if block.res is not None:
                for start in range(0, x.shape[3], bank):
                    filters = block.res[:, start:start + bank].any(axis=1).sum()
                    count += int(np.count_nonzero(x[person, out, :, start:start + bank]) * filters)
    return count
