import pytest

from hypgcn_pruning.network.branches import MULTI_SCALE
from hypgcn_pruning.network.model_config import ModelConfig


@pytest.mark.parametrize(("changes", "match"),
                         [({"kernel": 4}, "kernel must be odd"), ({"blocks": ()}, "at least one block"),
                                                ({"blocks": ((8, 3),)}, "stride 1 or 2"),
                                                ({"similarity": "relu"}, "similarity must be one of softmax, tanh"),
                                                ({"classes": 0}, "classes must be in"),
                                                ({"persons": 99}, "persons must be in")])
def test_config_rejects(skeleton, changes, match):
    with pytest.raises(ValueError, match=match):
        ModelConfig(**{"skeleton": skeleton, "classes": 3, **changes})


@pytest.mark.parametrize("similarity", ["softmax", "tanh"])
def test_config_round_trip(make_network, similarity):
    config = make_network(dynamic_graph=True, similarity=similarity).config
    assert ModelConfig.from_dict(config.to_dict()) == config
    with pytest.raises(ValueError, match="not the description of a network"):
        ModelConfig.from_dict({"classes": 3})


@pytest.mark.parametrize(("changes", "match"), [
    ({"kernel": 7}, "kernel must be at least 9, the window of branches 3@1, 3@2, 3@3, 3@4, max, 1x1, not 7"),
    ({"blocks": ((5, 1),)}, "branches must have 1 channel each and 1024 together, but 6 of them have 5, 0, 0"),
    ({"blocks": ((1024, 1),), "branch_share": 0.5}, "1024 together"), ({"branch_share": 2}, "branch_share must be in"),
    ({"branches": ("2@1",)}, "branches must be max, 1x1")])
def test_branches_rejects(skeleton, changes, match):
    with pytest.raises(ValueError, match=match):
        ModelConfig(**{"skeleton": skeleton, "classes": 3, "branches": MULTI_SCALE, **changes})


def test_branches_round_trip(skeleton):
    """Networks without branches keep the description that they had."""
    config = ModelConfig(skeleton=skeleton, classes=3, branches=MULTI_SCALE, branch_share=0.25)
    assert ModelConfig.from_dict(config.to_dict()) == config
    assert not {"branches", "branch_share"} & ModelConfig(skeleton=skeleton, classes=3).to_dict().keys()
