"""Recognition on a running stream of poses: frames in, answers with their times out, by any core.

:class:`~.classifier.LiveClassifier` keeps a window of the stream and asks cores; :mod:`.command` is ``hypgcn live``.
"""

from .answer import Answer, Update
from .classifier import LiveClassifier, LiveConfig
from .cores import GoldenCore, open_core
from .frame import Frame, with_scores
from .network import LiveNetwork
from .tracker import Tracker

__all__ = ["Answer", "Frame", "GoldenCore", "LiveClassifier", "LiveConfig", "LiveNetwork", "Tracker", "Update",
           "open_core", "with_scores"]
