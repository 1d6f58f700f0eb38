"""A hub whose network goes away: packets that never come, and no reset that would tell anybody."""

import time

import pytest
from conftest import AWAY
from load import (DirectLoad, DroppedLoad, check_delivered_exactly_once, deliveries_of,
                  make_documents, seeded, wait_for_deliveries)
from several_hubs import codes_of_systems, recorded, server_of, wait_for_members
from waiting import wait_until

pytestmark = pytest.mark.kafka

HANDED_OVER_SECONDS = 10
ADAPTERS_SECONDS = 90  # below the deadline of a request, which would end the waiting, too


@pytest.mark.parametrize("end", ["cut_here", "cut_there"])
def test_a_hub_that_is_cut_off_hands_its_mailboxes_over_in_time_and_nothing_is_lost(
        world, cluster, line, end):
    away = next(hub for hub in world.hubs if hub.hub_id == AWAY)
    others = [hub for hub in world.hubs if hub is not away]
    codes = codes_of_systems(world)
    its_own = [code for code in codes if server_of(world, code) is away]
    assert its_own, f"{AWAY} serves no system: let another hub be away"
    dice = seeded()
    load = DirectLoad(world, make_documents(world, dice, 80, "direct"), hubs=others)
    dropped = DroppedLoad(world, make_documents(world, dice, 40, "dropped"))
    load.start()
    try:
        dropped.drop()
        wait_until(lambda: load.count() >= 20, "some receipts")
        getattr(line, end)()
        cut = time.monotonic()
        for code in codes:
            wait_until(lambda code=code: server_of(world, code, others),
                       f"the mailbox of {code} at one of the others", 2 * HANDED_OVER_SECONDS)
        assert time.monotonic() - cut < HANDED_OVER_SECONDS
        # By then, not only some time, it shows nothing any more.
        assert away.server.said("hub.not_serving"), away.server.log_tail()
        load.wait()
        dropped.wait()
        documents = [document for document, _ in load.todo] + dropped.documents
        # Adapters that listened at the hub that is away have found another.
        wait_for_deliveries(world, documents, ADAPTERS_SECONDS)
    finally:
        load.stop()
        line.mend()
    wait_for_members(world, 3)
    check_delivered_exactly_once(world, documents, load.signed | dropped.signed)
    for document, octets in load.todo[:10]:
        answer = world.client_of(document.sender, away).submit(octets)
        assert (answer.status, answer.body) == (200, load.receipts[document.document_id])
    wait_until(lambda: recorded(cluster, world.prefix) == deliveries_of(documents),
               "all of it on the topics of the levels")
