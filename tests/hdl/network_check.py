# amaranth: UnusedElaboratable=no
"""A network on the Amaranth simulator against golden: every block output and the scores, clip after clip."""

from hdl.vectors import vectors

from hypgcn.golden.absent import left_out as absent
from hypgcn.golden.input import coordinates
from hypgcn.golden.network import run as golden
from hypgcn.network import Network
from testbench import run

__all__ = ["check"]


def check(design, folding, clips, *, threshold_raise=0, dut=None, **options):
    """Run the clips, through ``dut`` if there is one of this design and folding."""
    dut = dut or Network(design, folding, observe=True)
    tensors = [golden(design, clip, threshold_raise) for clip in clips]
    left_out = [absent(coordinates(clip, design), result, threshold_raise) & folding.skip_absent
                for clip, result in zip(clips, tensors)]
    seen = [[] for _ in design.blocks]

    async def observe(ctx):
        ports = [getattr(dut, f"observe_{b}") for b in range(len(design.blocks))]
        samples = [expr for port in ports for expr in (port.valid, port.payload.mask, port.payload.values.as_value())]
        async for _, _, *values in ctx.tick().sample(*samples):
            for b in range(len(ports)):
                if values[3 * b]:
                    bits = values[3 * b + 2]
                    seen[b].append((values[3 * b + 1], [(bits >> 8 * n) & 0xff for n in range(16)]))

    expected = [
        {"index": j, "score": int(score), "last": int(j == design.classes - 1), "overflow": int(result["overflow"])}
        for result in tensors
        for j, score in enumerate(result["logits"])
    ]
    joints = [joint for clip in clips for joint in clip.reshape(-1, design.channels).tolist()]
    out = run(dut, {"i": joints}, {"o": len(expected)}, signals={"threshold_raise": threshold_raise},
              background=[observe], timeout=100_000, **options)
    for b in range(len(design.blocks)):
        want = [v for result, gone in zip(tensors, left_out) if not all(gone)
                for v in vectors(result[f"blocks.{b}.y"][~gone])]
        assert seen[b] == [(v["mask"], v["values"]) for v in want], f"block {b}"
    assert out["o"] == expected
    return out
