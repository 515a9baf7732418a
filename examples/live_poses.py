"""Recognise actions in the poses of an estimator: ``python examples/live_poses.py DESIGN``.

``follow`` is all that an application needs. The estimator here is a stand-in that moves a skeleton about; in its place
stands the loop of a real one, with its skeleton's name. MediaPipe's world landmarks, for example, as numbers of a
joint x, y, z and visibility, its axes turned to those of Kinect (y up, z away from the camera):

    for number, image in enumerate(camera):
        found = pose.process(image).pose_world_landmarks
        yield number / 30, [[[-p.x, -p.y, p.z, p.visibility] for p in found.landmark]] if found else []
"""
import math
import sys

import numpy as np

from hypgcn import load_design
from hypgcn.design.skeleton import BUILT_IN
from hypgcn_host.live import GoldenCore, LiveClassifier, LiveNetwork, Tracker, with_scores


def follow(frames, design, skeleton):
    """Print what everybody does; ``frames`` are times with people, lists of x, y, z and score of each joint."""
    live, tracker = LiveClassifier([LiveNetwork(design=design, core=GoldenCore(design), skeleton=skeleton)]), Tracker()
    for time, people in frames:
        bodies = [with_scores(joints, scored=True, min_score=0.5) for joints in people]
        update = live.push(time, dict(zip(tracker.identities(time, bodies), bodies)))
        for answer in update.answers:
            print(f"{answer.time:6.2f} s  person {answer.people[0]}: {answer.label or 'no action'} "
                  f"({100 * answer.probability:.0f} %)")


def stand_in(seconds, joints):
    """Somebody who waves all joints about, at 10 frames a second."""
    rest = np.random.default_rng(1).normal(0, 0.4, (joints, 3))
    for number in range(round(10 * seconds)):
        pose = rest + 0.2 * math.sin(number) * rest[:, ::-1]
        yield number / 10, [[[*joint, 1.0] for joint in pose]]


if __name__ == "__main__":
    follow(stand_in(2.0, BUILT_IN["mediapipe33"].joints), load_design(sys.argv[1]), "mediapipe33")
