// Result<T>: a value, or the Failure that says why there is none.
//
// Expected refusals and environment errors travel as Result; a broken invariant aborts through
// TRUC_CHECK; only "cannot start" throws. `.value()` of a failure terminates, it never throws.
#pragma once

#include <boost/outcome/basic_result.hpp>
#include <boost/outcome/policy/terminate.hpp>
#include <boost/outcome/try.hpp>

#include "schemas/base/failure.hpp"

namespace truc {

template <class T>
using Result =
    BOOST_OUTCOME_V2_NAMESPACE::basic_result<T, Failure,
                                             BOOST_OUTCOME_V2_NAMESPACE::policy::terminate>;

// The empty success of a Result<void>.
inline auto success() {
  return BOOST_OUTCOME_V2_NAMESPACE::success();
}

}  // namespace truc

// TRUC_TRY(declaration, expression): binds the value, or returns the failure.
// TRUC_CO_TRY: the same in a coroutine; `co_await` a call into a named result first (style: hoist).
#define TRUC_TRY(...) BOOST_OUTCOME_TRY(__VA_ARGS__)
#define TRUC_CO_TRY(...) BOOST_OUTCOME_CO_TRY(__VA_ARGS__)
