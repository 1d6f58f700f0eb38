"""The rules on the tree, and on seeded lines: a checker that finds nothing may be blind."""

import pathlib
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import tidy  # noqa: E402


@pytest.fixture(scope="module")
def sources():
    found = list(tidy.tree())
    assert any(source.is_product for source in found)
    return found


@pytest.mark.parametrize("rule", tidy.FILE_RULES, ids=lambda rule: rule.__name__)
def test_the_tree_keeps_the_rule(rule, sources):
    assert "\n".join(map(str, tidy.findings(rule, sources))) == ""


@pytest.mark.parametrize("rule", tidy.TREE_RULES, ids=lambda rule: rule.__name__)
def test_the_whole_tree_keeps_the_rule(rule, sources):
    assert "\n".join(map(str, rule(sources))) == ""


def test_the_tree_is_formatted(sources):
    files = [source.path for source in sources if source.is_cpp]
    done = subprocess.run(["clang-format-19", "--dry-run", "-Werror", *files], cwd=tidy.ROOT,
                          capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-4000:] + "\nrun deploy/check.sh --fix"


def found(rule, path, text):
    return len(list(rule(tidy.Source(path, text))))


@pytest.mark.parametrize("path, header", [
    ("schemas/base/a.cpp", "schemas/xml/reader.hpp"),
    ("schemas/xml/a.cpp", "schemas/edxml/envelope.hpp"),
    ("schemas/edxml/a.cpp", "pki/crypto/digest.hpp"),
    ("pki/crypto/a.cpp", "pki/trust/trust_store.hpp"),
    ("pki/trust/a.cpp", "pki/channel/http.hpp"),
    ("hub/ports/a.hpp", "hub/ingest/submit.hpp"),
    ("hub/ingest/a.cpp", "hub/store/rocks_store.hpp"),
    ("hub/store/a.cpp", "hub/ingest/submit.hpp"),
    ("hub/fanout/a.cpp", "hub/store/rocks_store.hpp"),
    ("hub/app/a.cpp", "edge-adapter/spool/spool.hpp"),
    ("edge-adapter/app/a.cpp", "hub/ports/event_log.hpp"),
    ("pki/crypto/a.cpp", "tests/support/test_pki.hpp"),
    ("hub/app/a.cpp", "bench/load/load.hpp"),
])
def test_an_include_against_the_direction_is_found(path, header):
    assert found(tidy.include_direction, path, f'#include "{header}"\n') == 1


@pytest.mark.parametrize("path, header", [
    ("schemas/edxml/a.cpp", "schemas/xml/reader.hpp"),
    ("pki/signature/a.cpp", "pki/crypto/key.hpp"),
    ("hub/ingest/a.cpp", "hub/ports/document_store.hpp"),
    ("hub/store/a.cpp", "hub/store/keys.hpp"),
    ("hub/app/a.cpp", "hub/store/rocks_store.hpp"),
    ("tests/unit/a.cpp", "hub/store/rocks_store.hpp"),
    ("bench/load/a.cpp", "edge-adapter/spool/spool.hpp"),
])
def test_an_include_along_the_direction_is_not_found(path, header):
    assert found(tidy.include_direction, path, f'#include "{header}"\n') == 0


@pytest.mark.parametrize("path, header", [
    ("pki/signature/sign.cpp", "libxml/tree.h"),
    ("hub/ingest/submit.cpp", "openssl/evp.h"),
    ("hub/ports/document_store.hpp", "rocksdb/db.h"),
    ("hub/mailbox/feed.cpp", "librdkafka/rdkafka.h"),
    ("pki/channel/http.hpp", "boost/beast/http.hpp"),
    ("hub/api/routes.cpp", "boost/beast/http.hpp"),
    ("pki/trust/trust_store.cpp", "boost/asio/awaitable.hpp"),
    ("schemas/telemetry/log.hpp", "spdlog/logger.h"),
    ("hub/app/metrics.cpp", "prometheus/registry.h"),
    ("hub/app/config.cpp", "toml++/toml.h"),
])
def test_a_third_party_header_outside_its_room_is_found(path, header):
    assert found(tidy.confinement, path, f"#include <{header}>\n") == 1
    assert found(tidy.confinement, "tests/unit/a.cpp", f"#include <{header}>\n") == 0


@pytest.mark.parametrize("path, header", [
    ("schemas/xml/reader.cpp", "libxml/tree.h"),
    ("pki/crypto/handles.hpp", "openssl/evp.h"),
    ("hub/store/rocks_store.cpp", "rocksdb/db.h"),
    ("hub/fanout/kafka_producer.cpp", "librdkafka/rdkafka.h"),
    ("pki/channel/http_server.cpp", "boost/beast/http.hpp"),
    ("hub/app/main.cpp", "boost/asio/io_context.hpp"),
])
def test_a_third_party_header_in_its_room_is_not_found(path, header):
    assert found(tidy.confinement, path, f"#include <{header}>\n") == 0


