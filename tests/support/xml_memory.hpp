// What libxml2 has allocated. Included before anything else in the one source of its program: the
// allocator must be in place before libxml2 is.
#pragma once

#include <libxml/xmlmemory.h>
#include <malloc.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace truc::testing {

struct XmlMemory {
  std::size_t now = 0;   // bytes
  std::size_t peak = 0;  // bytes, since it was last set

  XmlMemory();
};

inline XmlMemory xml_memory;

inline void* counted(void* block) {
  xml_memory.now += ::malloc_usable_size(block);
  xml_memory.peak = std::max(xml_memory.peak, xml_memory.now);
  return block;
}
inline void* uncounted(void* block) {
  xml_memory.now -= ::malloc_usable_size(block);
  return block;
}

inline XmlMemory::XmlMemory() {
  ::xmlMemSetup(
      [](void* block) { std::free(uncounted(block)); },
      [](std::size_t size) { return counted(std::malloc(size)); },
      [](void* block, std::size_t size) { return counted(std::realloc(uncounted(block), size)); },
      [](const char* text) { return static_cast<char*>(counted(::strdup(text))); });
}

}  // namespace truc::testing
