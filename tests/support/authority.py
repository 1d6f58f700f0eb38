"""The test's certificate authority: truc-pki, as a pilot would use it. Keys live for one run."""

import shutil
from pathlib import Path

from namespace import HERE, Namespace
from programs import ROOT, run_well

TRUC_PKI = ROOT / "pki/ca/truc-pki"


class Authority:
    """Makes what is asked for unless it is there. With `origin` it begins as a copy of that one."""

    def __init__(self, folder, origin=None):
        self.folder = Path(folder)
        if origin is None:
            self._pki("init")
        else:
            shutil.copytree(origin.folder, self.folder)

    def _pki(self, command, *arguments):
        run_well([TRUC_PKI, command, self.folder, *arguments], timeout=180)

    def hub(self, hub_id):
        folder = self.folder / "hub" / hub_id
        if not folder.exists():
            self._pki("hub", hub_id, "--dns", "localhost", "--ip", HERE.address,
                      "--ip", Namespace.address)
        return folder

    def system(self, system, agencies):
        folder = self.folder / "systems" / system
        if not folder.exists():
            self._pki("system", system, *agencies)
        return folder

    def client(self, folder, *uris, days=1):
        """A TLS client's key and chain that no command of truc-pki would make; expired with days=-1."""
        folder.mkdir()
        ca = self.folder / "ca"
        names = ",".join(f"URI:urn:truc:{uri}" for uri in uris)
        (folder / "ext").write_text(f"subjectAltName={names}\nkeyUsage=critical,digitalSignature\n"
                                    "extendedKeyUsage=clientAuth\n")
        run_well(["openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc",
                  "-keyout", folder / "tls.key", "-out", folder / "csr", "-subj", "/CN=client"])
        leaf = run_well(["openssl", "x509", "-req", "-in", folder / "csr", "-CA", ca / "issuing.pem",
                         "-CAkey", ca / "issuing.key", "-days", str(days),
                         "-extfile", folder / "ext"]).stdout
        (folder / "tls.chain.pem").write_text(leaf + (ca / "issuing.pem").read_text())
        return folder

    def agencies(self, codes, kind="--ec"):
        missing = [code for code in codes if not (self.folder / "agencies" / code).exists()]
        if missing:
            self._pki("agency", *missing, kind)

    def operator(self, name):
        folder = self.folder / "operators" / name
        if not folder.exists():
            self._pki("operator", name)
        return folder

    def revoke(self, chain):
        self._pki("revoke", chain)

    @property
    def anchors(self):
        return self.folder / "anchors.pem"

    @property
    def lists(self):
        return sorted((self.folder / "crl").glob("*.pem"))

    def signing(self, code):
        """Key and chain with which an agency signs."""
        folder = self.folder / "agencies" / code
        return folder / "sign.key", folder / "sign.chain.pem"
