#include "tests/oracle/mutations.hpp"

#include <algorithm>
#include <array>
#include <functional>

#include "pki/crypto/base64.hpp"
#include "schemas/base/check.hpp"
#include "tests/oracle/markup.hpp"

namespace truc::testing {
namespace {

// The same sequence with every standard library, which its distributions do not promise.
class Random {
 public:
  explicit Random(std::mt19937_64& engine) : engine_(engine) {}

  std::size_t below(std::size_t count) { return count == 0 ? 0 : engine_() % count; }
  template <class Range>
  auto& one_of(Range&& range) {
    return range[below(std::size(range))];
  }

 private:
  std::mt19937_64& engine_;
};

Tagged any_element(Random& random, const std::string& text) {
  const auto all = elements_of(text);
  return all[random.below(all.size())];
}

template <class Wanted>
Tagged any_element(Random& random, const std::string& text, const Wanted& wanted) {
  auto all = elements_of(text);
  std::erase_if(all, [&](const Tagged& element) { return !wanted(element); });
  TRUC_CHECK(!all.empty(), "every package has such an element");
  return all[random.below(all.size())];
}

bool is_text(const Tagged& element) {
  return element.is_leaf && element.close > element.content;
}

bool is_base64(const Tagged& element) {
  return element.name == "ds:DigestValue" || element.name == "ds:SignatureValue" ||
         element.name == "ds:X509Certificate" || element.name == "edXML:ContentTransferEncoded";
}

Tagged named(Random& random, const std::string& text, std::string_view name) {
  return any_element(random, text, [&](const Tagged& element) { return element.name == name; });
}

// Before, behind, or at either end inside of an element.
std::size_t any_edge(Random& random, const std::string& text) {
  const auto element = any_element(random, text);
  const std::array edges = {element.begin, element.content, element.close, element.end};
  return random.one_of(edges);
}

std::string base64_changed(Random& random, const std::string& text, std::string_view name,
                           const std::function<std::string(std::string)>& change) {
  const auto element = named(random, text, name);
  const auto octets =
      pki::decode_base64(text.substr(element.content, element.close - element.content));
  TRUC_CHECK(octets, "the product writes canonical base64");
  return spliced(text, element.content, element.close, pki::encode_base64(change(*octets)));
}

// The element of that name taken from another package.
std::string taken_from(Random& random, const Prey& prey, const std::string& other,
                       std::string_view name) {
  const auto element = named(random, prey.text, name);
  return spliced(prey.text, element.begin, element.end, text_of(other, named(random, other, name)));
}

std::string everywhere(std::string text, std::string_view from, std::string_view to) {
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  return text;
}

// --- octets ---

std::string bit_flipped(Random& random, const Prey& prey) {
  std::string text = prey.text;
  const auto at = random.below(text.size());
  text[at] = static_cast<char>(text[at] ^ (1 << random.below(8)));
  return text;
}

std::string octet_replaced(Random& random, const Prey& prey) {
  std::string text = prey.text;
  text[random.below(text.size())] = static_cast<char>(0x20 + random.below(0x5f));
  return text;
}

std::string octets_removed(Random& random, const Prey& prey) {
  const auto at = random.below(prey.text.size());
  return spliced(prey.text, at, std::min(prey.text.size(), at + 1 + random.below(4)), "");
}

std::string octets_repeated(Random& random, const Prey& prey) {
  const auto at = random.below(prey.text.size());
  return inserted(prey.text, at, prey.text.substr(at, 1 + random.below(40)));
}

std::string cut_short(Random& random, const Prey& prey) {
  return prey.text.substr(0, random.below(prey.text.size()));
}

std::string something_around(Random& random, const Prey& prey) {
  constexpr std::array kPieces = {"\n", "<!-- -->", "<?pi?>", "<x/>", "text", "\xef\xbb\xbf", " "};
  const std::string piece = random.one_of(kPieces);
  return random.below(2) == 0 ? piece + prey.text : prey.text + piece;
}

// --- elements ---

std::string element_removed(Random& random, const Prey& prey) {
  const auto element = any_element(random, prey.text);
  return spliced(prey.text, element.begin, element.end, "");
}

std::string element_copied(Random& random, const Prey& prey) {
  const auto piece = text_of(prey.text, any_element(random, prey.text));
  return inserted(prey.text, any_edge(random, prey.text), piece);
}

std::string element_moved(Random& random, const Prey& prey) {
  const auto root_end = prey.text.rfind('>') + 1;
  const auto element =
      any_element(random, prey.text, [&](const Tagged& tagged) { return tagged.end != root_end; });
  const auto without = spliced(prey.text, element.begin, element.end, "");
  return inserted(without, any_edge(random, without), text_of(prey.text, element));
}

std::string neighbours_exchanged(Random& random, const Prey& prey) {
  const auto first = any_element(random, prey.text);
  for (const auto& second : elements_of(prey.text)) {
    if (second.begin <= first.end || second.begin > first.end + 1) continue;
    const auto between = prey.text.substr(first.end, second.begin - first.end);
    return spliced(prey.text, first.begin, second.end,
                   text_of(prey.text, second) + between + text_of(prey.text, first));
  }
  return element_moved(random, prey);
}

std::string element_renamed(Random& random, const Prey& prey) {
  const auto element = any_element(random, prey.text);
  const auto name = random.below(2) == 0 ? any_element(random, prey.text).name : element.name + "x";
  auto text = element.is_empty_tag() ? prey.text
                                     : spliced(prey.text, element.close + 2,
                                               element.close + 2 + element.name.size(), name);
  return spliced(text, element.begin + 1, element.begin + 1 + element.name.size(), name);
}

std::string element_wrapped(Random& random, const Prey& prey) {
  const auto element = any_element(random, prey.text);
  const auto wrapper = any_element(random, prey.text).name;
  return spliced(prey.text, element.begin, element.end,
                 "<" + wrapper + ">" + text_of(prey.text, element) + "</" + wrapper + ">");
}

std::string element_from_elsewhere(Random& random, const Prey& prey) {
  const auto piece = text_of(prey.sibling, any_element(random, prey.sibling));
  const auto element = any_element(random, prey.text);
  return spliced(prey.text, element.begin, element.end, piece);
}

std::string signature_moved(Random& random, const Prey& prey) {
  const auto signature = the_element(prey.text, "ds:Signature");
  const auto piece = text_of(prey.text, signature);
  const auto bare = spliced(prey.text, signature.begin, signature.end, "");
  return inserted(bare, any_edge(random, bare), piece);
}

// --- tags ---

std::string attribute_added(Random& random, const Prey& prey) {
  constexpr std::array kPieces = {
      R"( Id="a")",
      R"( ID="a")",
      R"( id="a")",
      R"( xml:id="a")",
      R"( version="1.0")",
      R"( xmlns:wsu="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd" wsu:Id="a")",
      R"( xml:lang="vi")",
      R"( xml:space="preserve")",
      R"( xml:base="http://localhost/")",
      R"( xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="true")",
      R"( Algorithm="http://www.w3.org/2000/09/xmldsig#sha1")",
      R"( URI="")"};
  return with_attribute(prey.text, any_element(random, prey.text), random.one_of(kPieces));
}

std::string attribute_changed(Random& random, const Prey& prey) {
  constexpr std::array kValues = {"http://www.w3.org/2000/09/xmldsig#sha1",
                                  "http://www.w3.org/2001/04/xmlenc#sha512",
                                  "http://www.w3.org/2001/10/xml-exc-c14n#WithComments",
                                  "http://www.w3.org/TR/2001/REC-xml-c14n-20010315",
                                  "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384",
                                  "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384",
                                  "http://www.w3.org/2000/09/xmldsig#hmac-sha1",
                                  "http://www.w3.org/TR/1999/REC-xpath-19991116",
                                  "#a",
                                  ""};
  const auto element = any_element(random, prey.text, [&](const Tagged& tagged) {
    return prey.text.substr(tagged.begin, tagged.content - tagged.begin).find('"') !=
           std::string::npos;
  });
  const auto from = prey.text.find('"', element.begin) + 1;
  return spliced(prey.text, from, prey.text.find('"', from), random.one_of(kValues));
}

std::string prefix_rebound(Random& random, const Prey& prey) {
  constexpr std::array kPieces = {R"( xmlns:edXML="urn:x")",
                                  R"( xmlns:ds="urn:x")",
                                  R"( xmlns="urn:x")",
                                  R"( xmlns:ds="http://www.mic.gov.vn/TBT/QCVN_102_2016")",
                                  R"( xmlns:edXML="http://www.w3.org/2000/09/xmldsig#")",
                                  R"( xmlns:edXML="")"};
  return with_attribute(prey.text, any_element(random, prey.text), random.one_of(kPieces));
}

std::string namespace_declared(Random& random, const Prey& prey) {
  constexpr std::array kPieces = {R"( xmlns:x="urn:x")", R"( xmlns="urn:x")", R"( xmlns="")",
                                  R"( xmlns:edXML="http://www.mic.gov.vn/TBT/QCVN_102_2016")",
                                  R"( xmlns:dsig="http://www.w3.org/2000/09/xmldsig#")"};
  return with_attribute(prey.text, any_element(random, prey.text), random.one_of(kPieces));
}

std::string prefix_renamed(Random& random, const Prey& prey) {
  const std::string prefix = random.below(2) == 0 ? "edXML" : "ds";
  const std::string to = random.below(2) == 0 ? "x" : "dsig";
  auto text = everywhere(prey.text, "<" + prefix + ":", "<" + to + ":");
  text = everywhere(text, "</" + prefix + ":", "</" + to + ":");
  return everywhere(text, "xmlns:" + prefix + "=", "xmlns:" + to + "=");
}

std::string prefix_of_one_renamed(Random& random, const Prey& prey) {
  const auto element = any_element(random, prey.text);
  const bool of_dsig = element.name.starts_with("ds:");
  const auto local = element.name.substr(element.name.find(':') + 1);
  const std::string uri =
      of_dsig ? "http://www.w3.org/2000/09/xmldsig#" : "http://www.mic.gov.vn/TBT/QCVN_102_2016";
  auto text = element.is_empty_tag()
                  ? prey.text
                  : spliced(prey.text, element.close + 2, element.close + 2 + element.name.size(),
                            "x:" + local);
  return spliced(text, element.begin + 1, element.begin + 1 + element.name.size(),
                 "x:" + local + " xmlns:x=\"" + uri + "\"");
}

std::string space_in_tag(Random& random, const Prey& prey) {
  constexpr std::array kPieces = {" ", "\n", "\t ", "\r\n"};
  const auto element = any_element(random, prey.text);
  const auto in_start = element.content - (element.is_empty_tag() ? 2 : 1);
  const auto at = random.below(2) == 0 || element.is_empty_tag() ? in_start : element.end - 1;
  return inserted(prey.text, at, random.one_of(kPieces));
}

std::string quotes_changed(Random& random, const Prey& prey) {
  const auto from = prey.text.find('"', random.below(prey.text.size()));
  if (from == std::string::npos) return everywhere(prey.text, "\"", "'");
  const auto to = prey.text.find('"', from + 1);
  auto text = prey.text;
  text[from] = '\'';
  if (to != std::string::npos) text[to] = '\'';
  return text;
}

std::string empty_tags_joined(Random& random, const Prey& prey) {
  const auto element = any_element(random, prey.text, [](const Tagged& tagged) {
    return tagged.is_leaf && tagged.content == tagged.close;
  });
  if (element.is_empty_tag())
    return spliced(prey.text, element.content - 2, element.content, "></" + element.name + ">");
  return spliced(prey.text, element.content - 1, element.end, "/>");
}

// --- content ---

std::string node_inserted(Random& random, const Prey& prey) {
  constexpr std::array kPieces = {"<!-- -->",
                                  "<!--</edXML:edXML>-->",
                                  "<?pi a?>",
                                  "<![CDATA[]]>",
                                  "<![CDATA[ ]]>",
                                  "&#32;",
                                  "&#13;",
                                  "&x;",
                                  "\n",
                                  "  ",
                                  "x"};
  return inserted(prey.text, any_edge(random, prey.text), random.one_of(kPieces));
}

std::string comment_between_elements(Random& random, const Prey& prey) {
  const auto element = any_element(random, prey.text, [](const Tagged& tagged) {
    return tagged.name.starts_with("edXML:") && !tagged.is_leaf;
  });
  return inserted(prey.text, element.content, "<!-- a -->");
}

std::string value_split(Random& random, const Prey& prey) {
  constexpr std::array kPieces = {"<!-- -->", "<?pi?>", "<![CDATA[]]>", "<x/>", "<!---->"};
  const auto element = any_element(random, prey.text, is_text);
  const auto at = element.content + random.below(element.close - element.content + 1);
  return inserted(prey.text, at, random.one_of(kPieces));
}

std::string value_in_cdata(Random& random, const Prey& prey) {
  const auto element = any_element(random, prey.text, is_text);
  return spliced(
      prey.text, element.content, element.close,
      "<![CDATA[" + prey.text.substr(element.content, element.close - element.content) + "]]>");
}

std::string character_as_reference(Random& random, const Prey& prey) {
  const auto element = any_element(random, prey.text, is_text);
  const auto at = element.content + random.below(element.close - element.content);
  const auto code = static_cast<unsigned char>(prey.text[at]);
  if (code >= 0x80 || code == '&') return node_inserted(random, prey);
  return spliced(prey.text, at, at + 1, "&#" + std::to_string(code) + ";");
}

std::string value_exchanged(Random& random, const Prey& prey) {
  const auto element = any_element(random, prey.text, is_text);
  const auto other = any_element(random, prey.text, is_text);
  return spliced(prey.text, element.content, element.close,
                 prey.text.substr(other.content, other.close - other.content));
}

std::string space_in_value(Random& random, const Prey& prey) {
  constexpr std::array kPieces = {" ", "\n", "\r\n", "\t", "&#9;", "\xc2\xa0", "\xe2\x80\x8b"};
  const auto element = any_element(random, prey.text, is_text);
  return inserted(prey.text, random.below(2) == 0 ? element.content : element.close,
                  random.one_of(kPieces));
}

std::string letters_alike(Random& random, const Prey& prey) {
  // Composed and decomposed forms, and letters that look the same.
  constexpr std::array<std::pair<const char*, const char*>, 8> kPairs = {{{"à", "a\u0300"},
                                                                          {"ả", "a\u0309"},
                                                                          {"ô", "o\u0302"},
                                                                          {"ị", "i\u0323"},
                                                                          {"Đ", "Ð"},
                                                                          {"C", "С"},
                                                                          {"a", "а"},
                                                                          {"ă", "a\u0306"}}};
  const auto& [from, to] = random.one_of(kPairs);
  std::vector<std::size_t> places;
  for (auto at = prey.text.find(from); at != std::string::npos; at = prey.text.find(from, at + 1))
    places.push_back(at);
  if (places.empty()) return space_in_value(random, prey);
  return std::string(prey.text).replace(random.one_of(places), std::string_view(from).size(), to);
}

std::string line_ends_changed(Random& random, const Prey& prey) {
  constexpr std::array kEnds = {"\r\n", "\r", "\n\n", "", "&#10;", "&#13;&#10;"};
  return everywhere(prey.text, "\n", random.one_of(kEnds));
}

std::string entity_declared(Random& random, const Prey& prey) {
  const auto root = elements_of(prey.text).front().begin;
  const auto element = any_element(random, prey.text, is_text);
  const auto value = prey.text.substr(element.content, element.close - element.content);
  const auto used = spliced(prey.text, element.content, element.close, "&v;");
  return inserted(used, root, "<!DOCTYPE edXML:edXML [<!ENTITY v \"" + value + "\">]>");
}

std::string declaration_changed(Random& random, const Prey& prey) {
  constexpr std::array kDeclarations = {
      "",
      "<?xml version=\"1.0\"?>",
      "<?xml version='1.0' encoding='utf-8'?>",
      "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>",
      "<?xml version=\"1.1\" encoding=\"UTF-8\"?>",
      "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>",
      "<?xml version=\"1.0\" encoding=\"UTF-16\"?>"};
  return spliced(prey.text, 0, prey.text.find("?>") + 2, random.one_of(kDeclarations));
}

// --- base64, DER, certificates ---

std::string base64_spaced(Random& random, const Prey& prey) {
  constexpr std::array kPieces = {" ", "\n", "\r\n", "\t", "&#13;", "&#10;", "&#x20;"};
  const auto element = any_element(random, prey.text, is_base64);
  const auto at = element.content + random.below(element.close - element.content + 1);
  return inserted(prey.text, at, random.one_of(kPieces));
}

std::string signature_text_spaced(Random& random, const Prey& prey) {
  const auto element = any_element(random, prey.text, [](const Tagged& tagged) {
    return tagged.name == "ds:SignatureValue" || tagged.name == "ds:X509Certificate";
  });
  std::string text = prey.text;
  for (auto at = element.content + 64; at < element.close; at += 65) text.insert(at, "\n");
  return text;
}

std::string base64_not_canonical(Random& random, const Prey& prey) {
  const auto element = any_element(random, prey.text, is_base64);
  const auto last = prey.text.find_last_not_of('=', element.close - 1);
  switch (random.below(5)) {
    case 0:  // bits that belong to no octet
      return spliced(prey.text, last, last + 1, std::string(1, prey.text[last] == 'z' ? 'y' : 'z'));
    case 1:
      return inserted(prey.text, element.close, "=");
    case 2:
      return spliced(prey.text, last + 1, element.close, "");
    case 3:
      return inserted(prey.text, element.close, "====");
    default:
      return inserted(prey.text, element.content, "*");
  }
}

std::string der_extended(Random& random, const Prey& prey) {
  return base64_changed(random, prey.text, "ds:X509Certificate", [&](std::string der) {
    switch (random.below(4)) {
      case 0:
        return der + std::string(1 + random.below(8), '\0');
      case 1:
        return std::string(1, '\0') + der;
      case 2:  // a length in more octets than it needs
        return der.substr(0, 1) + "\x83" + std::string(1, '\0') + der.substr(2);
      default:
        return der.substr(0, der.size() - 1 - random.below(8));
    }
  });
}

std::string der_changed(Random& random, const Prey& prey) {
  return base64_changed(random, prey.text, "ds:X509Certificate", [&](std::string der) {
    const auto at = random.below(der.size());
    der[at] = static_cast<char>(der[at] ^ (1 << random.below(8)));
    return der;
  });
}

std::string signature_octets_changed(Random& random, const Prey& prey) {
  return base64_changed(random, prey.text, "ds:SignatureValue", [&](std::string value) {
    switch (random.below(5)) {
      case 0:
        return value + std::string(1, '\0');
      case 1:
        return std::string(1, '\0') + value;
      case 2:
        return value.substr(0, value.size() - 1);
      case 3:  // r and s as a DER sequence of integers, roughly
        return "\x30" + std::string(1, static_cast<char>(value.size())) + value;
      default: {
        const auto at = random.below(value.size());
        value[at] = static_cast<char>(value[at] ^ (1 << random.below(8)));
        return value;
      }
    }
  });
}

std::string certificate_exchanged(Random& random, const Prey& prey) {
  return taken_from(random, prey, prey.stranger, "ds:X509Certificate");
}

std::string certificates_rearranged(Random& random, const Prey& prey) {
  const auto data = the_element(prey.text, "ds:X509Data");
  std::vector<std::string> certificates;
  for (const auto& element : elements_of(prey.text)) {
    if (element.name == "ds:X509Certificate") certificates.push_back(text_of(prey.text, element));
  }
  std::string content;
  for (auto count = random.below(4); count > 0; --count) content += random.one_of(certificates);
  if (random.below(2) == 0) content = certificates.front() + content;
  return spliced(prey.text, data.content, data.close, content);
}

std::string key_info_extended(Random& random, const Prey& prey) {
  constexpr std::array kPieces = {
      "<ds:X509SubjectName>CN=a</ds:X509SubjectName>",
      "<ds:X509CRL>AAAA</ds:X509CRL>",
      "<ds:X509SKI>AAAA</ds:X509SKI>",
      "<x/>",
      "<ds:KeyName>a</ds:KeyName>",
      "<ds:X509IssuerSerial><ds:X509IssuerName>CN=a</ds:X509IssuerName>"
      "<ds:X509SerialNumber>1</ds:X509SerialNumber></ds:X509IssuerSerial>"};
  constexpr std::array kParents = {"ds:X509Data", "ds:X509Data", "ds:KeyInfo"};
  const auto parent = the_element(prey.text, random.one_of(kParents));
  return inserted(prey.text, random.below(2) == 0 ? parent.content : parent.close,
                  random.one_of(kPieces));
}

std::string part_of_sibling(Random& random, const Prey& prey) {
  constexpr std::array kNames = {"ds:DigestValue",     "ds:SignatureValue", "ds:SignedInfo",
                                 "ds:Signature",       "ds:KeyInfo",        "edXML:From",
                                 "edXML:MessageHeader"};
  return taken_from(random, prey, prey.sibling, random.one_of(kNames));
}

std::string part_of_stranger(Random& random, const Prey& prey) {
  constexpr std::array kNames = {"ds:SignatureValue", "ds:SignedInfo", "ds:Signature", "ds:KeyInfo",
                                 "ds:X509Data"};
  return taken_from(random, prey, prey.stranger, random.one_of(kNames));
}

std::string object_added(Random& random, const Prey& prey) {
  const auto signature = the_element(prey.text, "ds:Signature");
  const auto piece = text_of(prey.text, any_element(random, prey.text));
  return inserted(prey.text, random.below(2) == 0 ? signature.close : signature.content,
                  "<ds:Object>" + piece + "</ds:Object>");
}

struct Kind {
  std::string_view name;
  std::string (*mutate)(Random&, const Prey&);
};

constexpr Kind kKinds[] = {
    {"a bit flipped", bit_flipped},
    {"an octet replaced", octet_replaced},
    {"octets removed", octets_removed},
    {"octets repeated", octets_repeated},
    {"cut short", cut_short},
    {"something before or behind", something_around},
    {"an element removed", element_removed},
    {"an element copied", element_copied},
    {"an element moved", element_moved},
    {"two neighbours exchanged", neighbours_exchanged},
    {"an element renamed", element_renamed},
    {"an element wrapped", element_wrapped},
    {"an element of another package", element_from_elsewhere},
    {"the signature moved", signature_moved},
    {"an attribute added", attribute_added},
    {"an attribute changed", attribute_changed},
    {"a prefix bound otherwise", prefix_rebound},
    {"a namespace declared", namespace_declared},
    {"a prefix renamed", prefix_renamed},
    {"one element's prefix renamed", prefix_of_one_renamed},
    {"white space in a tag", space_in_tag},
    {"other quotes", quotes_changed},
    {"an empty element written otherwise", empty_tags_joined},
    {"a node inserted", node_inserted},
    {"a comment between elements", comment_between_elements},
    {"a value split by a node", value_split},
    {"a value as CDATA", value_in_cdata},
    {"a character as a reference", character_as_reference},
    {"a value exchanged", value_exchanged},
    {"white space at a value", space_in_value},
    {"letters that look alike", letters_alike},
    {"other line ends", line_ends_changed},
    {"a value as an entity", entity_declared},
    {"another XML declaration", declaration_changed},
    {"white space in base64", base64_spaced},
    {"a signature value in lines", signature_text_spaced},
    {"base64 that is not canonical", base64_not_canonical},
    {"DER with other lengths", der_extended},
    {"a bit of a certificate flipped", der_changed},
    {"octets of the signature changed", signature_octets_changed},
    {"a certificate of another agency", certificate_exchanged},
    {"certificates rearranged", certificates_rearranged},
    {"more in KeyInfo", key_info_extended},
    {"a part of the signer's other package", part_of_sibling},
    {"a part signed by another agency", part_of_stranger},
    {"an Object", object_added},
};

}  // namespace

Mutation Mutator::mutate(const Prey& prey) {
  constexpr std::size_t kOnceInTwice = 8;
  Random random(random_);
  const Kind& kind = random.one_of(kKinds);
  Mutation mutation{kind.name, kind.mutate(random, prey)};
  if (random.below(kOnceInTwice) == 0 && !mutation.text.empty()) {
    constexpr std::array kSecond = {bit_flipped, octet_replaced, octets_removed, octets_repeated};
    mutation.text = random.one_of(kSecond)(random, {mutation.text, {}, {}});
  }
  return mutation;
}

std::vector<std::string_view> mutation_kinds() {
  std::vector<std::string_view> names;
  for (const auto& kind : kKinds) names.push_back(kind.name);
  return names;
}

}  // namespace truc::testing
