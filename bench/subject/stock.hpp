// A store that has been at work for months, without the months.
#pragma once

#include <filesystem>

#include "bench/load/parallel.hpp"
#include "bench/nation/nation.hpp"

namespace truc::bench {

// Puts `documents` accepted documents into a hub's store, which no hub has open: some 1.5 KB of
// text each, different ones, from any unit to a few others, as if they had come evenly in 18 months
// until now. Failures: those of the store.
Result<void> fill_store(const std::filesystem::path& store, const Nation& nation,
                        std::size_t documents, const Made& told);

}  // namespace truc::bench
