// An XML Schema (XSD 1.0) compiled once and used by any number of threads.
#pragma once

#include <memory>
#include <string_view>

#include "schemas/base/faults.hpp"
#include "schemas/xml/reader.hpp"

namespace truc::xml {

class Validator {
 public:
  // `xsd` is the text of one self-contained schema (no include or import is followed).
  // Failure: internal, with libxml2's words as detail.
  static Result<Validator> compile(std::string_view xsd);

  // Failure: schema_violation with the place's XPath, and what was expected and found in libxml2's
  // words without document content. The first violation only.
  Result<void> validate(const Document& document) const;
  // Every violation into `faults`, as libxml2 finds them: of what stands wrongly among siblings
  // only the first. A place of which a fault is told already is passed over.
  Result<void> validate(const Document& document, Faults& faults) const;

 private:
  struct Schema;
  explicit Validator(std::shared_ptr<const Schema> schema) : schema_(std::move(schema)) {}
  std::shared_ptr<const Schema> schema_;
};

}  // namespace truc::xml
