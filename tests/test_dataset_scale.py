"""A dataset that does not fit the memory goes through all steps.

Every day a small one: what a step needs must not grow with the dataset. The whole size of NTU RGB+D is slow.
"""

import importlib
import os
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from hypgcn.design.skeleton import BUILT_IN
from hypgcn_pruning.config import CompileConfig, PruneConfig, QuantiseConfig, TrainConfig
from hypgcn_pruning.evaluation import evaluate_step
from hypgcn_pruning.recordings import array_files, clip_arrays, scratch
from hypgcn_pruning.recordings.filmed import FilmedConfig, film
from hypgcn_pruning.recordings.save_clips import save_clips
from hypgcn_pruning.steps import compile_step, prune_step, quantise_step, train_step
from hypgcn_pruning.training import train as training_module

sys.path.insert(0, str(Path(__file__).parent))
dataset_scale = importlib.import_module("dataset_scale")

FRAMES = 40
SHORT = TrainConfig(epochs=1, epoch_steps=1, max_epoch_steps=2, batch=4, threads=1)


def steps(folder: Path, subjects: int) -> tuple[int, dict[str, int]]:
    """Bytes of a dataset of so many subjects, and the largest traced memory of each step on it."""
    folder.mkdir()
    data, peaks = str(folder / "clips.npz"), {}

    def traced(name, run):
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        result = run()
        peaks[name] = tracemalloc.get_traced_memory()[1] - before
        return result

    clips = film(BUILT_IN["ntu25"], FilmedConfig(classes=2, subjects=subjects, views=2, clips=2, persons=2,
                                                 shortest=FRAMES, longest=FRAMES))
    traced("motion", lambda: save_clips(data, clips, progress=False))
    path = traced("train", lambda: train_step(
        folder / "float", data=data, skeleton=None, frames=FRAMES, persons=2, blocks="4,4/2", stream="joint",
        dynamic_graph=False, training=SHORT, progress=False))
    path = traced("prune", lambda: prune_step(
        path, folder / "pruned", data=data, training=SHORT, progress=False,
        config=PruneConfig(taps=3, weights_epochs=1, threshold_epochs=1, calibration=8)))
    path = traced("quantise", lambda: quantise_step(path, folder, data=data, progress=False,
                                                    config=QuantiseConfig(calibration=8, report="never")))
    path = traced("compile", lambda: compile_step(path, folder, data=data, config=CompileConfig(calibration=8),
                                                  progress=False))
    report = traced("evaluate", lambda: evaluate_step(folder / "metrics.json", data=data, design=str(path), count=8))
    assert report["clips"] == 8 and report["clips_of"] == len(clips) // 2
    return clips.data.size * 4, peaks


@pytest.fixture
def small_machine(monkeypatch):
    """Small datasets are treated as large ones: their files are mapped, held-out clips are prepared anew.

    What is the same for any dataset, such as 256 calibration clips, is small beside them.
    """
    monkeypatch.setattr(array_files, "MAPPED", 1 << 16)
    monkeypatch.setattr(scratch, "HELD", 1 << 16)
    monkeypatch.setattr(clip_arrays, "_SAMPLE", 4)
    monkeypatch.setattr(training_module, "KEPT", 1 << 16)
    monkeypatch.setattr(training_module, "SETTLING", 8)
    monkeypatch.setattr("hypgcn_pruning.network.predict.FRAMES", 4 * 2 * FRAMES)
    monkeypatch.setattr("hypgcn_pruning.steps.plot_ranges", lambda ranges, path: None)
    monkeypatch.setattr("hypgcn_pruning.evaluation.save_confusion", lambda *args: None)
    monkeypatch.setattr("hypgcn_pruning.training.train.plot_history", lambda history, path: None)
    monkeypatch.setattr("hypgcn_pruning.integers.check._MAX", 8)


@pytest.mark.filterwarnings("ignore:.*the accuracy covers no other")
def test_memory_does_not_grow_with_the_dataset(tmp_path, small_machine):
    """Eight times the clips: less than an eighth of what they are larger by is held anywhere."""
    tracemalloc.start()
    try:
        few, before = steps(tmp_path / "few", 4)
        many, after = steps(tmp_path / "many", 32)
    finally:
        tracemalloc.stop()
    assert many == 8 * few and many - few > 5e6
    grown = {name: after[name] - before[name] for name in after}
    assert all(more < (many - few) / 8 for more in grown.values()), (grown, many - few)


def test_steps_are_measured(tmp_path, monkeypatch, capsys):
    """Rows are kept, a changed command is measured again, and what is above the limit is named."""
    sizes, seen = {"classes": 2, "subjects": 2, "frames": 5, "tested": 1000}, []
    monkeypatch.setattr(dataset_scale, "measure", lambda arguments, note: seen.append(arguments[0]) or {
        "seconds": 3, "peak_mb": 5000 if arguments[0] == "prune" else 300})
    rows, above = dataset_scale.measure_all(str(tmp_path), **sizes)
    assert above == ["prune"] and seen == ["motion", "train", "prune", "quantise", "compile", "evaluate"]
    assert dataset_scale.table(rows).splitlines()[4].startswith("| prune | 5,000 MB | 3 | `hypgcn prune ")
    dataset_scale.measure_all(str(tmp_path), **{**sizes, "tested": 3})
    assert seen[6:] == ["evaluate"]


def test_a_step_is_measured_as_a_process(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    row = dataset_scale.measure(["motion", "--classes", "1", "--subjects", "2", "-o", str(tmp_path / "a.npz")],
                                tmp_path / "note")
    assert row["peak_mb"] > 20 and (tmp_path / "a.npz").is_file() and not (tmp_path / "note").exists()
    with np.load(tmp_path / "a.npz") as file:
        assert file["data"].shape[0] == 6


@pytest.mark.slow
def test_the_size_of_ntu(tmp_path, monkeypatch):
    """40,320 clips of 300 frames and two persons: 7.3 GB, and no step takes more than 4 GB."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    rows, above = dataset_scale.measure_all(str(tmp_path), classes=60, subjects=28, frames=300, tested=1000)
    assert (tmp_path / "clips.npz").stat().st_size > 7.2e9
    assert not above, dataset_scale.table(rows)
