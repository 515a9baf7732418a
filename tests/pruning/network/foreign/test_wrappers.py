"""Wrappers around a state: what is peeled, and what is asked."""

from pathlib import Path

import pytest
import torch

from hypgcn_pruning.network.foreign.wrappers import block_numbers, unwrap

PATH = Path("a.pt")
STATE = {"l1.gcn1.PA": torch.zeros(3, 2, 2), "fc.bias": torch.ones(4)}


def names_of(content, **options):
    return sorted(unwrap(PATH, content, **options).state)


def prefixed(*prefixes):
    return {"".join(prefixes) + key: value for key, value in STATE.items()}


@pytest.mark.parametrize("wrap", [
    lambda s: s, lambda s: {"state_dict": s}, lambda s: {"model_state_dict": s, "epoch": 3, "optimizer": {"state": {}}},
    lambda s: {"net": s, "loss": 0.5}, lambda s: {"checkpoint": {"model": s}}, lambda s: {"ema": {"state_dict": s}}])
@pytest.mark.parametrize("prefixes", [(), ("module.",), ("model.",), ("module.", "module."), ("_orig_mod.",),
                                      ("model.", "_orig_mod."), ("net.", "module.")])
def test_peeled(wrap, prefixes):
    """Case 7."""
    assert names_of(wrap(prefixed(*prefixes))) == sorted(STATE)


def test_a_prefix_of_few_keys_stays():
    state = {"model.l1.gcn1.PA": torch.zeros(1), "fc.bias": torch.zeros(1)}
    assert names_of(state) == ["fc.bias", "model.l1.gcn1.PA"]


def test_counters_of_batches_go():
    assert names_of({**STATE, "data_bn.num_batches_tracked": torch.tensor(3)}) == sorted(STATE)


def test_several_states_are_asked_for():
    content = {"state_dict": STATE, "ema_state_dict": {"fc.bias": torch.zeros(1)}}
    with pytest.raises(ValueError, match=r"a.pt holds several states: state_dict, ema_state_dict; name the one to"):
        names_of(content)
    assert names_of(content, key="ema_state_dict") == ["fc.bias"]
    with pytest.raises(ValueError, match="key must be an entry of a.pt, one of state_dict, ema_state_dict, not 'best'"):
        names_of(content, key="best")
    with pytest.raises(ValueError, match="a.pt: epoch must hold tensors by name, not a int"):
        names_of({**content, "epoch": 3}, key="epoch")


@pytest.mark.parametrize(("change", "match"), [
    ({"fc.bias": torch.tensor([torch.nan])}, "a.pt: fc.bias must hold finite numbers only"),
    ({"bn.running_var": torch.tensor([1.0, -2.0])}, "bn.running_var must hold no negative variance, but has -2"),
    ({"fc.bias": "text"}, "fc.bias must be a tensor, not a str")])
def test_bad_values(change, match):
    with pytest.raises(ValueError, match=match):
        unwrap(PATH, {**STATE, **change})


@pytest.mark.parametrize(("meta", "expected"), [
    (None, {}), ({"config": "not python ("}, {}), ({"config": 3}, {}), ({"epoch": 3}, {}),
    ({"config": "x = 1\nmodel = dict(type='R', backbone=dict(type='STGCN', down_stages=[5, 8], f=print('ran')))"},
     {"type": "STGCN", "down_stages": [5, 8]}),
    ({"cfg": "model = {'backbone': {'type': 'AAGCN', 'gcn_attention': False, **other}}"},
     {"type": "AAGCN", "gcn_attention": False})])
def test_settings(meta, expected, capsys):
    """They are read, and nothing in them is run."""
    assert unwrap(PATH, {"state_dict": STATE, "meta": meta}).options == expected
    assert capsys.readouterr().out == ""


def test_block_numbers():
    """In order, up to the first gap."""
    keys = ["l10.gcn1.PA", "l2.gcn1.PA", "l1.gcn1.PA", "l2.tcn1.x", "l3.tcn1.x"]
    assert block_numbers(keys, r"l(\d+)\.gcn1\.", 1) == [1, 2]
    assert block_numbers(keys, r"l(\d+)\.gcn1\.") == [0] and block_numbers([], r"l(\d+)", 1) == [1]
