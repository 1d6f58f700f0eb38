// A store that the version before has made.
#include <catch2/catch.hpp>

#include "hub/store/keys.hpp"
#include "hub/store/records.hpp"
#include "tests/support/store/temp_store.hpp"

using namespace truc;
using namespace truc::test;

TEST_CASE("a store of the version before is read, and refused to that version from then on",
          "[hub][store]") {
  TempStore store(at_once());
  const auto item = new_transfer({.content = "<edXML>before</edXML>"}, store.clock().now());
  const auto& record = item.record;
  {
    auto& database = store.database();
    hub::WriteSet writes;
    database.put(writes, hub::Family::meta, "format", "truc-store 2");
    database.put(writes, hub::Family::transfers, record.id.bytes(), hub::records::encode(record));
    database.put(writes, hub::Family::documents, record.id.bytes(), *item.bytes);
    database.put(writes, hub::Family::history, hub::keys::history(record.id, 1),
                 hub::records::encode(item.history));
    database.write(writes, hub::Sync::yes).value();
  }
  store.reopen();
  REQUIRE(*store->bytes(record.id).value() == *item.bytes);
  REQUIRE(store->transfer(record.id).value()->receipt == record.receipt);
  const auto history = store->history(record.id).value();
  REQUIRE(history.size() == 1);
  REQUIRE(history[0].event == item.history.event);
  REQUIRE(history[0].actor == item.history.actor);
  REQUIRE(store.database().get(hub::Family::meta, "format").value() == "truc-store 3");
}
