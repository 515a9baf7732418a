"""Files that refer to code of others are read, and none of it is run."""

import collections
import pickle

import pytest
import torch

from hypgcn_pruning.network.pickled import Skipped, load_skipping


class Hub:
    """Like what mmengine stores beside a state: an object of its own, with more inside."""

    def __init__(self):
        self.values = {"loss": [1.0, 2.0], "when": complex(1, 2)}


class Calls:
    def __init__(self, *command):
        self.command = command

    def __reduce__(self):
        return self.command[0], self.command[1:]


@pytest.mark.parametrize("zipped", [True, False])
def test_tensors_stay(tmp_path, zipped):
    state = collections.OrderedDict(a=torch.arange(6.0).view(2, 3), b=torch.nn.Parameter(torch.ones(2)),
                                    c=torch.arange(4, dtype=torch.float16)[1:], d=torch.tensor([True, False]))
    content = {"state_dict": state, "message_hub": Hub(), "when": Calls(complex, 1, 2),
               "deque": collections.deque([1, 2]), "n": 3}
    torch.save(content, tmp_path / "a.pth", _use_new_zipfile_serialization=zipped)
    found, skipped = load_skipping(tmp_path / "a.pth")
    assert found["n"] == 3 and list(found["state_dict"]) == ["a", "b", "c", "d"]
    for name, tensor in state.items():
        assert torch.equal(found["state_dict"][name], tensor) and found["state_dict"][name].dtype == tensor.dtype
    assert isinstance(found["message_hub"], Skipped) and isinstance(found["deque"], Skipped)
    assert [name.rpartition(".")[2] for name in skipped] == ["Hub", "complex", "deque"]


def test_nothing_runs(tmp_path):
    place = tmp_path / "ran"
    for command in ((open, str(place), "w"), (eval, f"open({str(place)!r}, 'w')"), (exec, "raise SystemExit")):
        torch.save({"x": Calls(*command), "state_dict": {"a": torch.ones(1)}}, tmp_path / "a.pth")
        found, skipped = load_skipping(tmp_path / "a.pth")
        assert found["state_dict"]["a"] == 1 and not place.exists() and len(skipped) == 1


def test_damaged(tmp_path):
    (tmp_path / "a.pth").write_bytes(b"\x80\x02nonsense")
    with pytest.raises((pickle.UnpicklingError, RuntimeError, EOFError, ValueError, KeyError)):
        load_skipping(tmp_path / "a.pth")
