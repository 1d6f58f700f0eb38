"""NIST's Public Key Interoperability Test Suite (PKITS): what RFC 5280 accepts and refuses, judged by
truc-verify. The names of the certificates say which: Valid…EE and Invalid…EE."""

import functools
import re
import subprocess
import zipfile

import pytest
from programs import ROOT, program, run

ANCHOR = "TrustAnchorRootCertificate"
AT = "2020-06-01T00:00:00.000Z"  # when all of the suite that should be is in force
# The suite's own policies: where a path is about policies, its leaf allows one of them.
POLICIES = [f"--policy=2.16.840.1.101.3.2.1.48.{number}" for number in range(1, 7)]
ABOUT_POLICIES = re.compile("PolicyMapping|nhibitAnyPolicy|requireExplicitPolicyTest4")

# Valid by RFC 5280 and refused by us: which, and what we say.
NOT_TAKEN = {
    "ValidDSA": "dsaWithSHA1",
    "ValidbasicConstraintsNotCritical": "not marked critical",
    "ValidIDPwithindirectCRLTest2[45]": "unable to get certificate CRL|different CRL scope",
    "ValidcRLIssuer": "unable to get certificate CRL|different CRL scope",
}


def unpacked():
    [package] = (ROOT / "build/vectors").glob("cryptography_vectors-*.whl")
    folder = package.with_suffix("")
    if not folder.exists():
        zipfile.ZipFile(package).extractall(folder)
    return folder / "cryptography_vectors/x509/PKITS_data"


PKITS = unpacked()


def openssl(*arguments):
    return subprocess.run(["openssl", *arguments], capture_output=True, text=True,
                          check=True).stdout


@functools.cache
def names(kind, path):
    """Subject and issuer of a certificate, issuer of a list, as digests of their canonical form."""
    asked = ["-subject_hash", "-issuer_hash"] if kind == "x509" else ["-hash"]
    return openssl(kind, "-inform", "DER", "-in", str(path), "-noout", *asked).split()


@functools.cache
def authorities():
    found = {}
    for path in sorted((PKITS / "certs").glob("*.crt")):
        if not path.stem.endswith("EE") and path.stem != ANCHOR:
            found.setdefault(names("x509", path)[0], []).append(path)
    return found


@functools.cache
def lists():
    found = {}
    for path in sorted((PKITS / "crls").glob("*.crl")):
        found.setdefault(names("crl", path)[0], []).append(path)
    return found


def path_of(leaf):
    """The leaf, and whatever authorities can stand above it."""
    path, pending = [leaf], [names("x509", leaf)[1]]
    while pending:
        for above in authorities().get(pending.pop(), []):
            if above not in path:
                path.append(above)
                pending.append(names("x509", above)[1])
    return path


def judge(leaf, folder, *options):
    chain = folder / "chain.pem"
    path = path_of(leaf)
    chain.write_text("".join(openssl("x509", "-inform", "DER", "-in", str(one)) for one in path))
    anchor = folder / "anchor.pem"
    anchor.write_text(openssl("x509", "-inform", "DER", "-in", str(PKITS / f"certs/{ANCHOR}.crt")))
    issuers = {names("x509", one)[1] for one in path}
    crls = [f"--crl={one}" for issuer in sorted(issuers) for one in lists().get(issuer, [])]
    return run([program("truc-verify"), "--anchor", anchor, *crls, "--at", AT, "--language", "en",
                *options, chain])


LEAVES = sorted((PKITS / "certs").glob("*EE.crt"))


@pytest.mark.parametrize("leaf", [leaf for leaf in LEAVES if leaf.stem.startswith("Invalid")],
                         ids=lambda leaf: leaf.stem)
def test_what_is_invalid_is_refused(leaf, tmp_path):
    done = judge(leaf, tmp_path)
    assert done.returncode != 0, done.stdout


def reason_not_taken(leaf):
    return next((reason for name, reason in NOT_TAKEN.items() if re.match(name, leaf.stem)), None)


@pytest.mark.parametrize("leaf", [leaf for leaf in LEAVES if leaf.stem.startswith("Valid")],
                         ids=lambda leaf: leaf.stem)
def test_what_is_valid_is_accepted(leaf, tmp_path):
    options = POLICIES if ABOUT_POLICIES.search(leaf.stem) else []
    done = judge(leaf, tmp_path, *options)
    if reason := reason_not_taken(leaf):
        assert done.returncode != 0
        assert re.search(reason, done.stdout + done.stderr), done.stdout + done.stderr
    else:
        assert done.returncode == 0, done.stdout + done.stderr
