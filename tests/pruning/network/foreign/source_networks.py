"""Networks of other frameworks, written anew from the descriptions of their layers, with the names of their keys."""

import torch
from torch import nn

__all__ = ["MS_CFG", "Baseline", "StGcn", "StGcnOfPyskl", "clips_of", "shaken"]

PUBLISHED = ((64, 1),) * 4 + ((128, 2),) + ((128, 1),) * 2 + ((256, 2),) + ((256, 1),) * 2


def shaken(model: nn.Module, seed: int = 0) -> nn.Module:
    """``model`` in evaluation with random weights, graphs and statistics of which none is like another."""
    rng = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, tensor in model.state_dict().items():
            if not tensor.is_floating_point():
                continue
            values = torch.randn(tensor.shape, generator=rng)
            if name.endswith("running_var"):
                tensor.copy_(0.5 + values.abs())
            elif tensor.dim() >= 3 and "conv" not in name and tensor.shape[-1] == tensor.shape[-2]:
                tensor.mul_(1 + 0.3 * values) if (tensor == 0).any() else tensor.add_(0.2 * values)
            elif tensor.dim() == 4:
                tensor.copy_(values * (0.6 / (tensor.shape[1] * tensor.shape[2]) ** 0.5))
            else:
                tensor.copy_(0.3 * values + (1.0 if name.endswith("weight") else 0.0))
    return model.eval()


def clips_of(persons: int, frames: int, joints: int, channels: int = 3, count: int = 2) -> torch.Tensor:
    """Clips (N, M, T, V, C)."""
    return torch.randn(count, persons, frames, joints, channels, generator=torch.Generator().manual_seed(5))


def _normalised(x: torch.Tensor, norm: nn.BatchNorm1d) -> torch.Tensor:
    """Clips (N, M, T, V, C) to (N * M, C, T, V) behind a norm over (V, C), or over (M, V, C)."""
    n, persons, frames, joints, channels = x.shape
    x = x.permute(0, 1, 3, 4, 2).reshape(-1, norm.num_features, frames)
    return norm(x).reshape(n * persons, joints, channels, frames).permute(0, 2, 3, 1)


def _pooled(x: torch.Tensor, persons: int) -> torch.Tensor:
    return x.mean((2, 3)).reshape(-1, persons, x.shape[1]).mean(1)


class _StGcnConv(nn.Module):
    def __init__(self, inputs, outputs, subsets):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs * subsets, 1)
        self.subsets = subsets

    def forward(self, x, graph):
        x = self.conv(x)
        return torch.einsum("nkctv,kvw->nctw", x.reshape(len(x), self.subsets, -1, *x.shape[2:]), graph)


