"""Lines of a stream: what every estimator writes is read, and everything else is refused with what would be right."""

import json

import numpy as np
import pytest

from hypgcn.design.skeleton import BUILT_IN
from hypgcn_host.live.schema import MAX_LINE, FrameReader, StreamFormat, header_of, parse_line


def points(skeleton="kinect20", width=3):
    joints = BUILT_IN[skeleton].joints
    return (np.arange(1.0, joints * width + 1).reshape(joints, width) / 10).tolist()


def line(people=None, time=0.5, **more):
    return json.dumps({"time": time, "people": [{"id": 1, "joints": points()}] if people is None else people, **more})


def reader(**form):
    return FrameReader(StreamFormat(**{"skeleton": "kinect20", **form}))


def test_a_frame():
    people = [{"id": 7, "joints": points(), "label": "wave"}, {"id": "b", "joints": points()}]
    frame = reader().frame(line(people))
    assert frame.time == 0.5 and list(frame.people) == [7, "b"] and frame.labels == {7: "wave"}
    np.testing.assert_array_equal(frame.people[7], [[*joint, 1] for joint in points()])


@pytest.mark.parametrize("time", [0.5, 3, -2.25])
def test_times(time):
    assert reader().frame(line(time=time)).time == time


def test_frame_numbers():
    entry = {"frame": 12, "people": []}
    assert reader(rate=24).frame(json.dumps(entry)).time == 0.5


def test_nobody():
    assert reader().frame(line([])).people == {}


@pytest.mark.parametrize("missing", [None, [float("nan"), 1, 2], [None, 1, 2], [0, 0, 0], [float("inf"), 0, 0]])
def test_missing_joints(missing):
    joints = points()
    joints[4] = missing
    found = reader().frame(line([{"id": 1, "joints": joints}])).people[1]
    assert not found[4].any() and found[np.arange(20) != 4, 3].all()


@pytest.mark.parametrize("skeleton", ["coco17", "openpose18", "body25"])
def test_pictures_have_scores(skeleton):
    joints = points(skeleton)
    joints[3][2] = 0.2
    people = [{"id": 1, "keypoints": sum(joints, [])}]
    found = reader(skeleton=skeleton, min_score=0.2).frame(line(people)).people[1]
    assert found.shape == (BUILT_IN[skeleton].joints, 3) and not found[3].any()
    assert found[0].tolist() == joints[0]


def test_openpose():
    """Its own files, with the number of the frame: identities of -1 are none, and people are tracked."""
    people = [{"person_id": [-1], "pose_keypoints_2d": sum(points("body25"), [])}]
    found = reader(skeleton="body25").frame(json.dumps({"version": 1.3, "frame": 3, "people": people}))
    assert list(found.people) == [1] and found.time == 0.1


def test_mediapipe():
    """World landmarks: metres, y downwards; a landmark that is hardly visible is missing."""
    landmarks = [{"x": x, "y": y, "z": z, "visibility": 0.9, "presence": 1.0} for x, y, z in points("mediapipe33")]
    landmarks[5]["visibility"] = 0.05
    form = {"skeleton": "mediapipe33", "values": "xyzs", "axes": "x,-y,-z", "min_score": 0.1}
    found = reader(**form).frame(line([{"landmarks": landmarks}])).people[1]
    np.testing.assert_allclose(found[1], [0.4, -0.5, -0.6, 0.9])
    assert not found[5].any()


def test_axes_and_scale():
    found = reader(scale=0.001, axes="z,x,-y").frame(line()).people[1]
    np.testing.assert_allclose(found[0], [0.3e-3, 0.1e-3, -0.2e-3, 1])
    flat = reader(skeleton="coco17", axes="x,-y").frame(line([{"id": 1, "joints": points("coco17")}])).people[1]
    np.testing.assert_allclose(flat[0], [0.1, -0.2, 0.3])


def test_people_without_identities_are_tracked():
    source = reader()
    near, far = points(), (np.array(points()) + 50).tolist()
    assert list(source.frame(line([{"joints": near}, {"joints": far}])).people) == [1, 2]
    frame = source.frame(line([{"joints": far}, {"joints": near}], time=0.6))
    assert list(frame.people) == [2, 1]


@pytest.mark.parametrize(("text", "match"), [
    ('{"time": 1, "people": [{"id": 1, "joi', "a line must be a JSON object, but ends too early at column 34: "),
    ('{"time": 1, "people": [', "ends too early"),
    ("{'time': 1}", "a line must be a JSON object, but Expecting property name .* at column 2"),
    ("[1, 2]", r"a line must be a JSON object, not '\[1, 2\]'"),
    ("", "ends too early at column 1"),
    ("[" * 100_000, "a line must be a JSON object of few levels"),
    ("x" * (MAX_LINE + 1), f"a line must have at most {MAX_LINE} bytes, not {MAX_LINE + 1}"),
    (b"\xff\xfe{}", "a line must be UTF-8|a line must be a JSON object"),
    (b'{"time": "\xff"}', "a line must be UTF-8: invalid start byte"),
])
def test_lines_that_are_none(text, match):
    with pytest.raises(ValueError, match=match):
        parse_line(text)


