// libxml2's objects as owners, and its messages kept away from stderr. The only place that names a
// libxml2 *Free function; included by the sources of this folder alone.
//
// Who owns after which call: xmlCtxtReadMemory gives the tree away; xmlNodeGetContent gives a
// string; xmlOutputBufferClose frees the buffer also when the last write fails; xmlSchemaParse
// copies what it needs, so that the parser context may go first; xmlDocGetRootElement and every
// child, parent and name pointer borrow.
#pragma once

#include <libxml/c14n.h>
#include <libxml/parser.h>
#include <libxml/xmlerror.h>
#include <libxml/xmlschemas.h>
#include <libxml/xmlschemastypes.h>

#include <memory>
#include <string>
#include <string_view>

namespace truc::xml {

template <auto kRelease>
struct Releaser {
  void operator()(auto* object) const { kRelease(object); }
};
template <class T, auto kRelease>
using Handle = std::unique_ptr<T, Releaser<kRelease>>;

using ParserHandle = Handle<xmlParserCtxt, xmlFreeParserCtxt>;
using TreeHandle = Handle<xmlDoc, xmlFreeDoc>;
// xmlFree is a variable, xmlOutputBufferClose has a result: both need a function around them. A
// lambda would be another type in every source.
inline void release_text(xmlChar* text) {
  xmlFree(text);
}
inline void release_output(xmlOutputBuffer* output) {
  xmlOutputBufferClose(output);
}
using TextHandle = Handle<xmlChar, release_text>;
using OutputHandle = Handle<xmlOutputBuffer, release_output>;
using SchemaParserHandle = Handle<xmlSchemaParserCtxt, xmlSchemaFreeParserCtxt>;
using SchemaHandle = Handle<xmlSchema, xmlSchemaFree>;
using SchemaCheckHandle = Handle<xmlSchemaValidCtxt, xmlSchemaFreeValidCtxt>;

inline std::string_view view(const xmlChar* text) {
  return text ? std::string_view(reinterpret_cast<const char*>(text)) : std::string_view();
}

// The text of an error without its line end.
inline std::string message_of(const xmlError& error) {
  std::string text = error.message ? error.message : "no reason given";
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  return text;
}

// Collects what libxml2 reports on this thread outside of any context, and puts the thread's former
// receiver back at its end.
class ThreadErrors {
 public:
  ThreadErrors() : former_(xmlStructuredError), former_context_(xmlStructuredErrorContext) {
    xmlSetStructuredErrorFunc(this, &receive);
  }
  ~ThreadErrors() { xmlSetStructuredErrorFunc(former_context_, former_); }
  ThreadErrors(const ThreadErrors&) = delete;
  ThreadErrors& operator=(const ThreadErrors&) = delete;

  const std::string& first() const { return first_; }

 private:
  static void receive(void* self, xmlError* error) {
    auto& first = static_cast<ThreadErrors*>(self)->first_;
    if (first.empty()) first = message_of(*error);
  }

  xmlStructuredErrorFunc former_;
  void* former_context_;
  std::string first_;
};

}  // namespace truc::xml
