"""Where a program runs: here, or in a network of its own that a line joins to this one."""

import subprocess

from programs import run_well
from waiting import wait_until


class Here:
    address = "127.0.0.1"

    def enter(self, argv):
        return argv


HERE = Here()


class Namespace:
    """A network with one line to this one. Needs to be root in this one, as `unshare
    --map-root-user --net` makes one be."""
    address = "10.77.0.2"  # of what runs there
    here = "10.77.0.1"     # of this side
    near, far = "truc-near", "truc-far"

    def __init__(self):
        # What keeps it until close().
        self._holder = subprocess.Popen(["unshare", "--net", "sleep", "infinity"],
                                        stdin=subprocess.DEVNULL)
        wait_until(self._is_apart, "a network namespace")
        self._ip("link", "add", self.near, "type", "veth", "peer", "name", self.far,
                 "netns", str(self._holder.pid))
        self._ip("addr", "add", f"{self.here}/24", "dev", self.near)
        self._ip_there("addr", "add", f"{self.address}/24", "dev", self.far)
        self._ip_there("link", "set", "lo", "up")
        self.mend()

    def _is_apart(self):
        def network(pid):
            return run_well(["readlink", f"/proc/{pid}/ns/net"]).stdout
        return network(self._holder.pid) != network("self")

    def _ip(self, *words):
        run_well(["ip", *words])

    def _ip_there(self, *words):
        run_well(self.enter(["ip", *words]))

    def enter(self, argv):
        return ["nsenter", "--net", f"--target={self._holder.pid}", "--", *argv]

    def cut_here(self):
        """What is sent from there is lost without a word; who sends from here is told."""
        self._ip("link", "set", self.near, "down")

    def cut_there(self):
        """What is sent from here is lost without a word; who sends from there is told."""
        self._ip_there("link", "set", self.far, "down")

    def mend(self):
        self._ip("link", "set", self.near, "up")
        self._ip_there("link", "set", self.far, "up")

    def close(self):
        self._holder.kill()
        self._holder.wait()
