"""From a network to a design for raw joints, for each stream: compiled, measured and answered like any other."""

import numpy as np
import pytest
import torch

from hypgcn.design import Design
from hypgcn.design.clip import Preparation, prepare_clip, quantise_clip
from hypgcn.design.raw_conversion import whole_preparation
from hypgcn.golden.network import run as golden
from hypgcn_pruning.answers.networks import open_answering
from hypgcn_pruning.building.reshape import reshape_design
from hypgcn_pruning.config import STREAMS, CompileConfig, QuantiseConfig
from hypgcn_pruning.evaluation import evaluate_step
from hypgcn_pruning.integers.quantise import quantise
from hypgcn_pruning.network.checkpoint import save_checkpoint
from hypgcn_pruning.recordings.data import preparation_for, prepared
from hypgcn_pruning.reports.measure import measure
from hypgcn_pruning.steps import compile_step


@pytest.fixture(scope="module")
def folder(tmp_path_factory, clips):
    folder = tmp_path_factory.mktemp("raw")
    np.savez(folder / "clips.npz", data=clips.data, label=clips.label, length=clips.length, split=clips.split)
    return folder


@pytest.fixture(scope="module", params=STREAMS)
def built(request, folder, make_network, clips, skeleton):
    """Stream, float network, and the folder of its design for raw joints."""
    stream = request.param
    preparation = preparation_for(skeleton, 16, stream, scale="none", centring="every")
    model = make_network(blocks=((18, 1), (20, 2)))
    out = folder / stream
    save_checkpoint(out / "pruned.safetensors", model, {"preparation": preparation.to_dict()})
    sample = torch.from_numpy(prepared(clips.part(0), preparation))
    quantise(model, sample, QuantiseConfig(), preparation=preparation).save(out / "quantised")
    config = CompileConfig(calibration=8, input="raw", patience=9)
    return stream, out, compile_step(out / "quantised", out, data=str(folder / "clips.npz"), config=config,
                                     progress=False)


def test_the_design(built):
    stream, out, path = built
    design, before = Design.load(path), Design.load(out / "quantised")
    assert design.raw.patience == 9 and design.clip_type == np.int16
    assert whole_preparation(design).motion == stream.endswith("motion") == design.raw.motion
    assert bool(design.raw.parents) == stream.startswith("bone")
    assert Preparation.from_dict(design.meta["preparation"]) == Preparation(frames=16, scale="none", centring="every")
    assert before.raw is None


def test_its_scores_are_those_of_the_int8_design(built, clips):
    """Up to the rounding of the input: the logits are close, and golden and the integers in torch the same."""
    _, out, path = built
    designs = Design.load(path), Design.load(out / "quantised")
    scores = []
    for design in designs:
        preparation = Preparation.from_dict(design.meta["preparation"])
        given = [quantise_clip(design, prepare_clip(clips.clip(index), preparation)) for index in range(4)]
        scores.append(np.stack([golden(design, clip)["logits"] for clip in given]) * design.logit_scale)
    spread = scores[1].std()
    assert np.abs(scores[0] - scores[1]).max() < 0.5 * spread
    measured = measure(path, str(path.parents[1] / "clips.npz"))
    assert measured.clips.dtype == np.int16 and measured.preparation == whole_preparation(designs[0])
    for clip, row in zip(measured.clips, measured.scores):
        assert golden(designs[0], clip)["logits"].tolist() == row.tolist()


def test_evaluated_beside_its_float_network(built):
    """The float network gets clips that are prepared, the design raw ones."""
    stream, out, path = built
    report = evaluate_step(out / "metrics.json", data=str(out.parent / "clips.npz"), design=str(path),
                           pruned=str(out / "pruned.safetensors"))
    assert report["noise_db"]["x1"] > 25, stream


def test_answers(built, clips):
    stream, _, path = built
    answering = open_answering(str(path))
    assert answering.stream == stream
    body = clips.clip(3)
    design = answering.network
    clip = quantise_clip(design, prepare_clip(body, Preparation.from_dict(design.meta["preparation"])))
    assert answering.scores([body])[0].tolist() == golden(design, clip)["logits"].tolist()


def test_longer_clips(built):
    stream, _, path = built
    design = Design.load(path)
    assert reshape_design(design, frames=8, persons=2).raw == design.raw
    if stream.endswith("motion"):
        with pytest.raises(ValueError, match="frames must be at most 16 for raw input with motion, not 40: longer "
                                             "clips are repetitions, and the hardware does not know where one ends"):
            reshape_design(design, frames=40)
    else:
        assert reshape_design(design, frames=40).raw == design.raw


def test_scaling_is_refused(folder, trained, clips, preparation):
    sample = torch.from_numpy(prepared(clips.part(0), preparation))
    quantise(trained[0], sample, QuantiseConfig(), preparation=preparation).save(folder / "scaled")
    with pytest.raises(ValueError, match="design network: scale must be 'none' for raw input, not 'axis'"):
        compile_step(folder / "scaled", folder / "out", data=str(folder / "clips.npz"),
                     config=CompileConfig(input="raw"), progress=False)


@pytest.mark.parametrize("changes,text", [
    (dict(input="int16"), "input must be one of same, raw, not 'int16'"),
    (dict(unit="m", input="raw"), "unit must be one of auto, mm, 1/8 pixel, not 'm'"),
    (dict(missing="zero"), "missing must be left out without input 'raw', not 'zero'"),
    (dict(step=2.0), "step must be left out without input 'raw', not 2.0")])
def test_settings(changes, text):
    with pytest.raises(ValueError, match=text):
        CompileConfig(**changes)
    assert CompileConfig(input="raw", step=2.0, unit="mm", patience=4).raw.step == 2
