"""Reads the Prometheus text format 0.0.4 strictly: whatever a scraper would stumble over fails."""

import re
from dataclasses import dataclass, field

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
HEAD = re.compile(rf"^# (HELP|TYPE) ({NAME}) (.+)$")
SAMPLE = re.compile(rf"^({NAME})(?:\{{(.*)\}})? (\S+)$")
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\["\\n])*)"(?:,|$)')
KINDS = {"counter", "gauge", "histogram"}


@dataclass
class Family:
    name: str
    kind: str = ""
    help: str = ""
    samples: dict = field(default_factory=dict)  # (name, labels as a frozenset) → value


def read_labels(text):
    labels, end = {}, 0
    for match in LABEL.finditer(text or ""):
        assert match.start() == end, f"labels {text!r}"
        assert match[1] not in labels, f"label {match[1]} twice in {text!r}"
        labels[match[1]] = match[2]
        end = match.end()
    assert end == len(text or ""), f"labels {text!r}"
    return frozenset(labels.items())


def family_name(name, families):
    for suffix in ("_bucket", "_sum", "_count"):
        base = name.removesuffix(suffix)
        if base != name and base in families and families[base].kind == "histogram":
            return base
    return name


def read_exposition(text):
    """The families by name. Fails on anything malformed."""
    assert text.endswith("\n")
    families = {}
    for line in text.splitlines():
        if match := HEAD.match(line):
            family = families.setdefault(match[2], Family(match[2]))
            assert not family.samples, f"{line!r} stands after its samples"
            member = {"HELP": "help", "TYPE": "kind"}[match[1]]
            assert not getattr(family, member), f"{line!r} stands twice"
            setattr(family, member, match[3])
            continue
        match = SAMPLE.match(line)
        assert match, f"not a sample: {line!r}"
        family = families[family_name(match[1], families)]
        key = (match[1], read_labels(match[2]))
        assert key not in family.samples, f"{line!r} stands twice"
        family.samples[key] = float(match[3])
    for family in families.values():
        check_family(family)
    return families


def check_family(family):
    assert family.kind in KINDS, family
    assert family.help, family.name
    assert family.samples, f"{family.name} has no sample"
    if family.kind == "counter":
        assert family.name.endswith("_total"), family.name
        assert all(value >= 0 for value in family.samples.values()), family.name
    if family.kind == "histogram":
        check_histogram(family)


def check_histogram(family):
    series = {}
    for (name, labels), value in family.samples.items():
        if name.endswith("_bucket"):
            bound = dict(labels)["le"]
            rest = frozenset(pair for pair in labels if pair[0] != "le")
            series.setdefault(rest, []).append((float(bound), value))
    assert series, family.name
    for labels, buckets in series.items():
        buckets.sort()
        counts = [count for _, count in buckets]
        assert counts == sorted(counts), f"{family.name}: buckets fall"
        assert buckets[-1][0] == float("inf"), f"{family.name}: no +Inf"
        assert family.samples[(family.name + "_count", labels)] == counts[-1]
        assert (family.name + "_sum", labels) in family.samples
