"""What several hubs that share the work say about themselves and about each other."""

from waiting import wait_until

MEMBERS_SECONDS = 60


def metric(world, hub, name):
    client = world.operator_client(hub)
    try:
        text = client.get("/metrics").body.decode()
    finally:
        client.close()
    return next(float(line.split()[1]) for line in text.splitlines()
                if line.startswith(name + " "))


def is_serving(world, hub):
    return metric(world, hub, "truc_hub_serving") == 1


def wait_for_members(world, count):
    """Until every hub that is up serves, and knows of so many."""
    for hub in world.hubs:
        if hub.server.is_up():
            wait_until(lambda: metric(world, hub, "truc_hub_members") == count
                       and is_serving(world, hub),
                       f"{count} hubs as {hub.hub_id} sees them", MEMBERS_SECONDS)


def mailbox_answer(world, hub, code):
    """The hub's answer about the agency's mailbox, or None when it does not answer."""
    client = world.client_of(code, hub)
    try:
        return client.get("/v1/mailbox?wait=0&max=1")
    except OSError:
        return None
    finally:
        client.close()


def server_of(world, code):
    """The hub that serves the agency's system, or None; two are a failure."""
    serving = [hub for hub in world.hubs if hub.server.is_up()
               and (answer := mailbox_answer(world, hub, code)) and answer.status == 200]
    assert len(serving) <= 1, f"{[hub.hub_id for hub in serving]} serve {code}"
    return serving[0] if serving else None
