#include "hub/routing/places.hpp"

namespace truc::hub::places {
namespace {

std::string in_header(const std::string& path) {
  return "/edXML:edXML/edXML:edXMLEnvelope/edXML:edXMLHeader/edXML:MessageHeader/" + path;
}

}  // namespace

std::string sender() {
  return in_header("edXML:From/edXML:OrganId");
}

std::string addressee(std::size_t index, std::size_t of) {
  const std::string number = of > 1 ? '[' + std::to_string(index + 1) + ']' : std::string();
  return in_header("edXML:To" + number + "/edXML:OrganId");
}

std::string response_for() {
  return in_header("edXML:ResponseFor/edXML:OrganId");
}
std::string responding_document() {
  return in_header("edXML:ResponseFor/edXML:DocumentId");
}
std::string status_code() {
  return in_header("edXML:StatusCode");
}

}  // namespace truc::hub::places
