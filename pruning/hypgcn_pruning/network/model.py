"""The float network: 2s-AGCN with or without the data-dependent graph, with the masks and thresholds of hybrid pruning.

Parameter names follow the published 2s-AGCN code (``data_bn``, ``l1.gcn1.PA``, ``l1.tcn1.conv``, ``l4.residual.conv``,
``fc``), so that checkpoints of both can be mapped onto each other. A network without masks and thresholds is the plain
2s-AGCN. """

import torch
from torch import nn

from .block import LATER_BUFFERS, BlockModule
from .model_config import PAPER_BLOCKS, SMALL_BLOCKS, ModelConfig

__all__ = ["PAPER_BLOCKS", "SMALL_BLOCKS", "BlockModule", "ModelConfig", "Network"]


class Network(nn.Module):
    """Clips (N, M, T, V, C), the order of the hardware, to logits (N, classes)."""

    def __init__(self, config: ModelConfig):
        super().__init__()
        self.config = config
        adjacency = torch.from_numpy(config.skeleton.adjacency())
        self.data_bn = nn.BatchNorm1d(config.persons * config.channels * config.skeleton.joints)
        channels = config.channels
        self.depth = len(config.blocks)
        for index, (outputs, stride) in enumerate(config.blocks, 1):
            self.add_module(f"l{index}", BlockModule(channels, outputs, stride, adjacency, kernel=config.kernel,
                                                     dynamic=config.dynamic_graph, first=index == 1,
                                                     similarity=config.similarity, joint_bias=config.joint_bias,
                                                     shortcut_h=config.shortcut_h, branches=config.branches,
                                                     branch_share=config.branch_share))
            channels = outputs
        self.fc = nn.Linear(channels, config.classes)
        nn.init.normal_(self.fc.weight, 0, (2 / config.classes) ** 0.5)

    @property
    def blocks(self) -> list[BlockModule]:
        """The blocks in order."""
        return [getattr(self, f"l{index}") for index in range(1, self.depth + 1)]

    def complete(self, state: dict) -> dict:
        """``state`` with the buffers that older files lack."""
        own = self.state_dict()
        later = {f"l{index}.{name}": value for index in range(1, self.depth + 1)
                 for name, value in LATER_BUFFERS.items()}
        return {**{name: torch.full_like(own[name], value) for name, value in later.items()}, **state}

    def features(self, clips: torch.Tensor) -> torch.Tensor:
        """X of block 1, (N * M, C, T, V): the clips after ``data_bn``, which works per (person, joint, channel)."""
        n, persons, frames, joints, channels = clips.shape
        expected = (self.config.persons, self.config.skeleton.joints, self.config.channels)
        if (persons, joints, channels) != expected:
            raise ValueError(f"clips must have {expected[0]} persons, {expected[1]} joints and {expected[2]} channels, "
                             f"not {persons}, {joints} and {channels}")
        x = clips.permute(0, 1, 3, 4, 2).reshape(n, persons * joints * channels, frames)
        x = self.data_bn(x).view(n * persons, joints, channels, frames)
        return x.permute(0, 2, 3, 1).contiguous(memory_format=torch.channels_last)

    def forward(self, clips: torch.Tensor) -> torch.Tensor:
        """Logits (N, classes) of clips (N, M, T, V, C)."""
        x = self.features(clips)
        for block in self.blocks:
            x = block(x)
        x = x.mean(dim=(2, 3)).view(len(clips), self.config.persons, -1).mean(dim=1)
        return self.fc(x)
