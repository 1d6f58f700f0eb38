"""One document to five hundred agencies of one adapter."""

import pytest
from load import handed_over
from packages import Document
from waiting import wait_until
from world import World

SENDER = "000.00.00.G22"
COUNT = 500
RECIPIENTS = [f"H41.{index // 26 + 1:02}.{index % 26 + 1:02}" for index in range(COUNT)]


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    entries = [{"code": SENDER, "name": "Văn phòng Chính phủ", "system": "00.01.W00"},
               {"code": "H41", "name": "Ủy ban nhân dân tỉnh Nghệ An", "system": "00.41.W00"}]
    entries += [{"code": code, "name": f"Ủy ban nhân dân xã số {index}", "parent": "H41",
                 "system": "00.41.W00"} for index, code in enumerate(RECIPIENTS)]
    with World(tmp_path_factory.mktemp("world"), entries) as world:
        yield world


def test_a_circular_to_five_hundred_agencies_arrives_at_each_and_each_confirms(world):
    assert len(set(RECIPIENTS)) == COUNT
    document = Document(SENDER, RECIPIENTS, "circular-1")
    signed = world.sign(document)
    sender = world.agency(SENDER)
    sender.drop("circular", signed)
    sender.wait_for_receipt("circular", timeout=60)
    agencies = [world.agency(code) for code in RECIPIENTS]
    wait_until(lambda: all(handed_over(agency) for agency in agencies),
               lambda: f"copies: {sum(map(handed_over, agencies))} of {COUNT}", 90)
    sender.wait_for_recipient_receipts("circular", "delivered", RECIPIENTS, timeout=90)
    for agency in agencies:
        [copy] = agency.delivered()
        assert copy.package == signed, agency.code
