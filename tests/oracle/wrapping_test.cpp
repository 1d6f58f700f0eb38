// Signature wrapping: what was signed is moved, copied, nested and renamed, and something else put
// where it would be read. Every family is made at every place of a package of ours.
#include <catch2/catch.hpp>
#include <map>
#include <optional>

#include "pki/signature/sign.hpp"
#include "tests/oracle/markup.hpp"
#include "tests/oracle/packages.hpp"
#include "tests/support/envelopes.hpp"
#include "tests/support/refusals.hpp"

namespace truc::testing {
namespace {

constexpr auto kMismatch = ErrorCode::digest_mismatch;
constexpr auto kMisplaced = ErrorCode::signature_misplaced;
constexpr auto kRepeated = ErrorCode::signature_repeated;
constexpr auto kShape = ErrorCode::signature_shape;
constexpr auto kXmlDsig = "http://www.w3.org/2000/09/xmldsig#";

struct Attack {
  std::string family;
  std::string place;  // the element that it is about
  std::string text;
  // What the verifier says when no reader and no schema stand before it. Nothing: the canonical
  // form is the one that was signed, so that the package must be accepted, and say the same.
  std::optional<ErrorCode> refusal;
};

// A signed package taken to pieces.
struct Pieces {
  explicit Pieces(std::string package)
      : text(std::move(package)),
        signature(the_element(text, "ds:Signature")),
        elements(elements_of(text)) {}

  bool is_in_signature(const Tagged& element) const {
    return element.begin >= signature.begin && element.end <= signature.end;
  }
  bool has_signature(const Tagged& element) const {
    return element.begin < signature.begin && element.end > signature.end;
  }
  bool is_header(const Tagged& element) const { return element.name == "edXML:edXMLHeader"; }
  const Tagged& root() const { return elements.front(); }
  std::string signature_text() const { return text_of(text, signature); }
  std::string bare() const { return spliced(text, signature.begin, signature.end, ""); }
  // Those that carry content, and are not the whole.
  std::vector<Tagged> content() const {
    std::vector<Tagged> found;
    for (const auto& element : elements) {
      if (element.begin != root().begin && !is_in_signature(element)) found.push_back(element);
    }
    return found;
  }

