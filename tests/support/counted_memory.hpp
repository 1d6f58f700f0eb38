// What the program has allocated, by `new` and by libxml2. Included before anything else in the one
// source of its program: the allocator must be in place before libxml2 is. For one thread.
#pragma once

#include <libxml/xmlmemory.h>
#include <malloc.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

namespace truc::testing {

struct CountedMemory {
  std::size_t now = 0;   // bytes
  std::size_t peak = 0;  // bytes, since it was last set
};

constinit inline CountedMemory counted_memory;

inline void* counted(void* block) {
  counted_memory.now += ::malloc_usable_size(block);
  counted_memory.peak = std::max(counted_memory.peak, counted_memory.now);
  return block;
}
inline void* uncounted(void* block) {
  counted_memory.now -= ::malloc_usable_size(block);
  return block;
}

inline void* allocated(void* block) {
  if (block == nullptr) throw std::bad_alloc();
  return counted(block);
}

inline const int libxml2_counts = ::xmlMemSetup(
    [](void* block) { std::free(uncounted(block)); },
    [](std::size_t size) { return counted(std::malloc(size)); },
    [](void* block, std::size_t size) { return counted(std::realloc(uncounted(block), size)); },
    [](const char* text) { return static_cast<char*>(counted(::strdup(text))); });

}  // namespace truc::testing

void* operator new(std::size_t size) {
  return truc::testing::allocated(std::malloc(size));
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  const auto step = static_cast<std::size_t>(alignment);
  return truc::testing::allocated(std::aligned_alloc(step, (size + step - 1) / step * step));
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return truc::testing::counted(std::malloc(size));
}
void operator delete(void* block) noexcept {
  std::free(truc::testing::uncounted(block));
}
void operator delete(void* block, std::size_t) noexcept {
  std::free(truc::testing::uncounted(block));
}
void operator delete(void* block, std::align_val_t) noexcept {
  std::free(truc::testing::uncounted(block));
}
void operator delete(void* block, std::size_t, std::align_val_t) noexcept {
  std::free(truc::testing::uncounted(block));
}
