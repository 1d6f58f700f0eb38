#include <catch2/catch.hpp>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>

#include "pki/crypto/base64.hpp"
#include "pki/crypto/digest.hpp"
#include "pki/signature/end_tag.hpp"
#include "pki/signature/profile.hpp"
#include "pki/signature/sign.hpp"
#include "pki/signature/verify.hpp"
#include "schemas/xml/canonical.hpp"
#include "tests/support/envelopes.hpp"
#include "tests/support/refusals.hpp"
#include "tests/support/run_program.hpp"
#include "tests/support/test_pki.hpp"

namespace truc::pki {
namespace {

using namespace std::chrono_literals;
using testing::CredentialPaths;
using testing::CustomCertificate;
using testing::sample_document_xml;
using testing::sample_status_xml;
using testing::TestPki;
using testing::valid_envelope;
using testing::with;
using testing::with_all;

constexpr auto kSender = "000.00.00.G22";
const std::string kMore = "http://www.w3.org/2001/04/xmldsig-more#";

Time now() {
  return SystemClock().now();
}

Result<SignedEnvelope> verdict(const std::string& bytes, const TrustStore& trust, Time at = now()) {
  TRUC_TRY(auto envelope, edxml::read_envelope(bytes));
  TRUC_TRY(auto valid, testing::rules().check(std::move(envelope)));
  return verify_envelope(std::move(valid), trust, at);
}

std::string sign(const std::string& bytes, const Credential& credential) {
  auto result = sign_envelope(valid_envelope(bytes), credential);
  REQUIRE_OK(result);
  return result.value();
}

// The text from the first `begin` to the end of the first `end` behind it.
std::string part(const std::string& text, std::string_view begin, std::string_view end) {
  const auto from = text.find(begin);
  REQUIRE(from != std::string::npos);
  const auto to = text.find(end, from);
  REQUIRE(to != std::string::npos);
  return text.substr(from, to + end.size() - from);
}

std::string signature_of(const std::string& text) {
  return part(text, "<ds:Signature ", "</ds:Signature>");
}

// Signs again what a forger has changed inside SignedInfo, with a key that is trusted: what is then
// refused is refused for its shape, not for a signature that broke.
std::string sign_again(const std::string& text, const Credential& credential) {
  auto document = xml::Document::parse(text).value();
  const auto signature = find_signatures(document).front();
  const auto info = xml::canonicalize_element(*signature.first_child());
  const std::string value = credential.key().sign(info).value();
  return with(text, part(text, "<ds:SignatureValue>", "</ds:SignatureValue>"),
              "<ds:SignatureValue>" + encode_base64(value) + "</ds:SignatureValue>");
}

struct Fixture {
  TestPki pki;
  Credential signer = pki.agency(kSender);
  std::shared_ptr<const TrustStore> trust = pki.trust();
  std::string text = sign(sample_document_xml(), signer);

