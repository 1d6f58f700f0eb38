"""What every refusal must say, held against the catalogue of error codes."""

import re
from dataclasses import dataclass

from programs import ROOT

ROW = re.compile(r'^TRUC_ERROR\((\d+), (\w+), (\d+), (\w+), \d+, "(.*?)", "(.*?)", "(.*?)", "(.*?)"\)$')


@dataclass(frozen=True)
class Entry:
    number: int
    name: str
    status: int
    retry: bool
    text: dict
    remedy: dict


def read_catalogue():
    entries = {}
    for line in (ROOT / "schemas/base/error_codes.def").read_text().splitlines():
        if row := ROW.match(line):
            number, name, status, retry, text_en, text_vi, remedy_en, remedy_vi = row.groups()
            entries[name] = Entry(int(number), name, int(status), retry == "later",
                                  {"vi": text_vi, "en": text_en},
                                  {"vi": remedy_vi, "en": remedy_en})
    return entries


CATALOGUE = read_catalogue()


def check_problem(problem, name, number, place=None, expected=None, found=None):
    """The problem is the one named, complete and in both languages. `place`, `expected` and `found`
    are what its members must contain."""
    entry = CATALOGUE[name]
    assert problem["name"] == name, problem
    assert problem["code"] == f"TRUC-{number}", problem
    assert entry.number == number, "the number of a code never changes"
    assert problem["type"] == f"urn:truc:error:{name}"
    assert problem["status"] == entry.status
    assert problem["retry"] is entry.retry
    assert problem["title"] == entry.text["en"]
    assert problem["text"] == entry.text
    assert problem["remedy"] == entry.remedy
    for member, wanted in (("place", place), ("expected", expected), ("found", found)):
        if wanted is not None:
            assert wanted in problem.get(member, ""), (member, problem)


def check_answer(answer, name, number, **places):
    """An HTTP answer is this refusal."""
    assert answer.content_type == "application/problem+json", (answer.status, answer.body)
    check_problem(answer.json, name, number, **places)
    assert answer.status == CATALOGUE[name].status
    assert ("retry-after" in answer.headers) == CATALOGUE[name].retry
