# The language level, and the proof that this compiler can be trusted with coroutines.
#
# g++ 12 destroys some temporaries of a full expression that holds `co_await` twice, which corrupts
# the heap of a correct program (docs/adr/0001-compiler.md). A version number would be a guess, so a
# probe is built and run: it counts constructions against destructions.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "" FORCE)
endif()

if(NOT DEFINED TRUC_COROUTINES_ARE_SOUND)
  try_run(probe_exit probe_compiled ${CMAKE_BINARY_DIR}/coroutine_probe
          ${CMAKE_SOURCE_DIR}/deploy/cmake/coroutine_probe.cpp
          CXX_STANDARD 20 CXX_STANDARD_REQUIRED ON
          COMPILE_OUTPUT_VARIABLE probe_log RUN_OUTPUT_VARIABLE probe_output)
  if(NOT probe_compiled)
    message(FATAL_ERROR "The coroutine probe does not compile with ${CMAKE_CXX_COMPILER} "
            "(${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION}). Truc needs C++20 coroutines; "
            "on Debian 12 use clang++-19: cmake --preset release\n${probe_log}")
  endif()
  if(NOT probe_exit EQUAL 0)
    message(FATAL_ERROR "${CMAKE_CXX_COMPILER} (${CMAKE_CXX_COMPILER_ID} "
            "${CMAKE_CXX_COMPILER_VERSION}) miscompiles coroutines: ${probe_output}\n"
            "A hub built with it would corrupt memory. On Debian 12 use clang++-19: "
            "apt-get install clang-19 && cmake --preset release  (docs/adr/0001-compiler.md)")
  endif()
  set(TRUC_COROUTINES_ARE_SOUND TRUE CACHE INTERNAL "the probe passed with this compiler")
endif()
