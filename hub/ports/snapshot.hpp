// What a reload replaces: an immutable value, read whole and swapped whole.
#pragma once

#include <atomic>
#include <memory>
#include <utility>

#include "schemas/base/check.hpp"

namespace truc::hub {

// Any thread. A reader keeps the value that it took for as long as its work lasts, so that one
// request is judged by one directory and one trust store, whatever happens meanwhile.
template <class Value>
class Snapshot {
 public:
  explicit Snapshot(std::shared_ptr<const Value> first) { replace(std::move(first)); }
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;

  std::shared_ptr<const Value> current() const { return value_.load(); }
  void replace(std::shared_ptr<const Value> next) {
    TRUC_CHECK(next != nullptr, "a reload brings a value or keeps the old one");
    value_.store(std::move(next));
  }

 private:
  std::atomic<std::shared_ptr<const Value>> value_;
};

}  // namespace truc::hub
