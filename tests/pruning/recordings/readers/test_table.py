"""Tables of joints, as docs/offline.md describes them."""

import numpy as np
import pytest

from hypgcn_pruning.recordings.readers import Source, read_clips, recognise

WIDE = """clip,frame,person,label,split,head_x,head_y,head_z,hand_x,hand_y,hand_z
a,10,0,walk,train,1,2,3,4,5,6
a,12,0,walk,train,1.5,2,3,,5,6
a,10,1,walk,train,7,8,9,1,1,1
b,0,0,run,test,1,1,1,2,2,2
"""
LONG = """joint,x,y,score,frame,clip,label
1,4,5,0.5,0,a,3
0,1,2,0.25,0,a,3
0,1,3,1,1,a,3
"""


def write(tmp_path, text):
    path = tmp_path / "table.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_row_for_each_person(tmp_path):
    path = write(tmp_path, WIDE)
    assert recognise(path) == recognise(tmp_path) == "csv"
    clips = read_clips(path)
    assert clips.class_names == ("run", "walk") and clips.label.tolist() == [1, 0] and clips.split.tolist() == [0, 1]
    assert clips.length.tolist() == [3, 1] and not clips.scored
    right = [[[1, 2, 3], [4, 5, 6]], np.zeros((2, 3)), [[1.5, 2, 3], [0, 5, 6]]]
    np.testing.assert_array_equal(clips.clip(0)[0], right)
    np.testing.assert_array_equal(clips.clip(0)[1, 0], [[7, 8, 9], [1, 1, 1]])


def test_a_row_for_each_joint(tmp_path):
    with pytest.raises(ValueError, match="x and y"):
        read_clips(write(tmp_path, LONG.replace(",y,", ",z,")))
    clips = read_clips(Source(path=str(write(tmp_path, LONG)), first_label=0))
    assert clips.scored and clips.label.tolist() == [3]
    np.testing.assert_array_equal(clips.clip(0)[0], [[[1, 2, 0.25], [4, 5, 0.5]], [[1, 3, 1], [0, 0, 0]]])


def test_scores_beside_three_coordinates(tmp_path):
    clips = read_clips(write(tmp_path, "frame,label,h_x,h_y,h_z,h_score\n0,0,1,2,3,0.5\n1,0,1,2,4,0.25\n"))
    np.testing.assert_array_equal(clips.score(0)[0], [[0.5], [0.25]])
    assert clips.clip(0).shape == (2, 2, 1, 3)


@pytest.mark.parametrize(("old", "new", "match"), [
    ("a,12,0", "a,x,0", r"table\.csv, line 3: frame must be a number, not 'x'"),
    ("a,12,0", "a,1.5,0", "line 3: frame must be an integer"),
    ("a,12,0", "a,10,0", "line 3: .*once in it, not 10 again"),
    ("a,12,0", "a,9999999,0", "frame must be at most 1048576 apart in clip 'a', not 9999989"),
    ("7,8,9", "7,8", r"line 4: must have 11 cells, not 10 \(truncated\?\)"),
    ("7,8,9", "7,y,9", "line 4: head_y must be a"),
    ("walk,train,1.5", "run,train,1.5", "label must be the same in all rows of clip 'a'"),
    ("walk,train,1.5", "walk,test,1.5", "split must be the same in all rows of clip 'a'"),
    ("run,test", "run,later", r"table\.csv: split must be 0 .*, not later, train"),
    ("7,8,9", "nan,8,9", "clip a: joints must be finite, but joint 0 of person 1 in frame 0"),
    ("head_z", "head_q", "column 'head_q' must be one of clip, frame, person"),
    ("head_z", "nose_z", "all joints must have the columns of head, but of head z differs|of nose x differs"),
    ("label", "person", "must have a header with frame, each column once"),
    ("clip,frame", "clip,time", "must have a header with frame")])
def test_bad_tables(tmp_path, old, new, match):
    assert old in WIDE
    with pytest.raises(ValueError, match=match):
        read_clips(write(tmp_path, WIDE.replace(old, new, 1)))


def test_bad_files(tmp_path):
    for text, match in (("", "must have a header with frame"), (WIDE.split("\n")[0], "must have rows below its header"),
                        (WIDE.replace("label", "person_x"), "must have a column label|must have x|must have the col")):
        with pytest.raises(ValueError, match=match):
            read_clips(write(tmp_path, text))
    (tmp_path / "table.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ValueError, match="must be a table in UTF-8 text"):
        read_clips(tmp_path / "table.csv")
    (tmp_path / "other.csv").write_text(WIDE, encoding="utf-8")
    write(tmp_path, WIDE)
    with pytest.raises(ValueError, match="must hold one table, with a column clip, not 2"):
        read_clips(tmp_path)
