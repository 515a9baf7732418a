"""Key points of detectors.

COCO: cocodataset.org, "data format" and "results format". MMPose: its guide to the inferencer, ``pred_out_dir``.
YOLO: ``Results.to_json`` of Ultralytics' reference.
"""

import json

import numpy as np
import pytest

from hypgcn_pruning.recordings.readers import Source, read_clips, recognise

RNG = np.random.default_rng(0)
FRAMES = 4


def places(joints=17, coordinates=2):
    return (RNG.normal(size=(FRAMES, joints, coordinates)) * 5 + 300).round(2), \
        RNG.uniform(0.2, 1, (FRAMES, joints)).round(2)


def coco_results(xy, score, **more):
    return [{"image_id": t + 40, "category_id": 1, "score": 0.9, **more,
             "keypoints": np.column_stack([xy[t], score[t]]).ravel().tolist()} for t in range(FRAMES)]


def mmpose(xy, score):
    return {"meta_info": {"dataset_name": "coco"}, "instance_info": [
        {"frame_id": t, "instances": [{"keypoints": xy[t].tolist(), "keypoint_scores": score[t].tolist(),
                                       "bbox": [[0, 0, 1, 1]], "bbox_score": 0.9}]} for t in range(FRAMES)]}


def yolo(xy, score, **more):
    return [[{"name": "person", "class": 0, "confidence": 0.9, "box": {"x1": 0, "y1": 0, "x2": 1, "y2": 1}, **more,
              "keypoints": {"x": xy[t, :, 0].tolist(), "y": xy[t, :, 1].tolist(), "visible": score[t].tolist()}}]
            for t in range(FRAMES)]


def write(tmp_path, content):
    path = tmp_path / "walk/a.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


@pytest.mark.parametrize(("kind", "make"), [("coco", coco_results), ("mmpose", mmpose), ("yolo", yolo),
                                            ("mmpose", lambda *both: mmpose(*both)["instance_info"])])
def test_one_person(tmp_path, kind, make):
    xy, score = places()
    write(tmp_path, make(xy, score))
    assert recognise(tmp_path) == kind
    clips = read_clips(tmp_path)
    assert (clips.joint_order, clips.scored, clips.class_names) == ("coco17", True, ("walk",))
    np.testing.assert_allclose(clips.clip(0)[0], np.concatenate([xy, score[..., None]], axis=2), rtol=1e-6)


def test_coco_annotations(tmp_path):
    """Images without persons are empty frames; visibility 0, 1, 2 becomes the scores 0, 0.5, 1."""
    xy, _ = places()
    visible = RNG.integers(0, 3, 17)
    content = {"images": [{"id": 900 - t, "file_name": f"v/{t:06}.jpg"} for t in range(FRAMES)],
               "annotations": [{"id": 1, "image_id": 898, "category_id": 1, "iscrowd": 0,
                                "keypoints": np.column_stack([xy[2], visible]).ravel().tolist()}],
               "categories": [{"id": 1, "name": "person"}]}
    write(tmp_path, content)
    assert recognise(tmp_path) == "coco"
    found = read_clips(tmp_path).clip(0)[0]
    assert len(found) == FRAMES and found.any(axis=(1, 2)).tolist() == [False, False, True, False]
    np.testing.assert_array_equal(found[2, :, 2], visible / 2)
    assert not found[2, visible == 0].any()
    content["images"][0]["video_id"] = 7
    write(tmp_path, content)
    with pytest.raises(ValueError, match="must hold the images of one video, one clip, not of 2"):
        read_clips(tmp_path)


def test_frames_are_in_the_order_of_their_numbers(tmp_path):
    """AlphaPose writes image_id as 10.jpg, which sorts in front of 9.jpg as text; a frame without persons is empty."""
    xy, score = places()
    names = ["10.jpg", "12.jpg", "8.jpg", "9.jpg"]
    write(tmp_path, [{**entry, "image_id": name} for entry, name in zip(coco_results(xy, score), names)])
    found = read_clips(tmp_path).clip(0)[0]
    np.testing.assert_allclose(found[[2, 4, 0, 1], :, :2], xy, rtol=1e-6)
    assert not found[3].any()


