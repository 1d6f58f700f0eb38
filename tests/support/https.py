"""Asks the hub directly, with a client certificate, as an adapter of another make would."""

import hashlib
import http.client
import json
import socket
import ssl
import struct
import urllib.parse
from dataclasses import dataclass

PART = 4 * 1024 * 1024
ANSWER_SECONDS = 60


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict  # names in lower case
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def content_type(self):
        return self.headers.get("content-type", "").split(";")[0]


def tls_context(anchors, credential=None):
    """Trusts `anchors`; presents tls.key and tls.chain.pem of the folder `credential`, if any."""
    context = ssl.create_default_context(cafile=str(anchors))
    if credential is not None:
        context.load_cert_chain(credential / "tls.chain.pem", credential / "tls.key")
    return context


def cut(line):
    """Ends a line with a reset, as a peer that crashed does."""
    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    line.close()


def submission_head(package, length=None):
    """The head of a POST of this package, to be sent octet by octet, or cut off."""
    return (f"POST /v1/documents HTTP/1.1\r\nHost: hub\r\nContent-Type: application/xml\r\n"
            f"Content-Length: {len(package) if length is None else length}\r\n\r\n").encode()


class Client:
    """One kept connection. Not for several threads at once."""

    def __init__(self, port, context, host="127.0.0.1"):
        self.host = host
        self.port = port
        self.context = context
        self.patience = ANSWER_SECONDS
        self._connection = None

    def close(self):
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def ask(self, method, target, body=None, headers=None):
        if self._connection is None:
            self._connection = http.client.HTTPSConnection(
                self.host, self.port, timeout=self.patience, context=self.context)
        try:
            self._connection.request(method, target, body=body, headers=headers or {})
            answer = self._connection.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException):
            self.close()
            raise
        if answer.will_close:
            self.close()
        fields = {name.lower(): value for name, value in answer.getheaders()}
        return Answer(answer.status, fields, content)

    def line(self):
        """A connection of its own on which nothing has been said; close it."""
        plain = socket.create_connection((self.host, self.port), timeout=self.patience)
        return self.context.wrap_socket(plain, server_hostname=self.host)

    def ask_exactly(self, octets):
        """Sends these octets on a connection of their own and returns the first octets of whatever
        comes back, b"" when the hub only closes. Nothing more is sent: what the octets promise
        beyond their end never comes."""
        with self.line() as line:
            line.sendall(octets)
            return line.recv(65536)

    def send_and_vanish(self, octets):
        """Sends these octets on a connection of their own and cuts it."""
        with self.line() as line:
            line.sendall(octets)

    def get(self, target, **headers):
        return self.ask("GET", target, headers=headers)

    def submit(self, package, kind="documents"):
        return self.ask("POST", f"/v1/{kind}", package, {"Content-Type": "application/xml"})

    def upload(self, content, part=PART):
        """Puts an attachment in parts; returns its digest."""
        digest = hashlib.sha256(content).hexdigest()
        for first in range(0, len(content), part):
            piece = content[first:first + part]
            answer = self.put_part(digest, piece, first, len(content))
            assert answer.status == 200, answer.body
        return digest

    def put_part(self, digest, piece, first, total):
        span = f"bytes {first}-{first + len(piece) - 1}/{total}"
        return self.ask("PUT", f"/v1/attachments/{digest}", piece, {"Content-Range": span})

    def mailbox(self, agency=None, wait=0, maximum=64):
        target = f"/v1/mailbox?wait={wait}&max={maximum}"
        if agency is not None:
            target += "&agency=" + urllib.parse.quote(agency)
        answer = self.get(target)
        assert answer.status == 200, answer.body
        return answer.json["entries"]

    def history(self, transfer):
        answer = self.get(f"/v1/documents/{transfer}")
        assert answer.status == 200, answer.body
        return answer.json
