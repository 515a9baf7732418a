import pytest
import torch
from safetensors.torch import save_file

from hypgcn_pruning.network.checkpoint import load_checkpoint, save_checkpoint
from hypgcn_pruning.sparsity.channels import drop_channels
from hypgcn_pruning.sparsity.taps import cut_taps

SUFFIXES = [".safetensors", ".pt"]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_round_trip(tmp_path, make_network, suffix):
    model = make_network()
    drop_channels(model, 0.5)
    cut_taps(model, 2)
    model.blocks[0].theta_h.fill_(0.25)
    save_checkpoint(tmp_path / f"a{suffix}", model, {"class_names": ["a", "b"], "accuracy": 0.5})
    found, info = load_checkpoint(tmp_path / f"a{suffix}")
    assert info == {"class_names": ["a", "b"], "accuracy": 0.5}
    assert found.config == model.config
    for name, tensor in model.state_dict().items():
        assert torch.equal(tensor, found.state_dict()[name]), name


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("keep", [0, 7, 1000, -100])
def test_cut_off(tmp_path, make_network, suffix, keep):
    path = tmp_path / f"a{suffix}"
    save_checkpoint(path, make_network())
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(ValueError, match="cut off"):
        load_checkpoint(path)


def test_a_text_is_no_checkpoint(tmp_path):
    (tmp_path / "a.txt").write_text("hello", encoding="utf-8")
    with pytest.raises(ValueError, match="a.txt is not a checkpoint, or is cut off: it must be a .safetensors "
                                         "file, or a .pt or .pth file of torch.save$"):
        load_checkpoint(tmp_path / "a.txt")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_foreign(tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    state = {"fc.weight": torch.zeros(3, 3)}
    save_file(state, path) if suffix == ".safetensors" else torch.save(state, path)
    with pytest.raises(ValueError, match="not a checkpoint of this project"):
        load_checkpoint(path)
    path.write_bytes(b"PNG" * 100)
    with pytest.raises(ValueError, match="is not a"):
        load_checkpoint(path)


def test_pickled_code_is_not_run(tmp_path):
    class Evil:
        def __reduce__(self):
            return open, (str(tmp_path / "ran"), "w")

    torch.save({"format": "hypgcn-checkpoint", "evil": Evil()}, tmp_path / "a.pt")
    with pytest.raises(ValueError, match="version must be 1, not None"):
        load_checkpoint(tmp_path / "a.pt")
    assert not (tmp_path / "ran").exists()


def spoil_nan(state):
    state["l2.tcn1.bn.bias"][3] = float("nan")


def spoil_shape(state):
    state["fc.weight"] = state["fc.weight"][:2].clone()


def spoil_missing(state):
    del state["l1.gcn1.PA"]


def spoil_unknown(state):
    state["l9.gcn1.PA"] = torch.zeros(1)


def spoil_kept(state):
    state["l2.kept"][4] = 0


def spoil_taps(state):
    state["l2.taps"][0, 1] = 0


def spoil_mask_value(state):
    state["l2.filters"][0] = 2


def spoil_all_dropped(state):
    state["l3.kept"].zero_()


def spoil_theta(state):
    state["l1.theta_h"].fill_(-1)


def spoil_theta_z(state):
    state["l2.gcn1.theta_z"].fill_(-1)


@pytest.mark.parametrize(("spoil", "match"), [
    (spoil_nan, "l2.tcn1.bn.bias must hold finite"),
    (spoil_shape, r"fc.weight must have shape \(3, 34\), not \(2, 34\)"),
    (spoil_missing, "lacks tensors l1.gcn1.PA"), (spoil_unknown, "unknown tensors l9.gcn1.PA"),
    (spoil_kept, "l2.gcn1.conv_d has weights.*disagree"), (spoil_taps, "l2.tcn1.conv has weights.*disagree"),
    (spoil_mask_value, "l2.filters must be 0 or 1"), (spoil_all_dropped, "l3.kept must keep"),
    (spoil_theta, "l1.theta_h must not be negative"), (spoil_theta_z, "l2.gcn1.theta_z must not be negative")])
def test_bad_content(tmp_path, make_network, spoil, match):
    path = tmp_path / "a.pt"
    save_checkpoint(path, make_network())
    content = torch.load(path, weights_only=True)
    spoil(content["state"])
    torch.save(content, path)
    with pytest.raises(ValueError, match=match):
        load_checkpoint(path)


def test_other_version(tmp_path, make_network):
    save_checkpoint(tmp_path / "a.pt", make_network())
    content = torch.load(tmp_path / "a.pt", weights_only=True)
    torch.save({**content, "version": 99}, tmp_path / "a.pt")
    with pytest.raises(ValueError, match="version must be 1, not 99"):
        load_checkpoint(tmp_path / "a.pt")


def test_nothing_half_written(tmp_path, make_network):
    with pytest.raises(ValueError, match="must end in"):
        save_checkpoint(tmp_path / "a.zip", make_network())
    assert not list(tmp_path.iterdir())


def test_missing(tmp_path):
    with pytest.raises(FileNotFoundError, match="a checkpoint is"):
        load_checkpoint(tmp_path / "a.pt")
