# Every third-party library, each with the Debian package that brings it (docs/dependencies.md).
# ./deploy/packages installs them all.
find_package(Threads REQUIRED)
find_package(Boost 1.81 REQUIRED COMPONENTS json)
find_package(OpenSSL 3.0 REQUIRED)
find_package(LibXml2 2.9.14 REQUIRED)
find_package(RocksDB 7.8 REQUIRED CONFIG)
find_package(Catch2 2.13 REQUIRED CONFIG)
find_package(spdlog 1.10 REQUIRED CONFIG)
find_package(fmt 9.1 REQUIRED CONFIG)
find_package(CLI11 2.1 REQUIRED CONFIG)
find_package(tomlplusplus 3.3 REQUIRED CONFIG)
find_package(prometheus-cpp REQUIRED CONFIG)
find_package(PkgConfig REQUIRED)
pkg_check_modules(liblz4 REQUIRED IMPORTED_TARGET liblz4>=1.9)
pkg_check_modules(rdkafka REQUIRED IMPORTED_TARGET rdkafka>=2.0.2)

# For programs that allocate by the million. A sanitizer brings its own.
pkg_check_modules(jemalloc REQUIRED IMPORTED_TARGET jemalloc>=5.3)
add_library(truc_allocator INTERFACE)
add_library(truc::allocator ALIAS truc_allocator)
if(NOT TRUC_SANITIZE)
  target_link_libraries(truc_allocator INTERFACE PkgConfig::jemalloc)
endif()
