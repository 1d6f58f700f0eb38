"""Rules whose breach does harm and that no compiler knows. Each finding names the replacement.

  python3 tests/tidy/tidy.py          prints the findings of the whole tree, exits 1 if there are any

A rule is a function from one file to its findings; test_tidy.py runs each on the tree, and on lines
that it must find. The reasons stand in docs/style.md.
"""

import dataclasses
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PRODUCT = ("schemas", "pki", "hub", "edge-adapter")
NOT_OURS = {".git", "build", "run", "node_modules", "__pycache__", ".pytest_cache"}
FILE_BYTES_MAX = 4 * 1024 * 1024


@dataclasses.dataclass(frozen=True)
class Source:
    path: str  # from the root, with "/"
    text: str

    @property
    def is_cpp(self):
        return self.path.endswith((".cpp", ".hpp"))

    @property
    def is_product(self):
        return self.is_cpp and self.path.split("/")[0] in PRODUCT


@dataclasses.dataclass(frozen=True)
class Finding:
    path: str
    line: int
    text: str

    def __str__(self):
        return f"{self.path}:{self.line}: {self.text}"


def tree(root=ROOT):
    """Every text file of ours."""
    for path in sorted(root.rglob("*")):
        relative = path.relative_to(root)
        if NOT_OURS & set(relative.parts) or path.is_symlink() or not path.is_file():
            continue
        if path.stat().st_size > FILE_BYTES_MAX:
            continue
        try:
            yield Source(relative.as_posix(), path.read_text(encoding="utf-8"))
        except UnicodeDecodeError:
            continue


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def without_comments_and_literals(text):
    """The same text, same length and lines, with the inside of comments and literals blanked."""
    pattern = re.compile(
        r'//[^\n]*|/\*.*?\*/|R"(?P<mark>[^()\\ ]{0,16})\(.*?\)(?P=mark)"|"(?:\\.|[^"\\\n])*"'
        r"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'", re.DOTALL)
    return pattern.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), text)


# --- Which room may include which -----------------------------------------------------------------

PKI = ("pki/crypto", "pki/trust", "pki/signature", "pki/receipt")
DOMAIN = ("hub/ingest", "hub/routing", "hub/directory", "hub/mailbox", "hub/receipts")

# The most specific room counts. A room always sees itself.
MAY_INCLUDE = {
    "schemas/base": (),
    "schemas/telemetry": ("schemas/base",),
    "schemas/config": ("schemas/base",),
    "schemas/xml": ("schemas/base",),
    "schemas": ("schemas",),
    "pki/crypto": ("schemas",),
    "pki/trust": ("schemas", *PKI),
    "pki/signature": ("schemas", *PKI),
    "pki/receipt": ("schemas", *PKI),
    "pki": ("schemas", "pki"),
    "hub/ports": ("schemas", *PKI),
    "hub/store": ("schemas", *PKI, "hub/ports"),
    # The relay and the feeder are each one retrying thread.
    "hub/worker": ("schemas",),
    "hub/fanout": ("schemas", *PKI, "hub/ports", "hub/worker"),
    **{room: ("schemas", "pki", "hub/ports", *DOMAIN) for room in DOMAIN},
    "hub/mailbox": ("schemas", "pki", "hub/ports", "hub/worker", *DOMAIN),
    "hub/api": ("schemas", "pki", "hub/ports", *DOMAIN, "hub/dashboard"),
    "hub/dashboard": ("schemas", "pki", "hub/ports", *DOMAIN),
    "hub": ("schemas", "pki", "hub"),
    "edge-adapter": ("schemas", "pki", "edge-adapter"),
}

# A third-party header, and the only files that may include it.
CONFINED = {
    r"libxml/": r"schemas/xml/",
    r"openssl/": r"pki/(crypto|trust|signature|receipt|channel|ca)/",
    r"rocksdb/": r"hub/store/",
    r"librdkafka/": r"hub/fanout/",
    r"boost/beast": r"pki/channel/.*\.cpp$",
    r"boost/asio": r"(pki/channel|hub|edge-adapter)/",
    r"spdlog/": r"schemas/telemetry/log\.cpp$",
    r"prometheus/": r"schemas/telemetry/metrics\.cpp$",
    r"toml\+\+/": r"schemas/config/",
}


def is_in(path, room):
    return path == room or path.startswith(room + "/")


def room_of(path):
    rooms = [room for room in MAY_INCLUDE if is_in(path, room)]
    return max(rooms, key=len, default=None)


