"""Test cases of runtime feature compression, its store, and the shortcut that reads the store."""

import numpy as np

from hypgcn.design import BANK, split_banks
from hypgcn.golden.rfc.decoder import tokens
from hypgcn.golden.rfc.encoder import threshold
from hypgcn.golden.rfc.store import row_usage, store, window_usage
from hypgcn.rfc import RfcDecoder, RfcEncoder, RfcExpander, RowStore, RowStoreConfig
from hypgcn.rfc.shortcut import ShortcutConfig, ShortcutReader

from ...stimuli.beats import conv_order, dense_beats, response, vector, vectors
from ..case import Case, Responder, Sink, Source
from ..context import CaseMaker, Context

__all__ = ["TEST_CASES", "row_words"]


def _samples(context: Context, name: str) -> np.ndarray:
    """Vectors (N, BANK): of the clip, corner cases, and random ones of all densities."""
    rng = context.rng(name)
    clip = np.array(dense_beats(context.rows(context.identity, "h", 2)))[:100]
    corners = np.zeros((BANK + 3, BANK), np.int64)
    corners[:BANK] = np.diag(np.arange(1, BANK + 1))
    corners[-2], corners[-1] = 127, -128
    shape = (150, BANK)
    return np.concatenate([clip, corners, rng.integers(-128, 128, shape) * (rng.random(shape) < rng.random((150, 1)))])


def _encoder(context: Context) -> Case:
    """The RFC encoder with a threshold."""
    samples = _samples(context, "rfc_encoder")
    theta = 3
    flags = context.rng("flags").integers(0, 2, len(samples)).tolist()
    return Case(
        name="rfc_encoder", component=RfcEncoder, signals={"threshold": theta},
        sources={"i": Source(beats=[{"values": row, "overflow": flag} for row, flag in zip(samples.tolist(), flags)])},
        sinks={"o": Sink(beats=[vector(threshold(row, theta), flag) for row, flag in zip(samples, flags)],
                             tensor="vectors", axes=[("vector", len(samples))])})


def _decoder(context: Context) -> Case:
    """The RFC decoder: tokens of each vector with its metadata."""
    samples = _samples(context, "rfc_decoder")
    beats, expected = [], []
    for number, row in enumerate(samples):
        word, meta = vector(row), number % 32
        beats.append({"vector": word, "meta": meta})
        expected += [{"channel": channel, "value": value, "last": last, "meta": meta}
                     for channel, value, last in tokens(word["mask"], word["values"])]
    return Case(name="rfc_decoder", component=lambda: RfcDecoder(5), sources={"i": Source(beats=beats)},
                sinks={"o": Sink(beats=expected, tensor="tokens", axes=[("token", len(expected))])})


def _expander(context: Context) -> Case:
    """The RFC expander: dense vectors with their metadata."""
    samples = _samples(context, "rfc_expander")
    beats = [{"vector": vector(row, n & 1), "meta": n % 32} for n, row in enumerate(samples)]
    expected = [{"dense": {"values": row, "overflow": n & 1}, "meta": n % 32} for n, row in enumerate(samples.tolist())]
    return Case(name="rfc_expander", component=lambda: RfcExpander(5), sources={"i": Source(beats=beats)},
                sinks={"o": Sink(beats=expected, tensor="vectors", axes=[("vector", len(expected))])})


