import pytest
import torch

from hypgcn.design.skeleton import load_skeleton
from hypgcn_pruning.network.model import PAPER_BLOCKS, ModelConfig, Network


@pytest.mark.parametrize("dynamic", [False, True])
@pytest.mark.parametrize(("persons", "frames"), [(1, 16), (2, 9), (1, 1)])
def test_shapes(make_network, dynamic, persons, frames):
    model = make_network(dynamic_graph=dynamic, persons=persons)
    assert model(torch.randn(2, persons, frames, 7, 3)).shape == (2, 3)


def test_strides_shorten_the_clip(make_network):
    model = make_network()
    x = model.features(torch.randn(1, 1, 15, 7, 3))
    frames = []
    for block in model.blocks:
        x = block(x)
        frames.append(x.shape[2])
    assert frames == [15, 15, 8, 8, 4]


def test_paper_network_has_the_names_of_2s_agcn():
    model = Network(ModelConfig(skeleton=load_skeleton("ntu25"), classes=60, persons=2, blocks=PAPER_BLOCKS,
                                dynamic_graph=True))
    state = model.state_dict()
    for name, shape in {"data_bn.weight": (150,), "l1.gcn1.PA": (3, 25, 25), "l1.gcn1.conv_a.2.weight": (16, 3, 1, 1),
                        "l5.gcn1.down.0.weight": (128, 64, 1, 1), "l5.residual.conv.weight": (128, 64, 1, 1),
                        "l10.tcn1.conv.weight": (256, 256, 9, 1), "l10.tcn1.bn.running_var": (256,),
                        "fc.weight": (60, 256)}.items():
        assert tuple(state[name].shape) == shape


@pytest.mark.parametrize("shape", [(1, 1, 16, 8, 3), (1, 2, 16, 7, 3), (1, 1, 16, 7, 2)])
def test_clips_must_fit(make_network, shape):
    with pytest.raises(ValueError, match="clips must have 1 persons, 7 joints and 3 channels"):
        make_network()(torch.zeros(shape))


def test_older_files_have_nothing_pruned_where_they_say_nothing(make_network):
    model = make_network()
    state = {name: tensor for name, tensor in model.state_dict().items()
             if not name.endswith(("carried", "cavity", "edges", "theta_z"))}
    whole = model.complete(state)
    assert whole.keys() == model.state_dict().keys()
    assert all(whole[f"l{index}.{name}"].all() for index in range(1, 6) for name in ("carried", "cavity", "gcn1.edges"))
    assert not any(whole[f"l{index}.gcn1.theta_z"] for index in range(1, 6))


def test_deep_networks_begin_shallow(skeleton):
    """The graph convolution is small beside an identity into H, and learned graphs are next to nothing."""
    model = Network(ModelConfig(skeleton=skeleton, classes=3, blocks=((8, 1), (8, 1), (16, 2))))
    assert [float(block.gcn1.bn.weight[0].detach()) for block in model.blocks] == pytest.approx([0.5, 0.1, 0.5])
    assert all((block.gcn1.PA == 1e-6).all() for block in model.blocks)