@pytest.mark.parametrize(("entry", "match"), [
    ({"people": []}, "time must be a number of seconds, not null"),
    ({"time": "1", "people": []}, 'time must be a number of seconds, not "1"'),
    ({"time": True, "people": []}, "time must be a number of seconds, not true"),
    ({"time": float("nan"), "people": []}, "time must be a finite number of seconds, not nan"),
    ({"time": 10 ** 400, "people": []}, r"time must be a finite number of seconds, not 1000\d+\.\.\."),
    ({"frame": None, "people": []}, "frame must be a number, not null"),
    ({"time": 1}, "people must be a list, not null"),
    ({"time": 1, "people": {}}, "people must be a list, not {}"),
    ({"time": 1, "people": [{}] * 101}, "people must be at most 100, not 101"),
    ({"time": 1, "people": [3]}, r"people\[0\] must be an object, not 3"),
    ({"time": 1, "people": [{"id": 1}]}, r"people\[0\] must have joints"),
    ({"time": 1, "people": [{"id": 1, "joints": points()[:19]}]}, r"people\[0\].joints must have 20 joints \(kinect20\)"
                                                                  ", not 19"),
    ({"time": 1, "people": [{"id": 1, "joints": []}]}, r"people\[0\].joints must be a list of joints, not \[\]"),
    ({"time": 1, "people": [{"id": 1, "joints": "abc"}]}, "must be a list of joints, not \"abc\""),
    ({"time": 1, "people": [{"id": 1, "joints": [1.0] * 59}]}, r"must have 3 numbers \(xyz\) for each joint, not 59 in "
                                                               "all"),
    ({"time": 1, "people": [{"id": 1, "joints": [[1, 2]] * 20}]}, r"people\[0\].joints\[0\] must be 3 numbers \(xyz\) "
                                                                  r"or null, not \[1, 2\]"),
    ({"time": 1, "people": [{"id": 1, "joints": [[1, 2, "3"]] * 20}]}, r"must be 3 numbers \(xyz\) or null, not"),
    ({"time": 1, "people": [{"id": 1, "joints": [[1, 2, 10 ** 400]] * 20}]}, "must hold numbers that fit float64"),
    ({"time": 1, "people": [{"id": 1.5, "joints": points()}]}, r"people\[0\].id must be an integer or a text, not 1.5"),
    ({"time": 1, "people": [{"id": "x" * 101, "joints": points()}]}, "id must have at most 100 characters, not 101"),
    ({"time": 1, "people": [{"id": 1, "joints": points()}] * 2}, "people must have ids that differ, but 1 is there "
                                                                 "twice"),
    ({"time": 1, "people": [{"id": 1, "joints": points()}, {"joints": points()}]}, "people must all have an id, or "
                                                                                   "none"),
])
def test_frames_that_are_none(entry, match):
    with pytest.raises(ValueError, match=match):
        reader().frame(json.dumps(entry))


def test_headers():
    assert header_of({"skeleton": "coco17", "rate": 25}) == {"skeleton": "coco17", "rate": 25}
    assert header_of({"time": 1, "people": []}) is None
    with pytest.raises(ValueError, match="a line without people must be the header of a stream, with skeleton, values, "
                                         "rate, scale, axes, min_score, and not 'skelton'"):
        header_of({"skelton": "coco17"})


@pytest.mark.parametrize(("form", "match"), [
    ({"skeleton": ["coco17"]}, r"skeleton must be a text, not \['coco17'\]"),
    ({"axes": 5}, "axes must be a text, not 5"),
    ({"skeleton": "coco"}, "skeleton must be one of ntu25, kinect20, coco17, .* not 'coco'"),
    ({"values": "xyc"}, "values must be one of xy, xys, xyz, xyzs, not 'xyc'"),
    ({"rate": 0}, "rate must be above 0, not 0"), ({"scale": "2"}, "scale must be above 0, not '2'"),
    ({"min_score": 2}, "min_score must be in 0..1, not 2"),
    ({"axes": "x,y"}, "axes must be x, y, z in some order, each perhaps with a minus, such as x,y,z, not 'x,y'"),
    ({"axes": "x,--y,z"}, "axes must be x, y, z"), ({"axes": "x,y,z", "skeleton": "coco17"}, "axes must be x, y in"),
])
def test_formats_that_are_none(form, match):
    with pytest.raises(ValueError, match=match):
        StreamFormat(**form)


def test_joints_of_the_network_where_no_skeleton_is_named():
    with pytest.raises(ValueError, match=r"people\[0\].joints must have 25 joints, not 20"):
        FrameReader(StreamFormat(), joints=25).frame(line())
    assert FrameReader(StreamFormat(), joints=20).frame(line()).people
