"""Activity from tensors and from densities."""

import dataclasses
import json

import numpy as np
import pytest

from hypgcn.estimate import Activity, load_activities, save_activities
from hypgcn.presets import preset


def test_measured():
    x = np.zeros((2, 3, 20), np.int8)
    x[0, :, 0], x[0, 0, 17] = 5, 1
    found = Activity.measured(x, x[:, :, :16])
    assert found.x_channels[0] == 1.5 and found.x_channels[17] == 0.5
    assert found.x_banks == pytest.approx((0.5, 1 / 6)) and found.h_banks == (0.5,)


def test_assumed_follows_the_densities():
    block = dataclasses.replace(preset("tiny").blocks[1], density_x=0.5, density_h=0.25)
    found = Activity.assumed(block, 5)
    assert found.x_channels == (2.5,) * 16 and found.x_banks == (8.0,) and found.h_banks == (4.0, 1.0)


def test_saved_and_loaded(tmp_path):
    design, path = preset("tiny"), tmp_path / "a" / "activity.json"
    activities = [dataclasses.replace(Activity.assumed(block, design.joints), x_most=(3, 2, 1, 0), x_mean=(1.5,) * 4)
                  for block in design.blocks]
    save_activities(path, design, activities, "2 clips")
    assert load_activities(path, design) == activities
    assert activities[0].usage("x") == ((3, 2, 1, 0), (1.5,) * 4) and activities[0].usage("h") == ((), ())


@pytest.mark.parametrize(("change", "text"), [
    ({"format": "other"}, "is not an activity file: format must be 'hypgcn-activity', not 'other'"),
    ({"hash": "0" * 64}, "must be of the design tiny-seeded, hash .*, not 000000000000"),
    ({"blocks": []}, "other sizes than those of tiny-seeded"),
    ({"blocks": [{"x": [1]}]}, "is not an activity file"),
    ({"blocks": None}, "is not an activity file"),
])
def test_of_something_else(tmp_path, change, text):
    design, path = preset("tiny"), tmp_path / "activity.json"
    save_activities(path, design, [Activity.assumed(block, design.joints) for block in design.blocks], "")
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(ValueError, match=text):
        load_activities(path, design)


def test_no_json(tmp_path):
    path = tmp_path / "activity.json"
    path.write_text("nothing")
    with pytest.raises(ValueError, match="activity.json is not an activity file"):
        load_activities(path, preset("tiny"))
