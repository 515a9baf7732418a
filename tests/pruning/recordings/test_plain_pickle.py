import pickle
import struct

import numpy as np
import pytest

from hypgcn_pruning.recordings.plain_pickle import load_plain


def write(tmp_path, content, protocol=4):
    path = tmp_path / "a.pkl"
    path.write_bytes(content if isinstance(content, bytes) else pickle.dumps(content, protocol))
    return path


@pytest.mark.parametrize("protocol", [0, 2, 3, 4, 5])
@pytest.mark.parametrize("kind", ["<f4", ">f8", "<f2", "<i8", "|u1", "|b1"])
def test_arrays(tmp_path, protocol, kind):
    array = (np.arange(24) % 3).reshape(2, 3, 4).astype(kind)
    found = load_plain(write(tmp_path, {"a": [array, array.T, (array[0, 0, 1], "x", 2)]}, protocol))["a"]
    for right, one in zip((array, array.T), found):
        np.testing.assert_array_equal(one, right)
        assert one.dtype == right.dtype
    assert found[2] == (1, "x", 2)


def test_names_of_older_numpy(tmp_path):
    blob = pickle.dumps(np.arange(3.0), 2)
    assert b"numpy._core.multiarray" in blob
    np.testing.assert_array_equal(load_plain(write(tmp_path, blob.replace(b"numpy._core", b"numpy.core"))), [0, 1, 2])


@pytest.mark.parametrize("protocol", [0, 2, 4, 5])
def test_strings_of_numpy(tmp_path, protocol):
    """The names of ST-GCN's label files are NumPy strings where they came from an array."""
    names = np.array(["S001C001", "ä"])
    found = load_plain(write(tmp_path, ([names[0], *names], names, np.array([b"ab", b"c"]), [np.int64(3)]), protocol))
    assert found[0] == ["S001C001", "S001C001", "ä"]
    assert found[1].tolist() == ["S001C001", "ä"] and found[2].tolist() == [b"ab", b"c"] and found[3] == [3]


class Evil:
    def __reduce__(self):
        return print, ("executed",)


@pytest.mark.parametrize("content", [Evil(), {"a": [Evil()]}, np.array([Evil()], dtype=object)])
def test_code_is_refused(tmp_path, capsys, content):
    with pytest.raises(ValueError, match=r"a\.pkl is not a pickle of plain data"):
        load_plain(write(tmp_path, content))
    assert "executed" not in capsys.readouterr().out


@pytest.mark.parametrize("content", [np.array([None]), np.zeros(1, [("a", "f4")]), {1, 2}.__iter__()])
def test_other_kinds_are_refused(tmp_path, content):
    with pytest.raises(ValueError, match="not a pickle of plain data"):
        load_plain(write(tmp_path, content))


def test_damage(tmp_path):
    whole = pickle.dumps({"a": np.arange(40.0)}, 4)
    for end in (0, 1, 20, len(whole) - 40, len(whole) - 1):
        with pytest.raises(ValueError, match="or is damaged"):
            load_plain(write(tmp_path, whole[:end]))
    with pytest.raises(ValueError, match="reshape"):  # the shape asks for more numbers than there are
        load_plain(write(tmp_path, whole.replace(b"K\x28\x85", b"K\x29\x85")))
    cyclic: list = []
    cyclic.append(cyclic)
    with pytest.raises(ValueError, match="recursion"):
        load_plain(write(tmp_path, cyclic))
    with pytest.raises(FileNotFoundError):
        load_plain(tmp_path / "nothing.pkl")


def test_encodings_other_than_latin1_are_refused(tmp_path):
    blob = b"c_codecs\nencode\n(" + b"X" + struct.pack("<I", 1) + b"a" + b"X" + struct.pack("<I", 5) + b"rot13" + b"tR."
    with pytest.raises(ValueError, match="encoding must be latin1, not 'rot13'"):
        load_plain(write(tmp_path, blob))
