"""Activity from tensors and from densities."""

import dataclasses
import json

import numpy as np
import pytest

from hypgcn.design.presets import preset
from hypgcn.planning.estimate import Activity, load_activities, load_clips, mean_activities, save_activities


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
    activities = [dataclasses.replace(Activity.assumed(block, design.joints), x_max=(3, 2, 1, 0), x_mean=(1.5,) * 4)
                  for block in design.blocks]
    save_activities(path, design, activities, "2 clips")
    assert load_activities(path, design) == activities and load_clips(path, design) == []
    assert activities[0].usage("x") == ((3, 2, 1, 0), (1.5,) * 4) and activities[0].usage("h") == ((), ())


def test_single_clips(tmp_path):
    design, path = preset("tiny"), tmp_path / "activity.json"
    clips = [[Activity.assumed(dataclasses.replace(block, density_x=share, density_h=share), design.joints)
              for block in design.blocks] for share in (0.25, 0.75)]
    mean = mean_activities(clips)
    assert mean[1].x_channels == (design.joints / 2,) * design.blocks[1].in_channels and mean[1].x_max == ()
    save_activities(path, design, mean, "2 clips", clips)
    assert load_activities(path, design) == mean and load_clips(path, design) == clips
    data = json.loads(path.read_text(encoding="utf-8"))
    del data["per_clip"]
    path.write_text(json.dumps(data), encoding="utf-8")
    assert load_activities(path, design) == mean and load_clips(path, design) == []


def test_files_with_former_names_still_load(tmp_path):
    """Maxima were called ``x_most`` and ``h_most``, single clips ``each``."""
    design, path = preset("tiny"), tmp_path / "activity.json"
    clip = [dataclasses.replace(Activity.assumed(block, design.joints), x_max=(4, 3, 2, 1), h_max=(2, 2, 1, 1))
            for block in design.blocks]
    save_activities(path, design, clip, "1 clip", [clip])
    text = path.read_text(encoding="utf-8").replace('"x_max"', '"x_most"').replace('"h_max"', '"h_most"')
    path.write_text(text.replace('"per_clip"', '"each"'), encoding="utf-8")
    assert '"x_most"' in path.read_text(encoding="utf-8") and '"each"' in path.read_text(encoding="utf-8")
    assert load_activities(path, design) == clip and load_clips(path, design) == [clip]


def test_no_clips_have_no_mean():
    with pytest.raises(ValueError, match="clips must be at least 1, not 0"):
        mean_activities([])


@pytest.mark.parametrize(("change", "text"), [
    ({"per_clip": [[]]}, "other sizes than those of tiny-seeded"),
    ({"per_clip": [None]}, "is not an activity file"),
    ({"format": "other"}, "is not an activity file: format must be 'hypgcn-activity', not 'other'"),
    ({"hash": "0" * 64}, "must be of the design tiny-seeded, hash .*, not 000000000000"),
    ({"blocks": []}, "other sizes than those of tiny-seeded"),
    ({"blocks": [{"x": [1]}]}, "is not an activity file"),
    ({"blocks": None}, "is not an activity file"),
])
def test_of_something_else(tmp_path, change, text):
    design, path = preset("tiny"), tmp_path / "activity.json"
    save_activities(path, design, [Activity.assumed(block, design.joints) for block in design.blocks], "")
    path.write_text(json.dumps({**json.loads(path.read_text(encoding="utf-8")), **change}), encoding="utf-8")
    with pytest.raises(ValueError, match=text):
        load_activities(path, design)


def test_no_json(tmp_path):
    path = tmp_path / "activity.json"
    path.write_text("nothing", encoding="utf-8")
    with pytest.raises(ValueError, match="activity.json is not an activity file"):
        load_activities(path, preset("tiny"))
