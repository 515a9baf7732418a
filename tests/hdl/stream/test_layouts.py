"""Widths and field order of the payloads: what emitted ports, test cases and drivers rely on."""

import pytest

from hypgcn.stream import layouts


@pytest.mark.parametrize("layout,fields", [
    (layouts.dense_layout(), {"values": 128, "overflow": 1}),
    (layouts.vector_layout(), {"mask": 16, "values": 128, "overflow": 1}),
    (layouts.meta_vector_layout(3), {"vector": 145, "meta": 3}),
    (layouts.meta_dense_layout(0), {"dense": 129, "meta": 0}),
    (layouts.token_layout(5), {"channel": 4, "value": 8, "meta": 5, "last": 1}),
    (layouts.row_request_layout(12, 25, 4, 6), {"slot": 4, "joint": 5, "bank": 2, "tag": 6}),
    (layouts.row_request_layout(1, 1, 1, 0), {"slot": 1, "joint": 1, "bank": 1, "tag": 0}),
    (layouts.order_layout(5), {"lane": 3, "chosen": 5}),
    (layouts.row_response_layout(2), {"vector": 145, "empty": 1, "tag": 2}),
    (layouts.slot_layout(1), {"slot": 1}),
    (layouts.slot_layout(9), {"slot": 4}),
    (layouts.residual_layout(4), {"res": 32}),
    (layouts.marked_joint_layout(3), {"joint": 24, "zero": 1}),
    (layouts.person_joint_layout(3, 2), {"joint": 24, "person": 1}),
    (layouts.person_joint_layout(1, 1), {"joint": 8, "person": 1}),
    (layouts.person_layout(), {"absent": 1}),
    (layouts.result_layout(60, 30), {"index": 6, "score": 30, "last": 1, "overflow": 1}),
    (layouts.result_layout(1, 9), {"index": 1, "score": 9, "last": 1, "overflow": 1}),
])
def test_fields(layout, fields):
    """Fields in this order from bit 0 on, without holes."""
    assert {name: field.width for name, field in layout} == fields
    assert [field.offset for _, field in layout] == [sum(list(fields.values())[:n]) for n in range(len(fields))]
    assert layout.size == sum(fields.values())


def test_mini_banks_share_a_vector():
    assert layouts.MINI * layouts.MINI_BANKS == layouts.BANK
