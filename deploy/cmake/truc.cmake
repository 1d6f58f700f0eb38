# How Truc's own targets are made: one way for all of them.
set(TRUC_SANITIZE "" CACHE STRING "Sanitizers for our own code, e.g. address,undefined")

# The exception is for a checkout that belongs to another user than the one who builds.
execute_process(COMMAND git -c safe.directory=${CMAKE_SOURCE_DIR} -C ${CMAKE_SOURCE_DIR} rev-parse --short=12 HEAD
                OUTPUT_VARIABLE TRUC_COMMIT OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
if(NOT TRUC_COMMIT)
  set(TRUC_COMMIT "no commit")
endif()
# Another commit is another version: git writes this file with each.
execute_process(COMMAND git -c safe.directory=${CMAKE_SOURCE_DIR} -C ${CMAKE_SOURCE_DIR} rev-parse
                        --path-format=absolute --git-path logs/HEAD
                OUTPUT_VARIABLE heads OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
if(EXISTS "${heads}")
  set_property(DIRECTORY ${CMAKE_SOURCE_DIR} APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${heads}")
endif()

add_library(truc_flags INTERFACE)
target_include_directories(truc_flags INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_options(truc_flags INTERFACE -Wall -Wextra -Wshadow -Wconversion -Wnon-virtual-dtor
                       -Werror)
# A program that is linked with it is optimised as a whole (ThinLTO). The objects hold machine code as
# well, with which tests are linked in a second each.
add_library(truc_whole_program INTERFACE)
if(TRUC_SANITIZE)
  target_compile_options(truc_flags INTERFACE -fsanitize=${TRUC_SANITIZE} -fno-omit-frame-pointer
                         -fno-sanitize-recover=all -O1)
  target_link_options(truc_flags INTERFACE -fsanitize=${TRUC_SANITIZE})
elseif(CMAKE_CXX_COMPILER_ID STREQUAL "Clang" AND CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo")
  target_compile_options(truc_flags INTERFACE -flto=thin -ffat-lto-objects)
  target_link_options(truc_whole_program INTERFACE -flto=thin -ffat-lto-objects -fuse-ld=lld)
endif()

# truc_add_library(<name> SOURCES ... [LINKS ...] [PRIVATE_LINKS ...]) makes truc_<name> and its
# alias truc::<name>. Headers are included from the repository's root. LINKS is what the public
# headers need, PRIVATE_LINKS what only the sources need.
function(truc_add_library name)
  cmake_parse_arguments(arg "" "" "SOURCES;LINKS;PRIVATE_LINKS" ${ARGN})
  add_library(truc_${name} STATIC ${arg_SOURCES})
  add_library(truc::${name} ALIAS truc_${name})
  target_link_libraries(truc_${name} PUBLIC truc_flags ${arg_LINKS} PRIVATE ${arg_PRIVATE_LINKS})
endfunction()

# truc_add_program(<file name> SOURCES ... LINKS ...) makes a program in bin/. The target `programs`
# builds all of them, and no test.
add_custom_target(programs)
function(truc_add_program name)
  cmake_parse_arguments(arg "" "" "SOURCES;LINKS" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE truc_flags truc::version ${arg_LINKS})
  install(TARGETS ${name} RUNTIME DESTINATION bin)
  add_dependencies(programs ${name})
endfunction()

# truc_add_tests(<name> LABEL unit|contract|fault|oracle SOURCES ... LINKS ...) makes one Catch2 program
# whose cases ctest runs one by one. The target tests_<LABEL> builds all programs of a label.
function(truc_add_tests name)
  cmake_parse_arguments(arg "" "LABEL" "SOURCES;LINKS" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE truc_flags ${arg_LINKS} Catch2::Catch2WithMain)
  target_compile_definitions(${name} PRIVATE TRUC_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
  catch_discover_tests(${name} TEST_PREFIX "${arg_LABEL}: " PROPERTIES LABELS ${arg_LABEL}
                       TIMEOUT 120)
  if(NOT TARGET tests_${arg_LABEL})
    add_custom_target(tests_${arg_LABEL})
  endif()
  add_dependencies(tests_${arg_LABEL} ${name})
endfunction()
include(Catch)