  Result<SignedEnvelope> judged(const std::string& bytes) const { return verdict(bytes, *trust); }
};

struct Deviation {
  const char* from;
  const char* to;
  ErrorCode code;
  const char* place;  // the end of the XPath
};

constexpr ErrorCode kShape = ErrorCode::signature_shape;
constexpr ErrorCode kAlgorithm = ErrorCode::signature_algorithm;
const Deviation kDeviations[] = {
    {R"(URI="")", R"(URI="#id")", kShape, "/ds:Reference"},
    {R"(URI="")", "URI=\"#xpointer(/)\"", kShape, "/ds:Reference"},
    {R"(URI="")", R"(URI="http://localhost/")", kShape, "/ds:Reference"},
    {R"( URI="")", "", kShape, "/ds:Reference"},
    {R"(URI="")", R"(URI="" Id="r")", kShape, "/ds:Reference"},
    {R"(URI="")", R"(URI="" Type="http://www.w3.org/2000/09/xmldsig#Object")", kShape,
     "/ds:Reference"},
    {"<ds:SignedInfo ", "<ds:SignedInfo Id=\"i\" ", kShape, "/ds:SignedInfo"},
    {"<ds:Signature ", "<ds:Signature Id=\"s\" ", kShape, "/ds:Signature"},
    {"<ds:KeyInfo>", "<ds:KeyInfo Id=\"k\">", kShape, "/ds:KeyInfo"},
    {"<ds:SignatureValue>", "<ds:SignatureValue Id=\"v\">", kShape, "/ds:SignatureValue"},
    {"</ds:Reference>", "</ds:Reference><ds:Reference URI=\"\"/>", kShape, "/ds:Reference[2]"},
    {"<ds:Transforms>", "<ds:Transforms><!-- -->", kShape, "/ds:Transforms"},
    {"<ds:Transforms>", "<ds:Transforms>text", kShape, "/ds:Transforms"},
    {"#enveloped-signature\"></ds:Transform>",
     "#enveloped-signature\"></ds:Transform>"
     "<ds:Transform Algorithm=\"http://www.w3.org/2000/09/xmldsig#base64\"/>",
     kAlgorithm, "/ds:Transform[2]"},
    {"</ds:Transforms>",
     "<ds:Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xpath-19991116\"/></ds:Transforms>",
     kAlgorithm, "/ds:Transform[3]"},
    {"</ds:Transforms>",
     "<ds:Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"/></ds:Transforms>",
     kShape, "/ds:Transform[3]"},
    {"<ds:Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"></ds:Transform>", "",
     kShape, "/ds:Transforms"},
    {"<ds:Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\">",
     "<ds:Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\">"
     "<ec:InclusiveNamespaces xmlns:ec=\"http://www.w3.org/2001/10/xml-exc-c14n#\" "
     "PrefixList=\"edXML\"/>",
     kShape, "/ec:InclusiveNamespaces"},
    {"<ds:Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\">",
     "<ds:Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#WithComments\">", kAlgorithm,
     "/ds:Transform[2]"},
    {"<ds:Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\">",
     "<ds:Transform Algorithm=\"http://www.w3.org/TR/2001/REC-xml-c14n-20010315\">", kAlgorithm,
     "/ds:Transform[2]"},
    {"http://www.w3.org/2000/09/xmldsig#enveloped-signature",
     "http://www.w3.org/TR/1999/REC-xpath-19991116", kAlgorithm, "/ds:Transform[1]"},
    {"http://www.w3.org/2000/09/xmldsig#enveloped-signature",
     "http://www.w3.org/TR/1999/REC-xslt-19991116", kAlgorithm, "/ds:Transform[1]"},
    {"http://www.w3.org/2000/09/xmldsig#enveloped-signature",
     "http://www.w3.org/2002/06/xmldsig-filter2", kAlgorithm, "/ds:Transform[1]"},
    {"CanonicalizationMethod Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"",
     "CanonicalizationMethod Algorithm=\"http://www.w3.org/TR/2001/REC-xml-c14n-20010315\"",
     kAlgorithm, "/ds:CanonicalizationMethod"},
    {"http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",
     "http://www.w3.org/2000/09/xmldsig#rsa-sha1", kAlgorithm, "/ds:SignatureMethod"},
    {"http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",
     "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha1", kAlgorithm, "/ds:SignatureMethod"},
    {"http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",
     "http://www.w3.org/2000/09/xmldsig#hmac-sha1", kAlgorithm, "/ds:SignatureMethod"},
    {"http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",
     "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256", kAlgorithm, "/ds:SignatureMethod"},
    {"ecdsa-sha256\">", "ecdsa-sha256\"><ds:HMACOutputLength>0</ds:HMACOutputLength>", kShape,
     "/ds:HMACOutputLength"},
    {"http://www.w3.org/2001/04/xmlenc#sha256", "http://www.w3.org/2000/09/xmldsig#sha1",
     kAlgorithm, "/ds:DigestMethod"},
    {"http://www.w3.org/2001/04/xmlenc#sha256", "http://www.w3.org/2001/04/xmldsig-more#md5",
     kAlgorithm, "/ds:DigestMethod"},
    {"<ds:DigestValue>", "<ds:DigestValue><!-- -->", kShape, "/ds:DigestValue"},
    {"<ds:DigestValue>", "<ds:DigestValue>*", kShape, "/ds:DigestValue"},
    {"<ds:SignatureValue>", "<ds:SignatureValue><!-- -->", kShape, "/ds:SignatureValue"},
    {"</ds:SignatureValue>", "</ds:SignatureValue><ds:SignatureValue/>", kShape,
     "/ds:SignatureValue[2]"},
    {"<ds:X509Data>", "<ds:X509Data><ds:X509CRL>AA==</ds:X509CRL>", kShape, "/ds:X509CRL"},
    {"<ds:X509Data>", "<ds:X509Data><!-- -->", kShape, "/ds:X509Data"},
    {"<ds:X509Data>", "<ds:X509Data/><ds:X509Data>", kShape, "/ds:X509Data[2]"},
    {"<ds:X509Data>", "<ds:KeyName>k</ds:KeyName><ds:X509Data>", kShape, "/ds:KeyName"},
    {"<ds:X509Data>", "<ds:KeyValue><ds:DSAKeyValue/></ds:KeyValue><ds:X509Data>", kShape,
     "/ds:DSAKeyValue"},
    {"<ds:X509Data>", "<ds:RetrievalMethod URI=\"#x\"/><ds:X509Data>", kShape,
     "/ds:RetrievalMethod"},
    {"</ds:Signature>", "<ds:Object/></ds:Signature>", kShape, "/ds:Object"},
    {"</ds:Signature>", "<x xmlns=\"urn:x\"/></ds:Signature>", kShape, "/x"},
};

}  // namespace

TEST_CASE_METHOD(Fixture, "a signed package is verified, and what it says is then known",
                 "[pki][signature]") {
  const auto result = judged(text);
  REQUIRE_OK(result);
  const auto& envelope = result.value();
  REQUIRE(envelope.signer().text() == kSender);
  REQUIRE(envelope.bytes() == text);
  REQUIRE(envelope.digest() == sha256(text));
  REQUIRE(envelope.certificate().certificate().fingerprint() == signer.certificate().fingerprint());
  REQUIRE(envelope.content().document->subject == testing::sample_document().subject);
}

TEST_CASE_METHOD(Fixture, "signing adds the signature to the bytes and changes none of them",
                 "[pki][signature]") {
  REQUIRE(with(text, signature_of(text), "") == sample_document_xml());
  const auto end = text.find("</ds:Signature></edXML:edXMLHeader>");
  REQUIRE(end != std::string::npos);
}

TEST_CASE("every kind of key signs, documents and statuses", "[pki][signature]") {
  TestPki pki;
  const bool status = GENERATE(false, true);
  const std::string bytes = status ? sample_status_xml() : sample_document_xml();
  const std::string agency = status ? "000.00.13.H53" : kSender;
  CAPTURE(status);
  SECTION("P-256") {
    REQUIRE_OK(verdict(sign(bytes, pki.agency(agency)), *pki.trust()));
  }
  SECTION("RSA of 2048 bits") {
    REQUIRE_OK(verdict(sign(bytes, pki.agency_rsa_paths(agency).load()), *pki.trust()));
  }
  SECTION("P-384") {
    CustomCertificate wanted;
    wanted.name = "p384";
    wanted.key = "ec:P-384";
    wanted.alternative_names = "URI:urn:truc:agency:" + agency;
    REQUIRE_OK(verdict(sign(bytes, pki.custom(wanted).load()), *pki.trust()));
  }
}

TEST_CASE_METHOD(Fixture, "a package that is signed already is not signed again",
                 "[pki][signature]") {
  REQUIRE_REFUSED(sign_envelope(valid_envelope(text), signer), signature_repeated);
  const std::string placeholder = with(sample_document_xml(), "</edXML:edXMLHeader>",
                                       "<edXML:Signature>?</edXML:Signature></edXML:edXMLHeader>");
  REQUIRE_REFUSED(sign_envelope(valid_envelope(placeholder), signer), signature_repeated);
}

TEST_CASE_METHOD(Fixture, "the end tag in a comment or in CDATA does not mislead the signer",
                 "[pki][signature]") {
  const std::string bytes =
      with(sample_document_xml(), "</edXML:edXMLHeader>",
           "<!-- </edXML:edXMLHeader> --></edXML:edXMLHeader\n ><!-- </edXML:edXMLHeader> -->");
  REQUIRE_OK(judged(sign(bytes, signer)));
}

TEST_CASE("the place of an end tag is found only when it is one", "[pki][signature]") {
  const auto place = [](std::string_view xml) { return find_only_end_tag(xml, "p", "a"); };
  REQUIRE(place("<p:a></p:a>") == 5U);
  REQUIRE(place("<p:a></p:a\t>") == 5U);
  REQUIRE(place("<!--</p:a>--><p:a><![CDATA[</p:a>]]></p:a>") == 36U);
  REQUIRE_FALSE(place("<p:a/>"));
  REQUIRE_FALSE(place("<p:ab></p:ab>"));
  REQUIRE_FALSE(place("<p:a><p:a></p:a></p:a>"));
  REQUIRE_FALSE(place("<!--</p:a>"));
  REQUIRE(find_only_end_tag("<a></a>", "", "a") == 3U);
}

TEST_CASE_METHOD(Fixture, "packages in the default namespace are signed and verified",
                 "[pki][signature]") {
  std::string bytes = with_all(sample_document_xml(), "edXML:edXML", "edXML");
  bytes = with_all(bytes, "<edXML:", "<");
  bytes = with_all(bytes, "</edXML:", "</");
  bytes = with(bytes, "xmlns:edXML=", "xmlns=");
  REQUIRE_OK(judged(sign(bytes, signer)));
}

TEST_CASE_METHOD(Fixture, "no signed content can change", "[pki][signature][forgery]") {
  const auto forged = GENERATE(
      std::pair{"7816", "7817"}, std::pair{"Công văn 7816.pdf", "Công văn 7817.pdf"},
      std::pair{"Trần Văn Bình", "Trần Văn Bính"}, std::pair{"000.00.00.G14", "000.00.00.G15"},
      std::pair{"2015/09/30 16:45:10", "2015/09/30 16:45:11"}, std::pair{"JVBERi0x", "JVBERi0y"},
      std::pair{"<edXML:DueDate>2015/10/15</edXML:DueDate>", ""},
      std::pair{"KT. BỘ TRƯỞNG", "KT.  BỘ TRƯỞNG"},
      std::pair{"<edXML:edXMLBody>", "<edXML:edXMLBody> "});
  CAPTURE(forged.first);
  REQUIRE_REFUSED(judged(with_all(text, forged.first, forged.second)), digest_mismatch);
}

TEST_CASE_METHOD(Fixture, "what says the same in other bytes is the same to the signature",
                 "[pki][signature]") {
  // Exclusive C14N does not see these; the digest of the received bytes, which receipts name, does.
  const std::string other = with(text, "<edXML:edXMLBody>", "<edXML:edXMLBody  ><!-- -->");
  const auto result = judged(other);
  REQUIRE_OK(result);
  REQUIRE(result.value().digest() != sha256(text));
}

TEST_CASE_METHOD(Fixture, "a signature in another place, or another one beside it, is refused",
                 "[pki][signature][forgery]") {
  const std::string signature = signature_of(text);
  const std::string bare = with(text, signature, "");
  const std::string end = "</edXML:edXMLHeader>";

  SECTION("none") {
    REQUIRE_REFUSED(judged(bare), signature_missing);
  }
  SECTION("twice") {
    REQUIRE_REFUSED(judged(with(bare, end, signature + signature + end)), signature_repeated);
  }
  SECTION("in the standard's namespace") {
    const auto result = judged(with(bare, end, "<edXML:Signature>?</edXML:Signature>" + end));
    REQUIRE_REFUSED(result, signature_misplaced);
    REQUIRE(result.error().place().ends_with("/edXML:edXMLHeader/edXML:Signature"));
  }
  SECTION("one in each namespace") {
    REQUIRE_REFUSED(judged(with(text, end, "<edXML:Signature>?</edXML:Signature>" + end)),
                    signature_repeated);
  }
  SECTION("inside itself") {
    REQUIRE_REFUSED(judged(with(text, "<ds:X509Data>", "<ds:X509Data>" + signature)),
                    signature_repeated);
  }
  SECTION("in the body") {
    REQUIRE_FALSE(judged(with(bare, "</edXML:edXMLBody>", signature + "</edXML:edXMLBody>")));
  }
  SECTION("below the root") {
    REQUIRE_FALSE(judged(with(bare, "</edXML:edXML>", signature + "</edXML:edXML>")));
  }
  SECTION("in the message header") {
    REQUIRE_FALSE(
        judged(with(bare, "</edXML:MessageHeader>", signature + "</edXML:MessageHeader>")));
  }
}

// The verifier must not lean on the reader, which also refuses some of these.
TEST_CASE_METHOD(Fixture, "the place of the signature is judged without help of the schema",
                 "[pki][signature][forgery]") {
  const auto judged_alone = [](const std::string& bytes) {
    const auto document = xml::Document::parse(bytes).value();
    return read_signature(document);
  };
  const std::string signature = signature_of(text);
  const std::string bare = with(text, signature, "");
  REQUIRE_OK(judged_alone(text));
  for (const auto* end : {"</edXML:edXMLBody>", "</edXML:edXML>", "</edXML:MessageHeader>",
                          "</edXML:edXMLEnvelope>", "</edXML:AttachmentEncoded>"}) {
    CAPTURE(end);
    REQUIRE_REFUSED(judged_alone(with(bare, end, signature + end)), signature_misplaced);
    REQUIRE_REFUSED(judged_alone(with(text, end, signature + end)), signature_repeated);
    REQUIRE_REFUSED(judged_alone(with(text, end, "<Signature/>" + std::string(end))),
                    signature_repeated);
  }
  const std::string end = "</edXML:edXMLHeader>";
  const std::string object = "<ds:Object xmlns:ds=\"" + std::string(kXmlDsig) + "\">";
  REQUIRE_REFUSED(judged_alone(with(text, end, object + "</ds:Object>" + end)),
                  signature_misplaced);
  REQUIRE_REFUSED(judged_alone(with(bare, end, object + signature + "</ds:Object>" + end)),
                  signature_misplaced);
  // The signed header moved aside, as in a wrapping attack, and a forged one in its place.
  const std::string header = part(text, "<edXML:edXMLHeader>", "</edXML:edXMLHeader>");
  const std::string wrapped =
      "<edXML:edXMLHeader/><x:aside xmlns:x=\"urn:x\">" + header + "</x:aside>";
  REQUIRE_REFUSED(judged_alone(with(text, header, wrapped)), signature_misplaced);
  // A header of the right name in another namespace.
  const std::string foreign =
      with_all(with_all(header, "<edXML:edXMLHeader>", "<x:edXMLHeader xmlns:x=\"urn:x\">"),
               "</edXML:edXMLHeader>", "</x:edXMLHeader>");
  REQUIRE_REFUSED(judged_alone(with(text, header, foreign)), signature_misplaced);
}

TEST_CASE_METHOD(Fixture, "a second From, or a header moved aside, is refused",
                 "[pki][signature][forgery]") {
  const std::string from = part(text, "<edXML:From>", "</edXML:From>");
  const std::string forged = with_all(from, kSender, "000.00.00.G14");
  REQUIRE_REFUSED(judged(with(text, from, forged + from)), element_repeated);
  REQUIRE_REFUSED(judged(with(text, from, from + forged)), element_repeated);
  // What the signature does not cover is itself, and nothing else fits into it.
  REQUIRE_REFUSED(
      judged(with(text, "</ds:KeyInfo>", "</ds:KeyInfo><ds:Object>" + from + "</ds:Object>")),
      signature_shape);
  REQUIRE_REFUSED(judged(with(text, "<ds:X509Data>", "<ds:X509Data>" + from)), signature_shape);
  REQUIRE_REFUSED(judged(with(text, "</ds:X509Data>", "</ds:X509Data>" + from)), signature_shape);
  REQUIRE_REFUSED(judged(with(text, "<ds:SignatureValue>", from + "<ds:SignatureValue>")),
                  signature_shape);
}

TEST_CASE_METHOD(Fixture, "each deviation from the profile's shape is refused, even well signed",
                 "[pki][signature][forgery]") {
  for (const auto& [from, to, code, place] : kDeviations) {
    CAPTURE(from, to);
    std::string forged = text;
    forged.replace(forged.find(from), std::string_view(from).size(), to);
    REQUIRE(forged != text);
    if (std::string_view(to).find("SignatureValue") == std::string_view::npos &&
        std::string_view(from).find("SignatureValue") == std::string_view::npos)
      forged = sign_again(forged, signer);
    const auto result = judged(forged);
    REQUIRE_FALSE(result);
    INFO(to_log_line(result.error()));
    REQUIRE(result.error().code() == code);
    REQUIRE(result.error().place().ends_with(place));
  }
}

TEST_CASE_METHOD(Fixture, "what does not fit the shape is named", "[pki][signature][forgery]") {
  struct Row {
    const char* from;
    const char* to;
    const char* expected;
    const char* found;
  };
  const auto row = GENERATE(values<Row>({
      {"<ds:Transforms>", "<ds:Transforms><!-- -->", "elements only", "a comment between them"},
      {"<ds:KeyInfo>", "<ds:KeyInfo><![CDATA[ ]]>", "elements only",
       "a CDATA section between them"},
      {"<ds:X509Data>", "<ds:X509Data>text", "elements only", "text between them"},
      {"<ds:DigestValue>", "<ds:DigestValue><!-- -->", "plain text", "a comment inside"},
      {"<ds:SignatureValue>", "<ds:SignatureValue><x/>", "plain text", "an element inside"},
      {"<ds:SignatureValue>", "<ds:SignatureValue>*", "canonical base64", "something else"},
      {"==</ds:SignatureValue>", "=\n=</ds:SignatureValue>", "canonical base64",
       "white space in the padding"},
      {"<ds:Signature ", "<ds:Signature Id=\"s\" ", "no attributes", "the attributes Id"},
      {"URI=\"\"", "URI=\"\" Id=\"s\" xml:id=\"t\"", "only URI", "the attributes URI, Id, xml:id"},
      {"</ds:Signature>", "<ds:Object/></ds:Signature>", "nothing more", "Object"},
      {"</ds:X509Data>", "</ds:X509Data><x/>", "one X509Data", "{}x"},
  }));
  std::string forged = text;
  const auto result = judged(forged.replace(forged.find(row.from), std::strlen(row.from), row.to));
  REQUIRE_REFUSED(result, signature_shape);
  REQUIRE(result.error().expected() == row.expected);
  REQUIRE(result.error().found() == row.found);
}

TEST_CASE_METHOD(Fixture, "what a signature of another kind is comes before what it lacks",
                 "[pki][signature][forgery]") {
  const auto key_info = part(text, "<ds:KeyInfo>", "</ds:KeyInfo>");
  const auto result =
      judged(with(with(text, key_info, ""), kMore + "ecdsa-sha256", kMore + "hmac-sha256"));
  REQUIRE_REFUSED(result, signature_algorithm);
  REQUIRE(result.error().found() == kMore + "hmac-sha256");
}

TEST_CASE_METHOD(Fixture, "certificates inside the signature are read strictly",
                 "[pki][signature][forgery]") {
  const std::string first =
      "<ds:X509Certificate>" + encode_base64(signer.certificate().der()) + "</ds:X509Certificate>";
  const auto replaced = [&](const std::string& content) {
    return judged(with(text, first, content));
  };
  const std::string& der = signer.certificate().der();
  const auto element = [](const std::string& content) {
    return "<ds:X509Certificate>" + content + "</ds:X509Certificate>";
  };
  REQUIRE_REFUSED(replaced(element(encode_base64(der + "x"))), certificate_malformed);
  REQUIRE_REFUSED(replaced(element("AAAA")), certificate_malformed);
  REQUIRE_REFUSED(replaced(element("")), signature_shape);
  REQUIRE_REFUSED(replaced(element("<!-- -->" + encode_base64(der))), signature_shape);
  REQUIRE_REFUSED(replaced(element("&#65;*")), signature_shape);
  REQUIRE_REFUSED(replaced(""), signature_invalid);  // the authority's own comes first then
  REQUIRE_REFUSED(replaced(first + first + first + first + first), signature_shape);
  const auto none = part(text, "<ds:X509Certificate>", "</ds:X509Data>");
  REQUIRE_REFUSED(judged(with(text, none, "</ds:X509Data>")), signature_shape);
  // What other signers add.
  REQUIRE_OK(
      replaced("\n <ds:X509SubjectName>CN=x</ds:X509SubjectName>\n<ds:X509IssuerSerial>"
               "<ds:X509IssuerName>CN=y</ds:X509IssuerName><ds:X509SerialNumber>1"
               "</ds:X509SerialNumber></ds:X509IssuerSerial>" +
               first));
  REQUIRE_OK(judged(with(text, "<ds:X509Data>",
                         "<ds:KeyValue><ds:RSAKeyValue><ds:Modulus>AQ==</ds:Modulus><ds:Exponent>"
                         "AQAB</ds:Exponent></ds:RSAKeyValue></ds:KeyValue><ds:X509Data>")));
}

TEST_CASE_METHOD(Fixture, "a signature of another key or another content is refused",
                 "[pki][signature][forgery]") {
  const auto other = pki.agency("000.00.00.G14");
  const std::string value = part(text, "<ds:SignatureValue>", "</ds:SignatureValue>");
  REQUIRE_REFUSED(judged(sign_again(text, other)), signature_invalid);
  REQUIRE_REFUSED(judged(with(text, value, "<ds:SignatureValue>AAAA</ds:SignatureValue>")),
                  signature_invalid);
  const std::string second = sign(with_all(sample_document_xml(), "7816", "7817"), signer);
  REQUIRE_REFUSED(
      judged(with(text, value, part(second, "<ds:SignatureValue>", "</ds:SignatureValue>"))),
      signature_invalid);
  REQUIRE_REFUSED(judged(with(text, signature_of(text), signature_of(second))), digest_mismatch);
  // An algorithm that the key is not of.
  const std::string rsa = with(text, "#ecdsa-sha256", "#rsa-sha256");
  REQUIRE_REFUSED(judged(sign_again(rsa, signer)), signature_algorithm);
}

TEST_CASE_METHOD(Fixture, "only the sender itself may sign", "[pki][signature][forgery]") {
  const auto by = [&](const Credential& credential) {
    return judged(sign(sample_document_xml(), credential));
  };
  const auto wrong = by(pki.agency("000.00.00.G14"));
  REQUIRE_REFUSED(wrong, signer_is_not_sender);
  REQUIRE(wrong.error().expected() == kSender);
  REQUIRE(wrong.error().found() == "000.00.00.G14");
  REQUIRE_REFUSED(by(pki.system("00.53.W00", {kSender}).load()), certificate_usage);
  REQUIRE_REFUSED(by(pki.hub_receipts("vn1").load()), certificate_identity);
  CustomCertificate wanted;
  wanted.name = "code-signing";
  wanted.extended_usage = "codeSigning";
  wanted.alternative_names = "URI:urn:truc:agency:000.00.00.G22";
  REQUIRE_REFUSED(by(pki.custom(wanted).load()), certificate_usage);
}

TEST_CASE_METHOD(Fixture, "an untrusted, expired, revoked or unclear signer is refused",
                 "[pki][signature][forgery]") {
  const std::string theirs = pki.dir() + "/theirs";
  testing::require_program({TRUC_SOURCE_DIR "/pki/ca/truc-pki", "init", theirs});
  testing::require_program({TRUC_SOURCE_DIR "/pki/ca/truc-pki", "agency", theirs, kSender, "--ec"});
  const std::string folder = theirs + "/agencies/" + kSender + "/sign";
  const auto stranger = CredentialPaths{folder + ".key", folder + ".chain.pem"}.load();
  REQUIRE_REFUSED(judged(sign(sample_document_xml(), stranger)), certificate_untrusted);
  REQUIRE_REFUSED(verdict(text, *trust, now() - 1h), certificate_expired);
  REQUIRE_REFUSED(verdict(text, *trust, signer.certificate().not_after() + 1h),
                  certificate_expired);
  REQUIRE_REFUSED(verdict(text, *trust, now() + 60 * 24h), revocation_unknown);
  pki.revoke(pki.agency_paths(kSender));
  REQUIRE_REFUSED(verdict(text, *pki.trust()), certificate_revoked);
}

TEST_CASE_METHOD(Fixture, "a signature is noticed wherever it stands", "[pki][signature]") {
  const auto noticed = [](const std::string& bytes) {
    return has_signature(edxml::read_envelope(bytes).value());
  };
  REQUIRE(noticed(text));
  REQUIRE_FALSE(noticed(sample_document_xml()));
  REQUIRE(noticed(with(sample_document_xml(), "</edXML:edXMLHeader>",
                       "<edXML:Signature/></edXML:edXMLHeader>")));
}

}  // namespace truc::pki
