import pytest
import torch

from hypgcn_pruning.network.branches import MULTI_SCALE
from hypgcn_pruning.network.multi_scale import MultiScale

READ = torch.ones(14, dtype=torch.bool)


def scales(stride=1, seed=0, branches=MULTI_SCALE, kernel=9):
    torch.manual_seed(seed)
    module = MultiScale(14, kernel, stride, branches)
    for norm in (module.reduce.bn, module.branches.bn):
        norm.running_mean.normal_(0, 0.2)
        norm.running_var.uniform_(0.5, 2)
    return module.eval()


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("frames", [1, 5, 12])
def test_the_stages_by_loops(stride, frames):
    """Frame by frame and branch by branch, from the description of the branches."""
    module = scales(stride)
    h = torch.randn(2, 14, frames, 3).relu()
    reduced = module.reduce.bn(module.reduce.conv(h)).relu()
    p = module.p(h, READ)
    q = module.q(p)
    assert q.shape == (2, 14, -(-frames // stride), 3)
    ends = [0, 4, 6, 8, 10, 12, 14]
    rows = [reduced[:, 10:12, max(0, t - 1):t + 2].amax(2) for t in range(frames)]
    torch.testing.assert_close(p[:, 10:12], torch.stack(rows, 2))
    torch.testing.assert_close(p[:, :10], reduced[:, :10])
    conv, norm = module.branches.conv, module.branches.bn
    for out in range(q.shape[2]):
        total = torch.zeros(2, 14, 3)
        for branch in range(6):
            own = slice(ends[branch], ends[branch + 1])
            for tap in (-1, 0, 1):
                t = out * stride + tap * (branch + 1)
                if branch < 4 and 0 <= t < frames:
                    weight = conv.weight[own, own, 4 + tap * (branch + 1), 0]
                    total[:, own] += torch.einsum("ncv,oc->nov", p[:, own, t], weight)
            if branch >= 4:
                total[:, own] = p[:, own, out * stride] * conv.weight[own, own, 4, 0].diagonal()[:, None]
        expected = norm((total + conv.bias[:, None])[:, :, None])[:, :, 0].relu()
        torch.testing.assert_close(q[:, :, out], expected)


def test_masks_are_zero_channels_and_zero_weights():
    module = scales()
    h = torch.randn(2, 14, 9, 3).relu()
    module.p_kept[[1, 10]] = 0
    module.q_kept[[2, 11]] = 0
    read = READ.clone()
    read[5] = False
    p = module.p(h, read)
    q = module.q(p)
    assert not p[:, [1, 10]].any() and not q[:, [2, 11]].any()
    module.apply_masks(read)
    assert not module.reduce.conv.weight[:, 5].any() and not module.reduce.conv.weight[1].any()
    assert not module.branches.conv.weight[:, 1].any() and not module.branches.conv.weight[2].any()
    torch.testing.assert_close(module.p(h, read), p)
    torch.testing.assert_close(module.q(p), q)


def test_thresholds_come_before_the_maximum_and_behind_the_taps():
    module = scales()
    h = torch.randn(2, 14, 9, 3).relu()
    whole = module.p(h, READ)
    module.theta_p.fill_(0.4)
    module.theta_q.fill_(0.7)
    p = module.p(h, READ).detach()
    torch.testing.assert_close(p, whole.detach() * (whole > 0.4))
    assert float(p[p > 0].min()) > 0.4 and not p.all()
    q = module.q(p).detach()
    assert float(q[q > 0].min()) > 0.7 and not q.all()


def test_training_leaves_the_structure(make_network):
    """Gradients reach nothing outside the branches, and statistics settle for channels without weights."""
    model = make_network(branches=MULTI_SCALE, kernel=9).train()
    block = model.blocks[1]
    block.scales.q_kept[3] = 0
    outside = block.scales.structure[..., None] == 0
    model(torch.randn(4, 1, 16, 7, 3)).sum().backward()
    gradient = block.scales.branches.conv.weight.grad
    assert gradient.any() and not gradient[outside].any() and not gradient[3].any()
    block.settle()
    conv = block.scales.branches
    assert conv.bn.running_mean[3] == conv.conv.bias[3]
