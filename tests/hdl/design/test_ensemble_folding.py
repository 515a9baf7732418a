"""Foldings of an ensemble in one file: one a stream, by name, and strict about what is not."""

import json

import pytest
from ensembles import small_ensemble

from hypgcn.design.ensemble_folding import foldings_to_json, load_foldings
from hypgcn.design.folding import BlockFolding, Folding

FOLDINGS = (Folding(blocks=(BlockFolding(conv_pairs=4),)), Folding(blocks=(BlockFolding(lane_pairs=3),), head_width=8))


def written(path, data):
    path.write_text(data if isinstance(data, str) else json.dumps(data), encoding="utf-8")
    return path


def test_there_and_back_by_name_not_by_order(tmp_path):
    ensemble = small_ensemble()
    text = foldings_to_json(ensemble, FOLDINGS)
    assert load_foldings(written(tmp_path / "f.json", text), ensemble) == FOLDINGS
    turned = {"streams": dict(reversed(json.loads(text)["streams"].items()))}
    assert load_foldings(written(tmp_path / "f.json", turned), ensemble) == FOLDINGS


@pytest.mark.parametrize("data,text", [
    ("no", "f.json is not a file of foldings, which is JSON"),
    ([], "it must be an object with streams, a folding for each of joint, bone-motion; hypgcn allocate --stream"),
    (FOLDINGS[0].to_dict(), "f.json is not a file of foldings: it must be an object with streams"),
    ({"streams": {}}, "f.json: streams must be joint, bone-motion, not none"),
    ({"streams": {"joint": {}, "bone": {}}}, "f.json: streams must be joint, bone-motion, not joint, bone"),
    ({"streams": {"joint": {}, "bone-motion": {}}}, "f.json: joint is not a folding: it must be an object with blocks"),
    ({"streams": {"joint": FOLDINGS[0].to_dict(), "bone-motion": {"blocks": [{"lanes": 33}]}}},
     r"f.json: bone-motion: blocks\[0\].lanes must be in 1..32, not 33"),
    ({"streams": {"joint": FOLDINGS[0].to_dict(), "bone-motion": {"blocks": [{"lane": 1}]}}},
     "f.json: bone-motion is not a folding: .*lane"),
])
def test_what_is_wrong_is_named(tmp_path, data, text):
    with pytest.raises(ValueError, match=text):
        load_foldings(written(tmp_path / "f.json", data), small_ensemble())


def test_a_file_of_several_is_none_of_one(tmp_path):
    path = written(tmp_path / "f.json", foldings_to_json(small_ensemble(), FOLDINGS))
    with pytest.raises(ValueError, match="f.json is not a folding: it must be an object with blocks"):
        Folding.load(path)
