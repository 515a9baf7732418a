"""Labels of clips whose files have none."""

import pytest

from hypgcn_pruning.recordings.readers.catalogue import catalogued


def test_folders(tmp_path):
    label, split, names = catalogued(tmp_path, ["train/walk/a", "val/run/b", "test/walk/deep/c", "run/d"])
    assert names == ("deep", "run", "walk") and label.tolist() == [2, 1, 0, 1] and split.tolist() == [0, 1, 1, 0]
    with pytest.raises(ValueError, match="but 'a' has none: labels.csv .*or folders of classes .*running/a"):
        catalogued(tmp_path, ["a"])


def test_table(tmp_path):
    (tmp_path / "labels.csv").write_text("clip,label,split\nx/a.json,1,test\nb,2,train\n", encoding="utf-8")
    with pytest.warns(UserWarning, match="seem to count from 1"):
        label, split, names = catalogued(tmp_path, ["x/a", "y/b"])
    assert label.tolist() == [1, 2] and split.tolist() == [1, 0] and names == ()
    assert catalogued(tmp_path, ["x/a", "y/b"], 1)[0].tolist() == [0, 1]


@pytest.mark.parametrize(("text", "match"), [
    ("", "must have the columns clip and label, and may have split, not nothing"),
    ("clip,class\na,1\n", "not clip, class"),
    ("clip,label\na,1\na,2\n", "must name every clip once, but names 'a' twice"),
    ("clip,label\na,1\n", "but lacks b"),
    ("clip,label\na,1.5\nb,1.5x\n", None),
    ("clip,label,split\na,1,0\nb,1,2\n", "labels.csv: split must be .* not 0, 2")])
def test_bad_tables(tmp_path, text, match):
    (tmp_path / "labels.csv").write_text(text, encoding="utf-8")
    if match is None:
        assert catalogued(tmp_path, ["a", "b"])[2] == ("1.5", "1.5x"), "names of classes"
        return
    with pytest.raises(ValueError, match=match):
        catalogued(tmp_path, ["a", "b"])
