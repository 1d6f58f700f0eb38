// REQUIRE_REFUSED(result, code): a Result that must hold exactly this refusal.
// REQUIRE_OK(result): a Result that must hold a value; a failure is shown in full.
#pragma once

#include <catch2/catch.hpp>

#include "schemas/base/problem.hpp"

#define REQUIRE_REFUSED(result, wanted)                             \
  do {                                                              \
    const auto& refused_result = (result);                          \
    REQUIRE(!refused_result);                                       \
    INFO(::truc::to_log_line(refused_result.error()));              \
    REQUIRE(::truc::describe(refused_result.error().code()).name == \
            ::truc::describe(::truc::ErrorCode::wanted).name);      \
  } while (false)

#define REQUIRE_OK(result)                                                    \
  do {                                                                        \
    const auto& accepted_result = (result);                                   \
    if (!accepted_result) FAIL(::truc::to_log_line(accepted_result.error())); \
    SUCCEED();                                                                \
  } while (false)