def in_coroutine(statement):
    return "asio::awaitable<void> f() {\n  " + statement + "\n}\n"


@pytest.mark.parametrize("statement", [
    "co_await f(Opts{.name = name});",
    "co_await f({a, b});",
    "co_await f({});",
    "auto x = co_await f(a, Opts{});",
    "co_await g([s] { return s; });",
    "co_await g([=] { return s; });",
    "co_await g([s = std::move(s)]() mutable { return s; });",
    "Field f{.k = 1, .v = g(co_await x)};",
    "fields.push_back(Field{a, co_await x});",
    "co_return Field{a, co_await x};",
    "auto f = Field{a,\n      co_await x};",
    "spawn(co_await this_coro::executor, [s] { return s; });",
    "if (auto x = co_await f(Opts{1}); x) {\n  }",
])
def test_braces_beside_co_await_are_found(statement):
    assert found(tidy.hoist, "hub/api/a.cpp", in_coroutine(statement)) == 1


@pytest.mark.parametrize("statement", [
    "auto x = co_await f(a, std::move(b));",
    "co_return co_await f(a);",
    "if (!co_await f(a)) {\n    return;\n  }",
    "while (co_await next()) {\n    Opts o{1};\n  }",
    "if (a) {\n    co_await f(a);\n  } else {\n    co_await f(b);\n  }",
    "for (auto& a : all) {\n    co_await f(a);\n  }",
    "try {\n    co_await f(a);\n  } catch (const E& e) {\n  }",
    "switch (a) {\n    case A::b: {\n      co_await f(a);\n    }\n  }",
    "Opts o{1};\n  co_await f(std::move(o));",
    "co_await g([&] { return s; });",
    "co_await g([this, &s](int n) { return s; });",
    "auto task = [](int n) -> asio::awaitable<void> {\n    co_await f(n);\n  };",
    "auto task = [](int n) -> Task {\n    co_await f(n);\n  };",
    '// co_await f({a, b});\n  log("co_await {}");',
])
def test_co_await_without_braces_is_not_found(statement):
    assert found(tidy.hoist, "hub/api/a.cpp", in_coroutine(statement)) == 0


def test_the_forms_that_the_compiler_is_asked_about_are_all_found(sources):
    probe = next(one for one in sources if one.path == tidy.COROUTINE_PROBE)
    assert found(tidy.hoist, "hub/api/a.cpp", probe.text) == 4


def test_detached_is_found():
    assert found(tidy.detached, "hub/api/a.cpp", "co_spawn(e, f(), asio::detached);\n") == 1
    assert found(tidy.detached, "tests/a.cpp", "using boost::asio::detached;\n") == 1
    assert found(tidy.detached, "hub/api/a.cpp", "// never asio::detached\n") == 0


@pytest.mark.parametrize("line", [
    "EVP_PKEY_free(key);", "xmlFreeDoc(doc);", "xmlFree(text);", "sk_X509_pop_free(all, X509_free);",
    "rd_kafka_destroy(client);", "rd_kafka_message_destroy (m);", "X509_free(c);"])
def test_a_naked_release_is_found(line):
    assert found(tidy.naked_release, "pki/trust/a.cpp", line) == 1
    assert found(tidy.naked_release, "pki/crypto/handles.hpp", line) == 0


def test_a_deleter_named_in_an_alias_is_not_found():
    alias = "using KeyHandle = Handle<EVP_PKEY, EVP_PKEY_free>;"
    assert found(tidy.naked_release, "pki/trust/a.cpp", alias) == 0


def test_a_private_key_is_found_and_its_label_alone_is_not():
    label = "-----BEGIN EC " + "PRIVATE KEY-----"
    assert found(tidy.private_key, "tests/a.pem", label + "\nMHcCAQEEIBkg9PpZ\n") == 1
    assert found(tidy.private_key, "tests/a.cpp", f'"{label}\\nMHcCAQEEIBkg9PpZ"') == 1
    assert found(tidy.private_key, "pki/a.cpp", f'CHECK(pem.starts_with("{label}"));') == 0


def test_a_path_of_one_machine_is_found():
    assert found(tidy.local_path, "docs/a.md", "see /" + "home/nam/truc\n") == 1
    assert found(tidy.local_path, "docs/a.md", "see /var/lib/truc and tests/" + "work/a\n") == 0


