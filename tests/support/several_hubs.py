"""Several hubs that share the work, and what they say about themselves and about each other."""

from kafka_cluster import LEVELS
from waiting import wait_until
from world import World

MEMBERS_SECONDS = 120


class SharedWorld(World):
    """Its hubs have one journal on `cluster`; its topics begin with `prefix`."""

    def __init__(self, folder, cluster, prefix, hubs, **options):
        self.cluster = cluster
        self.prefix = prefix
        super().__init__(folder, fanout=fanout(cluster, prefix), hubs=hubs, **options)


def fanout(cluster, prefix):
    return (f'[fanout]\nkind = "kafka"\nbootstrap = "{cluster.bootstrap}"\n'
            f'acknowledge = "replicated"\njournal = "{prefix}journal"\n'
            f'topic_prefix = "{prefix}"\npartitions = 2')


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


def wait_for_members(world, count, hubs=None):
    """Until every hub that is up, or each of these, serves, and knows of so many; and, unless it is
    about some of them, until each system is served."""
    for hub in hubs or world.hubs:
        if hub.server.is_up():
            wait_until(lambda hub=hub: metric(world, hub, "truc_hub_members") == count
                       and is_serving(world, hub),
                       lambda hub=hub: f"{count} hubs as {hub.hub_id} sees them\n{world.logs()}",
                       MEMBERS_SECONDS)
    for code in codes_of_systems(world) if hubs is None else ():
        wait_until(lambda code=code: server_of(world, code), f"a hub that serves {code}",
                   MEMBERS_SECONDS)


def codes_of_systems(world):
    """An agency of each system."""
    return [codes[0] for codes in world.systems.values()]


def mailbox_answer(world, hub, code):
    """The hub's answer about the agency's mailbox, or None when it does not answer."""
    client = world.client_of(code, hub)
    try:
        return client.get("/v1/mailbox?wait=0&max=1")
    except OSError:
        return None
    finally:
        client.close()


def server_of(world, code, hubs=None):
    """The hub, of all or of these, that serves the agency's system, or None; two at one time are a
    failure."""
    def serves(hub):
        answer = hub.server.is_up() and mailbox_answer(world, hub, code)
        return bool(answer) and answer.status == 200

    serving = [hub for hub in hubs or world.hubs if serves(hub)]
    # Between two questions it may have gone from one to the next; but then not back.
    still = [hub.hub_id for hub in serving[:-1] if serves(hub)]
    assert not still, f"{still} and {serving[-1].hub_id} serve {code}"
    return serving[-1] if serving else None


def recorded(cluster, prefix, client=None):
    """(DocumentId, recipient) of every document on the topics of the levels."""
    return {(value["document_id"], key) for level in LEVELS
            for key, value in cluster.records(level, prefix, client)
            if value["kind"] == "document"}
