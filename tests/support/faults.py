"""Faults in a process under test: it runs with libtruc_faults.so between itself and the C library,
which counts its steps on the disk and obeys orders (tests/support/faults/control.hpp).

    orders = Orders(server, below=hub.data)      # before the server starts
    orders.die_at("rename", 3, "before")         # SIGKILL before the third rename from now
    orders.fill_disk()
"""

import errno
import mmap
import os
import struct

from programs import program

STEPS = ("write", "resize", "sync_range", "sync_data", "sync_file", "sync_folder", "create_file",
         "rename", "link", "remove", "make_folder", "remove_folder")
SYNCS = ("sync_data", "sync_file", "sync_folder")
SIDES = ("before", "after")
MAGIC = 0x3273746c75616674
ORDERS = ("magic", "die_in", "die_at", "die_side", "failing", "failure", "room", "clock_shift",
          "cut", "died", "failed")
UNLIMITED = -1


class Orders:
    """For one server, over all its lives; what it counts goes on from life to life. `ports` are
    those to which its line can be cut."""

    def __init__(self, server, below, ports=()):
        path = server.log_path.with_suffix(".faults")
        path.write_bytes(struct.pack(f"<Q{len(ORDERS) + len(STEPS) - 1}q", MAGIC,
                                     *[0] * (len(ORDERS) + len(STEPS) - 1)))
        self._file = open(path, "r+b")
        self._shared = mmap.mmap(self._file.fileno(), 0)
        self.make_room()
        server.environment = {**os.environ, "LD_PRELOAD": program("libtruc_faults.so"),
                              "TRUC_FAULTS": str(path), "TRUC_FAULTS_ROOT": str(below),
                              "TRUC_FAULTS_PORTS": ",".join(map(str, ports))}

    def _set(self, name, value):
        struct.pack_into("<q", self._shared, 8 * ORDERS.index(name), value)

    def _get(self, name):
        return struct.unpack_from("<q", self._shared, 8 * ORDERS.index(name))[0]

    def die_at(self, step, count, side):
        """The process ends itself (SIGKILL) at the `count`-th step of this kind from now."""
        self._set("died", 0)
        self._set("die_in", 0)
        self._set("die_at", STEPS.index(step))
        self._set("die_side", SIDES.index(side))
        self._set("die_in", count)

    def stay_alive(self):
        self._set("die_in", 0)

    @property
    def died(self):
        """Whether the last order to die was carried out."""
        return self._get("died") == 1

    def fail(self, steps, error=errno.EIO):
        self._set("failure", error)
        self._set("failing", sum(1 << STEPS.index(step) for step in steps))

    def fill_disk(self, room=0):
        """The disk takes `room` octets more, and then refuses."""
        self._set("room", room)

    def make_room(self):
        self._set("room", UNLIMITED)

    def shift_clock(self, seconds):
        self._set("clock_shift", seconds)

    def cut_line(self):
        """No connection to the ports, old or new."""
        self._set("cut", 1)

    def mend_line(self):
        self._set("cut", 0)

    def heal(self):
        self.stay_alive()
        self.fail(())
        self.make_room()
        self.shift_clock(0)
        self.mend_line()

    @property
    def failed(self):
        """How many steps were made to fail so far."""
        return self._get("failed")

    @property
    def taken(self):
        """How many steps of each kind were taken so far."""
        counts = struct.unpack_from(f"<{len(STEPS)}q", self._shared, 8 * len(ORDERS))
        return dict(zip(STEPS, counts))


def order_all(world, ports=()):
    """Orders for every hub and every adapter of a world that has not been started yet, by name;
    `ports` are those of the hubs' line."""
    return {name: Orders(program.server, program.folder if name in world.adapters else program.data,
                         () if name in world.adapters else ports)
            for name, program in world.programs().items()}