class _StGcnBlock(nn.Module):
    def __init__(self, inputs, outputs, stride, subsets, kernel, first):
        super().__init__()
        self.gcn = _StGcnConv(inputs, outputs, subsets)
        self.tcn = nn.Sequential(nn.BatchNorm2d(outputs), nn.ReLU(),
                                 nn.Conv2d(outputs, outputs, (kernel, 1), (stride, 1), (kernel // 2, 0)),
                                 nn.BatchNorm2d(outputs), nn.Dropout(0.5))
        self.first = first
        self.residual = (None if first or inputs == outputs and stride == 1 else
                         nn.Sequential(nn.Conv2d(inputs, outputs, 1, (stride, 1)), nn.BatchNorm2d(outputs)))

    def forward(self, x, graph):
        beside = 0 if self.first else x if self.residual is None else self.residual(x)
        return torch.relu(self.tcn(self.gcn(x, graph)) + beside)


class StGcn(nn.Module):
    """ST-GCN as its paper and repository have it: convolution, graph with edge importance, norm, taps, norm."""

    def __init__(self, graph, blocks=PUBLISHED, classes=5, kernel=9, importance=True):
        super().__init__()
        self.register_buffer("A", graph)
        subsets, joints = graph.shape[:2]
        self.data_bn = nn.BatchNorm1d(3 * joints)
        inputs, layers = 3, []
        for index, (outputs, stride) in enumerate(blocks):
            layers.append(_StGcnBlock(inputs, outputs, stride, subsets, kernel, index == 0))
            inputs = outputs
        self.st_gcn_networks = nn.ModuleList(layers)
        self.edge_importance = nn.ParameterList([nn.Parameter(torch.ones_like(graph)) for _ in layers]
                                                if importance else [])
        self.fcn = nn.Conv2d(inputs, classes, 1)

    def forward(self, clips):
        x = _normalised(clips, self.data_bn)
        for index, block in enumerate(self.st_gcn_networks):
            x = block(x, self.A * self.edge_importance[index] if len(self.edge_importance) else self.A)
        return self.fcn(_pooled(x, clips.shape[1])[:, :, None, None])[:, :, 0, 0]


class _PysklGcn(nn.Module):
    def __init__(self, inputs, outputs, graph, adaptive, position, shortcut):
        super().__init__()
        self.adaptive, self.position, self.shortcut = adaptive, position, shortcut
        if adaptive == "init":
            self.A = nn.Parameter(graph.clone())
        else:
            self.register_buffer("A", graph.clone())
        if adaptive in ("offset", "importance"):
            self.PA = nn.Parameter(torch.full_like(graph, 1.0 if adaptive == "importance" else 1e-6))
        subsets = len(graph)
        self.conv = (nn.Conv2d(inputs, outputs * subsets, 1) if position == "pre" else
                     nn.Conv2d(inputs * subsets, outputs, 1))
        self.bn = nn.BatchNorm2d(outputs)
        self.down = (nn.Sequential(nn.Conv2d(inputs, outputs, 1), nn.BatchNorm2d(outputs))
                     if shortcut and inputs != outputs else None)

    def forward(self, x):
        graph = {"offset": lambda: self.A + self.PA, "importance": lambda: self.A * self.PA}.get(
            self.adaptive, lambda: self.A)()
        beside = 0 if not self.shortcut else x if self.down is None else self.down(x)
        n, _, t, v = x.shape
        if self.position == "pre":
            y = torch.einsum("nkctv,kvw->nctw", self.conv(x).reshape(n, len(graph), -1, t, v), graph)
        else:
            y = self.conv(torch.einsum("nctv,kvw->nkctw", x, graph).reshape(n, -1, t, v))
        return torch.relu(self.bn(y) + beside)


class _Tcn(nn.Module):
    def __init__(self, inputs, outputs, kernel, stride):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, (kernel, 1), (stride, 1), (kernel // 2, 0))
        self.bn = nn.BatchNorm2d(outputs)

    def forward(self, x):
        return self.bn(self.conv(x))


MS_CFG = ((3, 1), (3, 2), (3, 3), (3, 4), ("max", 3), "1x1")


class _Taps(nn.Module):
    def __init__(self, width, taps, dilation, stride):
        super().__init__()
        self.conv = nn.Conv2d(width, width, (taps, 1), (stride, 1), (taps // 2 * dilation, 0), (dilation, 1))

    def forward(self, x):
        return self.conv(x)


class _MultiScaleTcn(nn.Module):
    """Branches with a 1x1 convolution each in front, and a norm, ReLU and 1x1 convolution behind all of them."""

    def __init__(self, outputs, stride, branches=MS_CFG, share=None):
        super().__init__()
        each = outputs // len(branches) if share is None else int(outputs * share)
        widths = [each] * len(branches)
        if share is None:
            widths[0] = outputs - each * (len(branches) - 1)
        layers = []
        for kind, width in zip(branches, widths):
            if kind == "1x1":
                layers.append(nn.Conv2d(outputs, width, 1, (stride, 1)))
                continue
            behind = (nn.MaxPool2d((kind[1], 1), (stride, 1), (1, 0)) if kind[0] == "max" else
                      _Taps(width, *kind, stride))
            layers.append(nn.Sequential(nn.Conv2d(outputs, width, 1), nn.BatchNorm2d(width), nn.ReLU(), behind))
        self.branches = nn.ModuleList(layers)
        self.transform = nn.Sequential(nn.BatchNorm2d(sum(widths)), nn.ReLU(), nn.Conv2d(sum(widths), outputs, 1))
        self.bn = nn.BatchNorm2d(outputs)

    def forward(self, x):
        return self.bn(self.transform(torch.cat([branch(x) for branch in self.branches], 1)))


class _PysklBlock(nn.Module):
    def __init__(self, inputs, outputs, stride, first, *gcn, scales=None):
        super().__init__()
        self.gcn = _PysklGcn(inputs, outputs, *gcn)
        self.tcn = _Tcn(outputs, outputs, 9, stride) if scales is None else _MultiScaleTcn(outputs, stride, *scales)
        self.first = first
        self.residual = None if first or inputs == outputs and stride == 1 else _Tcn(inputs, outputs, 1, stride)

    def forward(self, x):
        beside = 0 if self.first else x if self.residual is None else self.residual(x)
        return torch.relu(self.tcn(self.gcn(x)) + beside)


class _Backbone(nn.Module):
    def __init__(self, graph, blocks, persons, *gcn, scales=None):
        super().__init__()
        self.data_bn = nn.BatchNorm1d(3 * graph.shape[1] * persons)
        inputs, layers = 3, []
        for index, (outputs, stride) in enumerate(blocks):
            layers.append(_PysklBlock(inputs, outputs, stride, index == 0, graph, *gcn, scales=scales))
            inputs = outputs
        self.gcn = nn.ModuleList(layers)


class StGcnOfPyskl(nn.Module):
    """``STGCN`` of PYSKL and mmaction2, in all its graph kinds and orders.

    With single tap windows, or with ``scales``, branches and their share (ST-GCN++).
    """

    def __init__(self, graph, blocks=PUBLISHED, classes=5, persons=1, adaptive="importance", position="pre",
                 shortcut=False, scales=None):
        super().__init__()
        self.backbone = _Backbone(graph, blocks, persons, adaptive, position, shortcut, scales=scales)
        self.cls_head = nn.Module()
        self.cls_head.fc_cls = nn.Linear(blocks[-1][0], classes)

    def forward(self, clips):
        x = _normalised(clips, self.backbone.data_bn)
        for block in self.backbone.gcn:
            x = block(x)
        return self.cls_head.fc_cls(_pooled(x, clips.shape[1]))


class _BaselineGcn(nn.Module):
    def __init__(self, inputs, outputs, graph):
        super().__init__()
        self.PA = nn.Parameter(graph.clone())
        self.conv_d = nn.ModuleList(nn.Conv2d(inputs, outputs, 1) for _ in graph)
        self.down = (nn.Sequential(nn.Conv2d(inputs, outputs, 1), nn.BatchNorm2d(outputs))
                     if inputs != outputs else None)
        self.bn = nn.BatchNorm2d(outputs)

    def forward(self, x):
        graph = self.PA / (self.PA.norm(dim=1, keepdim=True) + 1e-4)
        y = sum(conv(x @ part) for conv, part in zip(self.conv_d, graph))
        return torch.relu(self.bn(y) + (x if self.down is None else self.down(x)))


class _BaselineBlock(nn.Module):
    def __init__(self, inputs, outputs, stride, graph, first):
        super().__init__()
        self.gcn1, self.tcn1 = _BaselineGcn(inputs, outputs, graph), _Tcn(outputs, outputs, 5, stride)
        self.first = first
        self.residual = None if first or inputs == outputs and stride == 1 else _Tcn(inputs, outputs, 1, stride)

    def forward(self, x):
        beside = 0 if self.first else x if self.residual is None else self.residual(x)
        return torch.relu(self.tcn1(self.gcn1(x)) + beside)


class Baseline(nn.Module):
    """The plain baseline of CTR-GCN: learned static graphs with normalised columns, five taps."""

    def __init__(self, graph, blocks=PUBLISHED, classes=5, persons=2):
        super().__init__()
        self.data_bn = nn.BatchNorm1d(3 * graph.shape[1] * persons)
        self.depth, inputs = len(blocks), 3
        for index, (outputs, stride) in enumerate(blocks, 1):
            self.add_module(f"l{index}", _BaselineBlock(inputs, outputs, stride, graph, index == 1))
            inputs = outputs
        self.fc = nn.Linear(inputs, classes)

    def forward(self, clips):
        x = _normalised(clips, self.data_bn)
        for index in range(1, self.depth + 1):
            x = getattr(self, f"l{index}")(x)
        return self.fc(_pooled(x, clips.shape[1]))