def test_an_unused_error_code_is_found():
    catalogue = tidy.Source(tidy.CATALOGUE, 'TRUC_ERROR(1, used, 500)\nTRUC_ERROR(2, unused, 500)\n'
                                            'TRUC_ERROR(3, mentioned, 500)\n')
    code = tidy.Source("hub/a.cpp", "return ErrorCode::used; // ErrorCode::mentioned\n")
    test = tidy.Source("tests/a.cpp", "CHECK(ErrorCode::unused);\n")
    lines = [finding.line for finding in tidy.unused_error_codes([catalogue, code, test])]
    assert lines == [2, 3]


def test_a_code_that_no_test_reaches_is_found():
    catalogue = tidy.Source(tidy.CATALOGUE, "TRUC_ERROR(1, made, 500)\nTRUC_ERROR(2, said, 500)\n"
                                            "TRUC_ERROR(3, met, 500)\nTRUC_ERROR(4, told, 500)\n"
                                            "TRUC_ERROR(5, lent, 500)\n")
    test = tidy.Source("tests/unit/a_test.cpp", "hub.fail_next(ErrorCode::made);\n"
                                                'TEST_CASE("it is said so") {\n'
                                                "REQUIRE_REFUSED(f(a,\n  b), met);\n"
                                                'CHECK(name == "told");\n')
    fake = tidy.Source("tests/support/fake.cpp", "co_return ErrorCode::lent;\n")
    lines = [finding.line for finding in tidy.codes_without_test([catalogue, test, fake])]
    assert lines == [1, 2, 5]


def test_an_alert_on_what_does_not_exist_is_found():
    catalogue = tidy.Source(tidy.CATALOGUE, "TRUC_ERROR(1, known, 500)\n")
    code = tidy.Source("hub/a.cpp", 'metrics.histogram("truc_hub_a_seconds", "A.");\n')
    good = tidy.Source(tidy.ALERTS, 'expr: truc_hub_a_seconds_bucket{code="known"}\n')
    bad = tidy.Source(tidy.ALERTS, 'expr: truc_hub_b_total{code=~"known|gone"}\n')
    assert not list(tidy.unknown_in_alerts([catalogue, code, good]))
    assert len(list(tidy.unknown_in_alerts([catalogue, code, bad]))) == 2


LOG_CALLS = """log_.warn("disk.full", {{"bytes", left}, {"failure", failure}});
thread_("relay", step);
log_.info(name_ + ".recovered", {{"failures", count}});
"""
EVENT_ROWS = """| `disk.full` | warn | `bytes` `failure` | make room |
| `relay.recovered` | info | `failures` | |
"""


def unlike_page(code, page):
    sources = [tidy.Source("hub/a.cpp", code), tidy.Source(tidy.EVENTS, page)]
    return [finding.text for finding in tidy.unlike_events_page(sources)]


def test_a_page_that_tells_every_event_is_not_found():
    assert unlike_page(LOG_CALLS, EVENT_ROWS) == []


@pytest.mark.parametrize("page, word", [
    (EVENT_ROWS.replace("disk.full", "disk.empty"), "disk.full"),
    (EVENT_ROWS.replace("warn", "error"), "disk.full at error"),
    (EVENT_ROWS.replace("`bytes` ", ""), "['bytes', 'failure']"),
    (EVENT_ROWS.replace("relay", "feeder"), "relay.recovered"),
])
def test_a_page_that_tells_other_events_is_found(page, word):
    assert word in "\n".join(unlike_page(LOG_CALLS, page))


def test_an_event_whose_name_is_no_literal_is_found():
    assert found(tidy.unnamed_events, "hub/a.cpp", "log_.info(event, {});") == 1
    assert found(tidy.unnamed_events, "hub/a.cpp", 'log_.info("a.b", {});') == 0


@pytest.mark.parametrize("text, count", [
    ("[a](nothing.md)", 1), ("[a](style.md#names)", 0), ("[a](https://example.org/x)", 0),
    ("see `docs/nothing.md`", 1), ("see `docs/style.md` and `hub/`", 0), ("`tests/unit/*`", 0),
    ("`protocol/http.md`", 0), ("`protocol/nothing.md`", 1),
    ("```sh\ncat docs/nothing.md\n```", 0),
])
def test_a_dead_link_is_found(text, count):
    assert found(tidy.dead_links, "docs/a.md", text) == count


@pytest.mark.parametrize("text, count", [
    ("`tests/tidy/test_tidy.py::test_a_test_that_is_not_there_is_found`", 0),
    ("`tests/tidy/test_tidy.py::test_a_test_that_is_not`", 1),
    ("`tests/tidy/nothing.py::test_tidy`", 1),
    ("`tests/unit/pki/trust_test.cpp::a leaf may not issue certificates`", 0),
    ("`tests/unit/pki/trust_test.cpp::a leaf may`", 1),
])
def test_a_test_that_is_not_there_is_found(text, count):
    assert found(tidy.unknown_tests, "docs/a.md", text) == count
