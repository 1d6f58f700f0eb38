// A long load in slices, with a reading of the hub after each.
#pragma once

#include <boost/json/object.hpp>

#include "bench/app/exchange.hpp"

namespace truc::bench {

// What one slice of the load cost, and what the hub had grown to by its end.
struct Slice {
  Passage passage;
  double hub_cpu_us = 0;  // of a document, with all that comes of it
  std::uint64_t resident = 0;
  std::optional<std::uint64_t> disk;  // none: the hub is elsewhere
};
boost::json::object to_json(const Slice& slice);

// Documents of a slice and how they are sent; the documents outlive it.
struct Load {
  Load(std::span<const SignedDocument> signed_ones, Pace how)
      : documents(signed_ones), pace(std::move(how)) {}
  std::span<const SignedDocument> documents;
  Pace pace;
};
Result<Slice> run_slice(World& world, Exchange& exchange, const Load& load,
                        const std::string& name);

}  // namespace truc::bench
