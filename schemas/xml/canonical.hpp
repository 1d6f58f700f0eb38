// Exclusive XML Canonicalization 1.0 without comments (W3C,
// http://www.w3.org/2001/10/xml-exc-c14n#), of documents as the reader makes them: elements,
// attributes, text and comments. Why it is ours and not libxml2's: ADR-0011.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "schemas/xml/reader.hpp"

namespace truc::xml {

// Receives the canonical octets piece by piece, in order.
using OctetSink = std::function<void(std::string_view)>;

// The whole document without the subtree `left_out`: the enveloped-signature transform followed by
// exclusive C14N (XMLDSig 6.6.4). `left_out` is a descendant of the root.
void canonicalize_document_without(const Document& document, Element left_out,
                                   const OctetSink& sink);

// One element with its subtree, in its context.
std::string canonicalize_element(Element element);

}  // namespace truc::xml
