"""The authority's revocation list and responder on loopback, as a recognised authority offers them."""

import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from programs import run_well
from world import toml


class OnlineAuthority:
    """Serves /issuing.crl, always the newest list, and /ocsp, which knows every certificate issued.
    `answer` replaces what it says: a function of the true bytes, or None for an error 503."""

    def __init__(self):
        self.authority = None
        self.answer = lambda true_bytes: true_bytes
        self.asked = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                outer.serve(self, "application/pkix-crl", outer.list_in_der)

            def do_POST(self):
                request = self.rfile.read(int(self.headers["Content-Length"]))
                outer.serve(self, "application/ocsp-response", lambda: outer.respond(request))

            def log_message(self, *arguments):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.lock = threading.Lock()

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *ignored):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.server_port}"

    def settings(self, authority, *, crl, ocsp, grace="24h"):
        """The hub's: the root's list is a file, the issuing authority is asked."""
        self.authority = authority
        [root_list] = [path for path in authority.lists if path.name.startswith("root")]
        lines = [f'crls = {toml([str(root_list)])}', 'refresh = "10s"',
                 f'revocation_grace = "{grace}"', '[[trust.source]]',
                 f'issuer = {toml(str(authority.folder / "ca/issuing.pem"))}']
        if crl:
            lines.append(f'crl = "{self.url}/issuing.crl"')
        if ocsp:
            lines.append(f'ocsp = "{self.url}/ocsp"')
        return "\n".join(lines)

    def serve(self, handler, content_type, true_bytes):
        with self.lock:
            self.asked.append(handler.path)
            body = self.answer(true_bytes())
        handler.send_response(503 if body is None else 200)
        handler.send_header("Content-Type", content_type)
        handler.send_header("Content-Length", str(len(body or b"")))
        handler.end_headers()
        handler.wfile.write(body or b"")

    def list_in_der(self):
        return subprocess.run(["openssl", "crl", "-in", self.authority.folder / "crl/issuing.crl.pem",
                               "-outform", "DER"], capture_output=True, check=True).stdout

    def respond(self, request):
        ca = self.authority.folder / "ca"
        files = {name: ca / f"ocsp.{name}" for name in ("index", "request", "response")}
        good = [f"V\t491231235959Z\t\t{path.stem.upper()}\tunknown\t/CN={path.stem}\n"
                for path in (ca / "issued").glob("*.pem")]
        revoked = (ca / "issuing.index").read_text()
        serials = {line.split("\t")[3] for line in revoked.splitlines()}
        files["index"].write_text(
            "".join(line for line in good if line.split("\t")[3] not in serials) + revoked)
        files["request"].write_bytes(request)
        run_well(["openssl", "ocsp", "-index", files["index"], "-CA", ca / "issuing.pem",
                  "-rsigner", ca / "issuing.pem", "-rkey", ca / "issuing.key",
                  "-reqin", files["request"], "-respout", files["response"], "-nmin", "60"])
        return files["response"].read_bytes()
