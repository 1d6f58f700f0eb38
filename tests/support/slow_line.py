"""A line between an adapter and the hub that the test can hold up or cut, below TLS."""

import socket
import threading

CHUNK = 65536


class SlowLine:
    """Forwards connections from its own port to `target`. `sent` and `received` count the octets that
    went towards the target and back since the last hold or release. After `hold_after(n)` nothing
    more goes on once n octets were sent, after `hold_back_after(n)` once n came back, until
    `let_go()`."""

    def __init__(self, target):
        self.target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._state = threading.Condition()
        self._count = {"sent": 0, "received": 0}
        self._limit = {}
        self._closing = False
        self._sockets = set()
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def sent(self):
        return self._count["sent"]

    @property
    def received(self):
        return self._count["received"]

    def hold_after(self, octets):
        self._set({"sent": octets})

    def hold_back_after(self, octets):
        self._set({"received": octets})

    def let_go(self):
        self._set({})

    def _set(self, limit):
        with self._state:
            self._count = {"sent": 0, "received": 0}
            self._limit = limit
            self._state.notify_all()

    def is_holding(self):
        with self._state:
            return any(self._is_over(way) for way in self._limit)

    def _is_over(self, way):
        return way in self._limit and self._count[way] >= self._limit[way]

    def cut(self):
        """Breaks every connection; new ones are taken as before."""
        with self._state:
            sockets, self._sockets = self._sockets, set()
        for one in sockets:
            end(one)

    def close(self):
        with self._state:
            self._closing = True
            self._state.notify_all()
        self._listener.close()
        self.cut()

    def _accept(self):
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            try:
                far = socket.create_connection(("127.0.0.1", self.target), timeout=10)
            except OSError:
                near.close()
                continue
            far.settimeout(None)
            with self._state:
                self._sockets.update((near, far))
            for source, sink, way in ((near, far, "sent"), (far, near, "received")):
                threading.Thread(target=self._forward, args=(source, sink, way),
                                 daemon=True).start()

    def _forward(self, source, sink, way):
        try:
            while octets := source.recv(CHUNK):
                if not self._pass(way, len(octets)):
                    break
                sink.sendall(octets)
        except OSError:
            pass
        end(source)
        end(sink)

    def _pass(self, way, count):
        with self._state:
            self._state.wait_for(lambda: self._closing or not self._is_over(way))
            self._count[way] += count
            return not self._closing


def end(one):
    try:
        one.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