def _row_store(context: Context) -> Case:
    """Two sequences through a store that is too small for some windows of rows, with rings that just hold one.

    One reader reads in order, one at random with tags.
    """
    design, index = context.design, context.identity
    block, folding = context.block(index)
    rows = np.concatenate([context.x(index)[0][:8], context.x(index)[-1][-8:]])
    frames = len(rows) // 2
    sequences = rows.reshape(2, frames, *rows.shape[1:])
    usage = window_usage(row_usage(sequences), block.x_window).reshape(len(rows), -1)
    depths = tuple(max(1, int(depth)) for depth in np.quantile(usage, 0.75, axis=0))
    cfg = RowStoreConfig(
        frames=frames, rows=folding.x_rows, joints=design.joints, banks=block.in_banks, depths=depths, tags=(0, 3),
        window=block.x_window, rings=tuple(depth + 1 for depth in depths)
    )
    stored = [store(sequence, depths, cfg.window) for sequence in sequences]
    rng = context.rng("row_store")
    places = [(joint, bank) for joint in range(cfg.joints) for bank in range(cfg.banks)]
    requests: tuple[list, list] = ([], [])
    responses: tuple[list, list] = ([], [])
    lost = sticky = 0  # the flag stays set up to the end of the sequence
    for number, (kept, lost_here) in enumerate(zip(*(np.concatenate(parts) for parts in zip(*stored)))):
        sticky = (number % frames != 0 and sticky) or bool(lost_here)
        lost += int(lost_here)
        words = split_banks(kept)
        for reader, order in enumerate((places, [places[n] for n in rng.permutation(len(places))])):
            for joint, bank in order:
                tag = int(rng.integers(8)) if reader else 0
                requests[reader].append({"slot": number % cfg.rows, "joint": joint, "bank": bank, "tag": tag})
                responses[reader].append({**response(words[joint, bank], sticky), "tag": tag})
    reads = len(places)  # of a row
    # A row is read when the window that begins with it is complete, or its sequence.
    newest = [min(n + cfg.window, n - n % frames + frames) for n in range(len(rows))]
    row_of = [{"row_done": newest[n // reads]} for n in range(len(rows) * reads)]
    release = [{f"rsp{reader}": (n + 1) * reads for reader in range(2)} for n in range(len(rows))]
    axes = [("row", len(rows)), ("read", reads)]
    return Case(
        name="row_store",
        component=lambda: RowStore(cfg),
        events=["row_done"],
        levels={"overflow_count": lost},
        sources={
            "i": Source(beats=vectors(rows)),
            "release": Source(beats=release, needs=release, pulse=True),
            **{f"req{reader}": Source(beats=requests[reader], needs=row_of) for reader in range(2)},
        },
        sinks={
            f"rsp{reader}": Sink(beats=responses[reader], tensor=f"reader {reader}", axes=axes) for reader in range(2)
        },
    )


def row_words(rows, slots: int, overflow=0) -> list[tuple[dict, dict]]:
    """Request and response of every vector of a store that holds ``rows`` (R, V, C) in the slots from 0 on."""
    words = []
    for slot, row in enumerate(rows[:slots]):
        for joint, banks in enumerate(split_banks(row)):
            words += [({"slot": slot, "joint": joint, "bank": bank}, response(dense, overflow))
                      for bank, dense in enumerate(banks)]
    return words


def _shortcut(context: Context) -> Case:
    """The shortcut into H: slices in the output order of the 1x1 array."""
    index = context.identity
    block, folding = context.block(index)
    rows = context.rows(index, "x_stored", folding.x_rows)
    joints, width = rows.shape[1], folding.h_width
    groups = -(-block.in_channels // width)
    cfg = ShortcutConfig(
        rows=folding.x_rows,
        joints=joints,
        banks=block.in_banks,
        width=width,
        groups=groups,
        conv_joints=folding.conv_joints,
        pass_groups=min(groups, max(1, 2 * folding.conv_pairs // width)),
    )
    order = conv_order(joints, groups, cfg.conv_joints, cfg.pass_groups)
    slots = [n % len(rows) for n in range(len(rows) + 3)]
    expected = []
    for slot in slots:
        dense = split_banks(rows[slot]).reshape(joints, -1)
        expected += [{"res": dense[joint, group * width:(group + 1) * width].tolist()} for joint, group in order]
    return Case(
        name="shortcut_reader",
        component=lambda: ShortcutReader(cfg),
        sources={"row": Source(beats=[{"slot": s} for s in slots])},
        responders={"req": Responder(response="rsp", words=row_words(rows, cfg.rows))},
        sinks={
            "o": Sink(
                beats=expected, tensor=f"blocks.{index}.x_stored", axes=[("row", len(slots)), ("slice", len(order))]
            )
        },
    )


TEST_CASES: dict[str, CaseMaker] = {
    "rfc_encoder": _encoder,
    "rfc_decoder": _decoder,
    "rfc_expander": _expander,
    "row_store": _row_store,
    "shortcut_reader": _shortcut,
}
