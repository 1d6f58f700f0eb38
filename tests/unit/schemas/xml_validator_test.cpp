#include <catch2/catch.hpp>
#include <thread>

#include "schemas/xml/validator.hpp"
#include "tests/support/xml_library.hpp"

using truc::ErrorCode;
using truc::Failure;
using truc::xml::Document;
using truc::xml::Validator;

namespace {

constexpr std::string_view kSchema = R"(<?xml version="1.0"?>
<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:t" xmlns="urn:t"
           elementFormDefault="qualified">
  <xs:element name="list"><xs:complexType>
    <xs:sequence><xs:element name="item" type="Item" maxOccurs="unbounded"/></xs:sequence>
    <xs:attribute name="version" type="xs:integer"/>
  </xs:complexType></xs:element>
  <xs:simpleType name="Item"><xs:restriction base="xs:string">
    <xs:maxLength value="4"/><xs:pattern value="[a-z']*"/>
  </xs:restriction></xs:simpleType>
</xs:schema>)";

Failure violation(std::string_view bytes) {
  const auto validator = Validator::compile(kSchema).value();
  const auto document = Document::parse(bytes).value();
  const auto verdict = validator.validate(document);
  REQUIRE_FALSE(verdict);
  CHECK(verdict.error().code() == ErrorCode::schema_violation);
  return verdict.error();
}

}  // namespace

TEST_CASE("a document of the schema passes", "[xml][validator]") {
  const auto validator = Validator::compile(kSchema).value();
  CHECK(validator.validate(
      Document::parse("<list xmlns='urn:t' version='1'><item>a</item></list>").value()));
}

TEST_CASE("a violation names its place and what was expected", "[xml][validator]") {
  const auto unknown = violation("<p:list xmlns:p='urn:t'><p:item/><p:other/></p:list>");
  CHECK(unknown.place() == "/p:list/p:other");
  CHECK(unknown.expected() == "This element is not expected. Expected is ( item ).");
  CHECK(unknown.found() == "other");
  const auto too_long = violation("<list xmlns='urn:t'><item/><item>abcde</item></list>");
  CHECK(too_long.place() == "/list/item[2]");
  CHECK(too_long.expected().find("maximum length of '4'") != std::string::npos);
  CHECK(violation("<list xmlns='urn:t'/>").expected() ==
        "Missing child element(s). Expected is ( item ).");
  CHECK(violation("<list/>").place() == "/list");
}

TEST_CASE("a violation does not repeat what the document says", "[xml][validator]") {
  for (const auto* bytes : {"<list xmlns='urn:t'><item>'SECRET' is not X</item></list>",
                            "<list xmlns='urn:t'><item>SECRET</item></list>",
                            "<list xmlns='urn:t' version='SECRET'><item/></list>"}) {
    const auto failure = violation(bytes);
    INFO(failure.expected());
    CHECK(failure.expected().find("SECRET") == std::string::npos);
    CHECK(failure.found().find("SECRET") == std::string::npos);
  }
}

TEST_CASE("a schema that cannot be compiled is our failure", "[xml][validator]") {
  for (const auto* xsd :
       {"", "<a/>",
        "<xs:schema xmlns:xs='http://www.w3.org/2001/XMLSchema'><xs:element/></xs:schema>",
        "<xs:schema xmlns:xs='http://www.w3.org/2001/XMLSchema'><xs:element name='a' type='b'/>"
        "</xs:schema>",
        "<xs:schema xmlns:xs='http://www.w3.org/2001/XMLSchema'>"
        "<xs:include schemaLocation='/etc/hostname'/></xs:schema>"}) {
    const auto validator = Validator::compile(xsd);
    REQUIRE_FALSE(validator);
    CHECK(validator.error().code() == ErrorCode::internal);
    CHECK_FALSE(validator.error().detail().empty());
  }
}

TEST_CASE("one schema validates on several threads at once", "[xml][validator]") {
  const auto validator = Validator::compile(kSchema).value();
  std::array<int, 4> valid{};
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < valid.size(); ++i) {
    threads.emplace_back([&, i] {
      for (int round = 0; round < 50; ++round) {
        const auto good = Document::parse("<list xmlns='urn:t'><item>a</item></list>");
        const auto bad = Document::parse("<list xmlns='urn:t'><item>A</item></list>");
        if (validator.validate(good.value()) && !validator.validate(bad.value())) ++valid[i];
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(valid == std::array<int, 4>{50, 50, 50, 50});
}
