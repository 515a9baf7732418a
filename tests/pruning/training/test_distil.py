from dataclasses import replace

import numpy as np
import pytest
import torch

from hypgcn_pruning.config import TrainConfig
from hypgcn_pruning.network.checkpoint import save_checkpoint
from hypgcn_pruning.network.predict import predict
from hypgcn_pruning.recordings.data import batches, preparation_for
from hypgcn_pruning.training.distil import Teachers
from hypgcn_pruning.training.train import train


@pytest.fixture
def teacher(make_network, skeleton, tmp_path):
    """Store a network as a teacher; returns it and its path."""
    def save(name="teacher", stream="joint", **changes):
        model = make_network(**changes).eval()
        path = tmp_path / f"{name}.safetensors"
        save_checkpoint(path, model, {"preparation": preparation_for(skeleton, model.config.frames, stream).to_dict()})
        return model, str(path)
    return save


def test_agreement_has_no_loss_and_the_mean_of_teachers_is_the_target(teacher):
    first, one = teacher("one")
    torch.manual_seed(9)
    second, two = teacher("two", blocks=((16, 1), (16, 2)))
    x = torch.randn(4, 1, 16, 7, 3)
    logits = first(x).detach()
    assert Teachers(TrainConfig(teachers=one), first.config).loss(logits, [x]).item() == pytest.approx(0, abs=1e-5)
    assert Teachers(TrainConfig(teachers=one), first.config).loss(logits.flip(1), [x]) > 0.01
    mean = (torch.softmax(logits / 2, 1) + torch.softmax(second(x).detach() / 2, 1)) / 2
    both = Teachers(TrainConfig(teachers=f"{one}, {two}"), first.config)
    assert both.loss(2 * mean.log(), [x, x]).item() == pytest.approx(0, abs=1e-5)
    assert both and not Teachers(TrainConfig(), first.config)


def test_each_teacher_gets_the_clip_in_its_preparation(clips, skeleton, preparation):
    bone, longer = preparation_for(skeleton, 16, "bone"), preparation_for(skeleton, 20)
    x, labels, bones, long = next(batches(clips, preparation, 6, np.random.default_rng(1), further=[bone, longer]))
    assert x.shape == (6, 1, 16, 7, 3) and long.shape == (6, 1, 20, 7, 3)
    alone = next(batches(clips, preparation, 6, np.random.default_rng(1)))
    assert np.array_equal(alone[0], x) and np.array_equal(alone[1], labels)
    parents = list(bone.parents)
    np.testing.assert_allclose(bones, x - x[:, :, :, parents], atol=1e-6)


def test_a_student_follows_its_teacher(teacher, make_network, clips, preparation, tmp_path):
    model, path = teacher()
    config = TrainConfig(epochs=4, epoch_steps=1, rate=0.02, degrees=0.0, tilt=0.0, random_times=False, teachers=path,
                         distil=0.9)
    x = torch.from_numpy(next(batches(clips, preparation, 64, np.random.default_rng(2), augmentation=config))[0])
    wanted = torch.softmax(predict(model, x), 1)

    def distance(settings, folder):
        student = make_network(blocks=((16, 1), (16, 2)))
        train(student, clips, preparation, settings, tmp_path / folder, progress=False)
        return (torch.softmax(predict(student, x), 1) - wanted).abs().mean().item()

    assert distance(config, "taught") < 0.7 * distance(replace(config, teachers=""), "alone")


@pytest.mark.parametrize("changes, message", [
    ({"classes": 4}, "teachers must have 3 classes, but .*teacher.safetensors has 4"),
    ({"persons": 2}, "teachers must have 1 persons"),
])
def test_teachers_of_another_task(teacher, make_network, changes, message):
    _, path = teacher(**changes)
    with pytest.raises(ValueError, match=message):
        Teachers(TrainConfig(teachers=path), make_network().config)


def test_a_teacher_holds_its_preparation(make_network, tmp_path):
    save_checkpoint(tmp_path / "silent.safetensors", make_network(), {})
    with pytest.raises(ValueError, match="teachers must hold how clips are prepared"):
        Teachers(TrainConfig(teachers=str(tmp_path / "silent.safetensors")), make_network().config)


@pytest.mark.parametrize("field, value", [("distil", 1.0), ("distil", -0.1), ("temperature", 0.0)])
def test_settings(field, value):
    with pytest.raises(ValueError, match=f"{field} must be"):
        TrainConfig(**{field: value})