  const std::string text;
  const Tagged signature;
  const std::vector<Tagged> elements;
};

// With another value in it.
std::string forged(std::string piece) {
  for (std::size_t at = piece.find('>'); at + 1 < piece.size(); at = piece.find('>', at + 1)) {
    char& c = piece[at + 1];
    if (c < '0' || c > 'z') continue;
    c = c == '9' ? '8' : '9';
    return piece;
  }
  return piece;
}

std::string without_signature(const std::string& piece) {
  const auto begin = piece.find("<ds:Signature ");
  if (begin == std::string::npos) return piece;
  const std::string_view end = "</ds:Signature>";
  return spliced(piece, begin, piece.find(end) + end.size(), "");
}

std::string wrapped_in(const std::string& name, const std::string& piece) {
  return "<" + name + ">" + piece + "</" + name + ">";
}

using Attacks = std::vector<Attack>;

// A forged element beside the signed one.
void add_siblings(const Pieces& of, Attacks& attacks) {
  for (const auto& element : of.content()) {
    const auto piece = text_of(of.text, element);
    const auto copy = forged(without_signature(piece));
    const auto foreign = "<x:" + element.name.substr(element.name.find(':') + 1) +
                         " xmlns:x=\"urn:x\">" + copy +
                         "</x:" + element.name.substr(element.name.find(':') + 1) + ">";
    for (const auto at : {element.begin, element.end}) {
      attacks.push_back({"sibling", element.name, inserted(of.text, at, copy), kMismatch});
      attacks.push_back({"sibling of another namespace", element.name,
                         inserted(of.text, at, foreign), kMismatch});
      if (of.has_signature(element))
        attacks.push_back({"sibling with the signature", element.name,
                           inserted(of.text, at, forged(piece)), kRepeated});
    }
  }
}

// The signed element inside of a forged one of its name.
void add_descendants(const Pieces& of, Attacks& attacks) {
  for (const auto& element : of.content()) {
    if (element.is_empty_tag()) continue;
    const auto piece = text_of(of.text, element);
    const auto copy = forged(without_signature(piece));
    const auto close = copy.rfind("</");
    for (const auto at : {copy.find('>') + 1, close}) {
      attacks.push_back({"descendant", element.name,
                         spliced(of.text, element.begin, element.end, inserted(copy, at, piece)),
                         of.has_signature(element) ? kMisplaced : kMismatch});
    }
  }
}

// Is `element`, which has the signature, still an edXMLHeader of the package, or around one?
bool may_hold(const Tagged& to, const Tagged& element) {
  if (element.name == "edXML:edXMLEnvelope") return to.name == "edXML:edXML";
  return to.name == "edXML:edXML" || to.name == "edXML:edXMLEnvelope";
}

// The signed element moved aside, a forged one in its place.
void add_moved(const Pieces& of, Attacks& attacks) {
  for (const auto& element : of.content()) {
    const auto piece = text_of(of.text, element);
    const auto copy = forged(without_signature(piece));
    for (const auto& to : of.elements) {
      const bool in_element = to.begin >= element.begin && to.end <= element.end;
      if (to.is_leaf || in_element) continue;
      const bool is_behind = to.close > element.end;
      auto text = of.text;
      // From behind to the front, so that no place moves before it is used.
      if (is_behind) text = inserted(text, to.close, piece);
      text = spliced(text, element.begin, element.end, copy);
      if (!is_behind) text = inserted(text, to.close, piece);
      const auto refusal = of.is_in_signature(to)                                ? kShape
                           : of.has_signature(element) && !may_hold(to, element) ? kMisplaced
                                                                                 : kMismatch;
      attacks.push_back({"moved aside", element.name + " to " + to.name, text, refusal});
    }
    if (of.has_signature(element)) continue;
    const auto object = wrapped_in("ds:Object", piece);
    auto text = of.text;
    const bool is_before = element.begin < of.signature.begin;
    if (is_before) text = inserted(text, of.signature.close, object);
    text = spliced(text, element.begin, element.end, copy);
    if (!is_before) text = inserted(text, of.signature.close, object);
    attacks.push_back({"moved into an Object", element.name, text, kShape});
  }
}

// The whole signed package inside of a forged one.
void add_whole(const Pieces& of, Attacks& attacks) {
  const auto outer = forged(of.bare());
  const auto signed_root = text_of(of.text, of.root());
  const auto bare_root = without_signature(signed_root);
  for (const auto& to : elements_of(outer)) {
    if (to.is_empty_tag()) continue;
    attacks.push_back(
        {"whole package inside", to.name, inserted(outer, to.close, signed_root), kMisplaced});
    const auto nested = inserted(outer, to.close, bare_root);
    const std::string_view header = "<edXML:edXMLHeader>";  // the first is the outer one
    attacks.push_back({"whole package inside, its signature outside", to.name,
                       inserted(nested, nested.find(header) + header.size(), of.signature_text()),
                       kMismatch});
  }
}

// The signature elsewhere, or another one.
void add_signatures(const Pieces& of, Attacks& attacks) {
  const auto bare = of.bare();
  const auto object = std::string("<ds:Object xmlns:ds=\"") + kXmlDsig + "\"/>";
  for (const auto& to : elements_of(bare)) {
    if (to.is_empty_tag()) continue;
    for (const auto at : {to.content, to.close}) {
      attacks.push_back({"signature relocated", to.name, inserted(bare, at, of.signature_text()),
                         of.is_header(to) ? std::nullopt : std::optional(kMisplaced)});
    }
  }
  for (const auto& to : of.elements) {
    if (to.is_empty_tag()) continue;
    const auto add = [&](const std::string& family, const std::string& piece, ErrorCode refusal) {
      attacks.push_back({family, to.name, inserted(of.text, to.content, piece), refusal});
    };
    add("second signature", of.signature_text(), kRepeated);
    add("second signature, empty", std::string("<ds:Signature xmlns:ds=\"") + kXmlDsig + "\"/>",
        kRepeated);
    add("second signature of another namespace", "<Signature xmlns=\"urn:x\"/>", kRepeated);
    add("element of XMLDSig", object, of.is_in_signature(to) ? kShape : kMisplaced);
  }
}

// A prefix that a name here uses means something else; one that none uses changes nothing.
void add_prefixes(const Pieces& of, Attacks& attacks) {
  for (const auto& element : of.elements) {
    const auto add = [&](const std::string& family, const std::string& prefix,
                         std::optional<ErrorCode> refusal) {
      attacks.push_back({family, element.name,
                         with_attribute(of.text, element, " xmlns:" + prefix + "=\"urn:x\""),
                         refusal});
    };
    const auto tag = of.text.substr(element.begin, element.content - element.begin);
    const bool theirs = of.is_in_signature(element);
    add("unused prefix bound", "unused", std::nullopt);
    if (theirs) add("prefix of the content bound", "edXML", std::nullopt);
    if (tag.find("xmlns:") != std::string::npos) continue;
    if (theirs) add("prefix of the signature bound otherwise", "ds", kShape);
    if (theirs) continue;
    add("prefix of the content bound otherwise", "edXML",
        of.has_signature(element) ? kMisplaced : kMismatch);
    add("prefix of the signature bound outside of it", "ds", std::nullopt);
  }
}

constexpr auto kSecurityId =
    R"( xmlns:wsu="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd" wsu:Id="a")";

void add_ids(const Pieces& of, Attacks& attacks) {
  for (const auto& element : of.elements) {
    for (const auto* id :
         {R"( Id="a")", R"( ID="a")", R"( id="a")", R"( xml:id="a")", kSecurityId}) {
      const auto marked = with_attribute(of.text, element, id);
      attacks.push_back(
          {"id", element.name, marked, of.is_in_signature(element) ? kShape : kMismatch});
      attacks.push_back(
          {"reference to an id", element.name, with(marked, R"(URI="")", R"(URI="#a")"), kShape});
    }
  }
}

Attacks all_attacks(const std::string& package) {
  const Pieces pieces(package);
  Attacks attacks;
  add_siblings(pieces, attacks);
  add_descendants(pieces, attacks);
  add_moved(pieces, attacks);
  add_whole(pieces, attacks);
  add_signatures(pieces, attacks);
  add_prefixes(pieces, attacks);
  add_ids(pieces, attacks);
  return attacks;
}

// What the whole way of a package answers: form and schema come before the signature.
const std::map<std::string_view, std::string_view> kAnswers = {
    {"descendant", "element_unknown schema_violation value_invalid"},
    {"element of XMLDSig", "element_unknown schema_violation signature_shape value_invalid"},
    {"id", "schema_violation signature_shape value_invalid"},
    {"moved aside",
     "attachment_absent attachment_unlisted digest_mismatch element_repeated element_unknown "
     "schema_violation signature_shape status_unknown value_invalid"},
    {"moved into an Object", "attachment_unlisted signature_shape status_unknown value_invalid"},
    {"prefix of the content bound", "accepted"},
    {"prefix of the content bound otherwise", "element_unknown schema_violation"},
    {"prefix of the signature bound otherwise", "signature_shape"},
    {"prefix of the signature bound outside of it", "accepted"},
    {"reference to an id", "schema_violation signature_shape value_invalid"},
    {"second signature", "element_unknown schema_violation signature_repeated value_invalid"},
    {"second signature of another namespace",
     "element_unknown schema_violation signature_repeated value_invalid"},
    {"second signature, empty",
     "element_unknown schema_violation signature_repeated value_invalid"},
    {"sibling",
     "attachment_absent attachment_unlisted digest_mismatch element_repeated schema_violation"},
    {"sibling of another namespace", "element_unknown schema_violation"},
    {"sibling with the signature", "element_repeated"},
    {"signature relocated", "accepted element_unknown schema_violation value_invalid"},
    {"unused prefix bound", "accepted"},
    {"whole package inside", "element_unknown schema_violation value_invalid"},
    {"whole package inside, its signature outside",
     "element_unknown schema_violation value_invalid"},
};

bool is_expected(std::string_view family, std::string_view answer) {
  return (' ' + std::string(kAnswers.at(family)) + ' ').find(' ' + std::string(answer) + ' ') !=
         std::string::npos;
}

struct Wrapping {
  TestPki pki;
  std::shared_ptr<const pki::TrustStore> trust = pki.trust();

  void attack(const std::string& kind_of_key, const char* sender, const std::string& package,
              std::size_t attacks_min) {
    const auto signer = signer_with(pki, sender, kind_of_key).load();
    const auto text = pki::sign_envelope(valid_envelope(package), signer).value();
    const auto original = edxml::read_envelope(text).value();
    const auto attacks = all_attacks(text);
    REQUIRE(attacks.size() >= attacks_min);
    for (const auto& attack : attacks) {
      CAPTURE(attack.family, attack.place);
      const auto alone = judge_signature(attack.text);
      const auto whole = judge(attack.text, *trust);
      const auto answer = whole ? "accepted" : describe(whole.error().code()).name;
      REQUIRE(is_expected(attack.family, answer));
      if (attack.refusal) {
        REQUIRE_FALSE(whole);
        REQUIRE_FALSE(alone);
        REQUIRE(describe(alone.error().code()).name == describe(*attack.refusal).name);
      } else {
        REQUIRE_OK(alone);
        REQUIRE_OK(whole);
        REQUIRE(same(whole.value().content(), original.content()));
      }
    }
  }

  void attack_all(const std::string& kind_of_key) {
    attack(kind_of_key, kSender, full_document(), 4000);
    attack(kind_of_key, kStatusSender, full_status(), 900);
  }
};

}  // namespace

TEST_CASE_METHOD(Wrapping, "no wrapping of a package signed with RSA is accepted", "[wrapping]") {
  attack_all("rsa");
}

TEST_CASE_METHOD(Wrapping, "no wrapping of a package signed on P-256 is accepted", "[wrapping]") {
  attack_all("p256");
}

TEST_CASE_METHOD(Wrapping, "no wrapping of a package signed on P-384 is accepted", "[wrapping]") {
  attack_all("p384");
}

}  // namespace truc::testing