def includes(source):
    for match in re.finditer(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', source.text, re.MULTILINE):
        yield line_of(source.text, match.start(1)), match.group(1)


def include_direction(source):
    if not source.is_product:
        return
    room = room_of(source.path)
    for line, included in includes(source):
        top = included.split("/")[0]
        if top in ("tests", "bench"):
            yield Finding(source.path, line, f"the product does not include {top}/")
        if top not in PRODUCT or (room and is_in(included, room)):
            continue
        if room is None or not any(is_in(included, other) for other in MAY_INCLUDE[room]):
            yield Finding(source.path, line, f"{room or source.path} may not include {included}; "
                                             "go through a port, or move the code up")


def confinement(source):
    if not source.is_product:
        return
    for line, included in includes(source):
        for header, place in CONFINED.items():
            if re.match(header, included) and not re.match(place, source.path):
                yield Finding(source.path, line, f"<{included}> stays within {place}; forward-declare "
                                                 "its types, or ask that room for a function")


# --- Coroutines -----------------------------------------------------------------------------------

BEFORE_BLOCK = re.compile(r"(\)|\b(else|do|try|const|noexcept|override|mutable)|[>:;{}]|->[^(){};]*)\s*$")
HARMLESS_CAPTURE = re.compile(r"\[\s*(|&|this|(&\s*\w+|this)(\s*,\s*(&\s*\w+|this))*)\s*\]$")


def opens_block(text, brace):
    """Whether the brace at this offset opens a block of statements rather than an initializer."""
    return BEFORE_BLOCK.search(text[max(0, brace - 200):brace]) is not None


def lambda_before(text, brace):
    """The capture of the lambda whose body opens here, or None."""
    match = re.search(r"(\[[^\[\]]*\])\s*(\([^()]*\))?\s*(mutable|noexcept)?\s*(->[^{;]*)?$",
                      text[:brace][-300:])
    return match.group(1) if match else None


def braces_after(text, offset):
    """The brace that stands in the rest of the statement that `offset` is in, or None."""
    depth, position = 0, offset
    while position < len(text):
        char = text[position]
        if char in "([":
            depth += 1
        elif char in ")]":
            depth -= 1
            if depth < 0:
                return None
        elif char == ";" and depth == 0:
            return None
        elif char == "{":
            capture = lambda_before(text, position)
            if capture is None or not HARMLESS_CAPTURE.search(capture):
                return position
            position = end_of_braces(text, position)
        elif char == "}":
            return None
        position += 1
    return None


def end_of_braces(text, brace):
    depth = 0
    for position in range(brace, len(text)):
        depth += {"{": 1, "}": -1}.get(text[position], 0)
        if depth == 0:
            return position
    return len(text)


def brace_around(text, offset):
    """The initializer's brace that encloses `offset` within its statement, or None."""
    depth = 0
    for position in range(offset - 1, -1, -1):
        char = text[position]
        if char == "}":
            depth += 1
        elif char == "{":
            if depth == 0:
                return None if opens_block(text, position) else position
            depth -= 1
        elif char == ";" and depth == 0:
            return None
    return None


# It asks a compiler about exactly these forms.
COROUTINE_PROBE = "deploy/cmake/coroutine_probe.cpp"


def hoist(source):
    if not source.is_cpp or source.path == COROUTINE_PROBE:
        return
    text = without_comments_and_literals(source.text)
    for match in re.finditer(r"\bco_await\b", text):
        if braces_after(text, match.end()) is not None or brace_around(text, match.start()) is not None:
            yield Finding(source.path, line_of(text, match.start()),
                          "braces in a statement with co_await; give the value a name first "
                          "(g++ 12 destroys it twice, docs/adr/0001-compiler.md)")


def detached(source):
    if not source.is_cpp:
        return
    text = without_comments_and_literals(source.text)
    for match in re.finditer(r"\basio::detached\b|\busing\s+[\w:]*::detached\b", text):
        yield Finding(source.path, line_of(text, match.start()),
                      "asio::detached swallows failures; spawn through a TaskGroup")


# --- Handles, keys, paths ---------------------------------------------------------------------------

RELEASE = re.compile(r"\b(?!std::)(\w+_free(_all)?|xmlFree\w*|xml\w+Free|rd_kafka\w*_destroy(_flags)?)\s*\(")


def naked_release(source):
    if not source.is_product or re.search(r"handles\.(hpp|cpp)$", source.path):
        return
    text = without_comments_and_literals(source.text)
    for match in RELEASE.finditer(text):
        yield Finding(source.path, line_of(text, match.start()),
                      f"naked {match.group(1)}; add a Handle to the folder's handles.hpp")


def private_key(source):
    begin = r"-----BEGIN [A-Z ]*PRIVATE KEY-----"
    for match in re.finditer(begin + r"(\\n|\s)+[A-Za-z0-9+/=]{16}", source.text):
        yield Finding(source.path, line_of(source.text, match.start()),
                      "a private key; make keys at run time")


def local_path(source):
    if source.path.startswith("tests/tidy/"):
        return
    for match in re.finditer(r"(?<![\w.~$}])/(work|root|home/\w+)/", source.text):
        yield Finding(source.path, line_of(source.text, match.start()),
                      f"{match.group()} exists on one machine only; start from the root of the tree")


# --- Error codes ------------------------------------------------------------------------------------

CATALOGUE = "schemas/base/error_codes.def"


def unused_error_codes(sources):
    """Over the whole tree: a code in the catalogue that nothing in the product can answer."""
    sources = list(sources)
    catalogue = next(source for source in sources if source.path == CATALOGUE)
    code = "\n".join(without_comments_and_literals(source.text) for source in sources
                     if source.is_product)
    used = set(re.findall(r"\bErrorCode::(\w+)", code))
    for match in re.finditer(r"^TRUC_ERROR\(\d+, (\w+),", catalogue.text, re.MULTILINE):
        if match.group(1) not in used:
            yield Finding(CATALOGUE, line_of(catalogue.text, match.start()),
                          f"{match.group(1)} is answered by nobody; remove it, or answer it")


# A failure that a test makes itself proves nothing of the product.
MADE_BY_TEST = re.compile(r"(\bFailure\(|\bfail_next\w*\(|\breturn )\s*ErrorCode::\w+")
ASSERTED = re.compile(r'\bREQUIRE_REFUSED\([^;]*?\b(\w+)\);|\bErrorCode::(\w+)|\"(\w+)\"')
NOT_A_TEST_OF_CODES = ("tests/support/", "tests/tidy/", "tests/contract/error_catalogue_test.cpp")


def codes_without_test(sources):
    """Over the whole tree: a code in the catalogue that no test reaches."""
    sources = list(sources)
    catalogue = next(source for source in sources if source.path == CATALOGUE)
    tests = [MADE_BY_TEST.sub("", source.text) for source in sources
             if source.path.startswith("tests/") and source.path.endswith((".cpp", ".py"))
             and not source.path.startswith(NOT_A_TEST_OF_CODES)]
    asserted = {name for text in tests for names in ASSERTED.findall(text) for name in names}
    for match in re.finditer(r"^TRUC_ERROR\(\d+, (\w+),", catalogue.text, re.MULTILINE):
        if match.group(1) not in asserted:
            yield Finding(CATALOGUE, line_of(catalogue.text, match.start()),
                          f"{match.group(1)} is reached by no test; reach it through the product")


ALERTS = "deploy/prometheus/truc-alerts.yml"


def unknown_in_alerts(sources):
    """Over the whole tree: an alert on a metric or code that does not exist would never wake anyone."""
    sources = list(sources)
    product = "\n".join(source.text for source in sources if source.is_product)
    metrics = set(re.findall(r'"(truc_\w+)"', product))
    catalogue = next(source for source in sources if source.path == CATALOGUE)
    codes = set(re.findall(r"^TRUC_ERROR\(\d+, (\w+),", catalogue.text, re.MULTILINE))
    alerts = next(source for source in sources if source.path == ALERTS)
    for match in re.finditer(r"\btruc_\w+", alerts.text):
        if re.sub(r"_(bucket|sum|count)$", "", match.group()) not in metrics:
            yield Finding(ALERTS, line_of(alerts.text, match.start()),
                          f"no metric {match.group()} in the product")
    for match in re.finditer(r'code=~?"([\w|]+)"', alerts.text):
        for code in set(match.group(1).split("|")) - codes:
            yield Finding(ALERTS, line_of(alerts.text, match.start()), f"no error code {code}")


# --- Events -----------------------------------------------------------------------------------------

EVENTS = "docs/operations/events.md"
LEVEL = r"(debug|info|warn|error)"
LOGGED = re.compile(rf'\blog_?(?:\.|->){LEVEL}\(\s*(name_ \+ )?"([a-z_.]+)"([^;]*);')
THREAD_NAME = re.compile(r'\bthread_\("(\w+)"')
EVENT_ROW = re.compile(rf"^\| `([\w.]+)` \| {LEVEL} \| ([^|]*) \|", re.MULTILINE)


def logged_events(sources):
    """(event, level) → names of its fields, for every event in the product."""
    product = [source.text for source in sources if source.is_product]
    threads = [name for text in product for name in THREAD_NAME.findall(text)]
    found = {}
    for level, is_suffix, event, fields in (row for text in product for row in LOGGED.findall(text)):
        for name in [thread + event for thread in threads] if is_suffix else [event]:
            found.setdefault((name, level), set()).update(re.findall(r'\{"(\w+)",', fields))
    return found


def unlike_events_page(sources):
    """Over the whole tree: an event that its page leaves out, invents, or gives other fields."""
    sources = list(sources)
    page = next(source for source in sources if source.path == EVENTS)
    logged = logged_events(sources)
    told = {(match.group(1), match.group(2)): (line_of(page.text, match.start()),
                                               set(re.findall(r"`(\w+)`", match.group(3))))
            for match in EVENT_ROW.finditer(page.text)}
    for event, level in sorted(logged.keys() - told.keys()):
        yield Finding(EVENTS, 1, f"no row for {event} at {level}; say what it means and what to do")
    for key, (line, fields) in told.items():
        if key not in logged:
            yield Finding(EVENTS, line, f"nothing in the product logs {key[0]} at {key[1]}")
        elif fields != logged[key]:
            yield Finding(EVENTS, line, f"{key[0]} has the fields {sorted(logged[key])}")


def unnamed_events(source):
    """An event whose name is put together cannot be looked up, nor found in the code."""
    if not source.is_product or source.path.startswith("schemas/telemetry/"):
        return
    text = source.text
    for match in re.finditer(rf"\blog_?(?:\.|->){LEVEL}\(", without_comments_and_literals(text)):
        if not LOGGED.match(text, match.start()):
            yield Finding(source.path, line_of(text, match.start()), "an event's name is a literal")


# --- Documentation ----------------------------------------------------------------------------------

PATH_IN_TEXT = re.compile(r"`((?:schemas|pki|hub|edge-adapter|tests|deploy|docs)/[\w./*-]*"
                          r"|[\w./*-]+/[\w.*-]+\.(?:hpp|cpp|py|mjs|md|sh|def|xsd|css))`")


def dead_links(source):
    """A link of a page, or a path named in it, that leads nowhere. A path may be told from the root,
    from docs/, from the page's folder or from the one above."""
    if not source.path.endswith(".md"):
        return
    folder = ROOT.joinpath(source.path).parent
    places = (ROOT, ROOT / "docs", folder, folder.parent)
    text = re.sub(r"```.*?```", lambda match: re.sub(r"[^\n]", " ", match.group()), source.text,
                  flags=re.DOTALL)
    for match in re.finditer(r"\]\(([^)#\s]+)[^)]*\)", text):
        link = match.group(1)
        if "://" not in link and not folder.joinpath(link).exists():
            yield Finding(source.path, line_of(text, match.start()), f"no {link}")
    for match in PATH_IN_TEXT.finditer(text):
        if not any(any(place.glob(match.group(1).rstrip("/"))) for place in places):
            yield Finding(source.path, line_of(text, match.start()), f"no {match.group(1)}")


TEST_IN_TEXT = re.compile(r"`(tests/[\w./-]+\.(?:py|cpp))::([^`]+)`")


def unknown_tests(source):
    """A test that a page names as "`FILE::NAME`" and that does not stand in the file."""
    if not source.path.endswith(".md"):
        return
    for match in TEST_IN_TEXT.finditer(source.text):
        path, name = ROOT / match.group(1), match.group(2)
        opening = f"def {name}(" if path.suffix == ".py" else f'"{name}"'
        if not path.is_file() or opening not in path.read_text(encoding="utf-8"):
            yield Finding(source.path, line_of(source.text, match.start()), f"no test {name}")


FILE_RULES = (include_direction, confinement, hoist, detached, naked_release, private_key, local_path,
              unnamed_events, dead_links, unknown_tests)
TREE_RULES = (unused_error_codes, codes_without_test, unknown_in_alerts, unlike_events_page)


def findings(rule, sources):
    return [finding for source in sources for finding in rule(source)]


def main():
    sources = list(tree())
    found = [one for rule in FILE_RULES for one in findings(rule, sources)]
    found += [one for rule in TREE_RULES for one in rule(sources)]
    for one in found:
        print(one)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