def test_several_people_are_tracked(tmp_path):
    """By place, or by the numbers of the detector's tracker."""
    xy, score = places()
    far = xy + 900
    one, other = yolo(xy, score), yolo(far, score)
    write(tmp_path, [pair[::1 if t % 2 else -1] for t, pair in enumerate(a + b for a, b in zip(one, other))])
    found = read_clips(tmp_path).clip(0)
    assert sorted(np.ptp(person[..., 0]) < 100 for person in found) == [True, True]
    one, other = coco_results(xy, score, track_id=3), coco_results(far, score, track_id=5)
    one[2]["track_id"], other[2]["track_id"] = 5, 3
    write(tmp_path, one + other)
    assert max(np.ptp(person[..., 0]) for person in read_clips(tmp_path).clip(0)) > 800


def test_mmpose_in_three_dimensions(tmp_path):
    xyz, score = places(17, 3)
    write(tmp_path, mmpose(xyz, score))
    clips = read_clips(tmp_path)
    assert (clips.joint_order, clips.scored) == ("h36m17", False)
    np.testing.assert_allclose(clips.clip(0)[0], xyz, rtol=1e-6)
    np.testing.assert_allclose(clips.score(0)[0], score, rtol=1e-6)


def test_whole_body(tmp_path):
    """Case 23: 133 points are too many for a network; a part of them can be chosen."""
    xy, score = places(133)
    write(tmp_path, coco_results(xy, score))
    with pytest.raises(ValueError, match="must have at most the 64 joints of a network, not 133; --points chooses "
                                         "some: body, body-feet, left-hand, right-hand, hands, body-hands, or numbers"):
        read_clips(tmp_path)
    for points, chosen, order in (("body", range(17), "coco17"), ("left-hand", range(91, 112), "hand21"),
                                  ("0-2,100", (0, 1, 2, 100), "")):
        clips = read_clips(Source(path=str(tmp_path), points=points))
        assert clips.joint_order == order
        np.testing.assert_allclose(clips.clip(0)[0, :, :, :2], xy[:, list(chosen)], rtol=1e-6)


@pytest.mark.parametrize(("content", "match"), [
    (json.dumps(coco_results(*places()))[:-30], "is not JSON, or is truncated"),
    ([{"image_id": 1, "keypoints": [1.0] * 50}], "entry 0: keypoints must be x, y and score .* 3 V numbers, not 50"),
    ([{"image_id": 1, "keypoints": [float("nan")] * 51}], "entry 0: key points must be finite numbers"),
    ([{"image_id": 1, "keypoints": []}], "at least one person with key points, but has none"),
    ([{"image_id": 1, "keypoints": [1.0] * 51}, {"a": 1}], "entry 1: must have image_id and keypoints"),
    (coco_results(*places())[:1] + coco_results(*places(18))[1:], r"same number of key points, not \[17, 18\]"),
    ({"images": [], "annotations": [{"image_id": 1, "keypoints": [1, 1, 7] * 17}]}, "visibility must be 0, 1 or 2"),
    ({"instance_info": []}, "at least one frame, but has none"),
    ({"instance_info": [{"frame_id": 0, "instances": []}]}, "at least one person with key points"),
    ({"instance_info": [{"frame_id": 0, "instances": 3}]}, "frame 0: must have instances"),
    ({"instance_info": [{"frame_id": -1, "instances": []}]}, "frame_id must be an integer in 0.*, not -1"),
    ({"instance_info": [{"frame_id": 0, "instances": [{}]}]}, "frame 0: a person must have keypoints"),
    ({"instance_info": [{"frame_id": 0, "instances": [{"keypoints": [1, 2]}]}]}, "V pairs or triples"),
    ({"instance_info": [{"frame_id": 0, "instances": [{"keypoints": [["a", 2]]}]}]}, "key points must be numbers"),
    ({"instance_info": [{"frame_id": 0, "instances": [{"keypoints": [[1, 2]], "keypoint_scores": [1, 2]}]}]},
     "as many scores as places"),
    ([[{"keypoints": {"x": [1], "y": [1, 2], "visible": [1]}}]], "frame 0: key points must have as many"),
    ([[{"keypoints": {"x": [1], "y": [1]}}, {"box": 1}]], "frame 0: a detection must have keypoints with x, y")])
def test_bad_files(tmp_path, content, match):
    write(tmp_path, content)
    kind = recognise(tmp_path)
    with pytest.raises(ValueError, match=match):
        read_clips(Source(path=str(tmp_path), format="coco" if kind == "openpose" else kind))


def test_files_of_two_formats(tmp_path):
    write(tmp_path, yolo(*places())).rename(tmp_path / "walk/b.json")
    write(tmp_path, coco_results(*places()))
    with pytest.raises(ValueError, match=r"b\.json must be of the format coco, as the other files, not yolo"):
        read_clips(tmp_path)
