#include "bench/subject/hub_config.hpp"

#include <fmt/format.h>

#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

namespace truc::bench {
namespace {

std::string fanout_config(const KafkaLog& kafka) {
  const auto quoted = [](const std::string& text) {
    return boost::json::serialize(boost::json::value(text));  // valid TOML
  };
  return fmt::format(
      "[fanout]\nkind = \"kafka\"\nbootstrap = {}\nacknowledge = {}\n"
      "topic_prefix = {}\njournal = {}\ngroup = {}\n",
      quoted(kafka.bootstrap), quoted(kafka.acknowledge), quoted(kafka.topic_prefix + "level"),
      quoted(kafka.topic_prefix + "journal"), quoted(kafka.topic_prefix + "hub"));
}

}  // namespace

std::string hub_config(const HubPlace& place, const Authority& authority) {
  const auto quoted = [&](const std::filesystem::path& path) {
    const auto written = place.base.empty() ? path : path.lexically_relative(place.base);
    return boost::json::serialize(boost::json::value(written.string()));  // valid TOML
  };
  const auto hub = authority.hub_folder();
  auto text = fmt::format(
      "id = \"{}\"\ndata = {}\ndirectory = {}\n"
      "[agency_listener]\naddress = \"{}\"\nport = {}\n"
      "[operator_listener]\naddress = \"{}\"\nport = {}\n"
      "[tls]\nkey = {}\nchain = {}\n[receipt]\nkey = {}\nchain = {}\n"
      "[trust]\nanchors = [{}]\ncrls = [{}, {}]\n",
      Authority::kHubId, quoted(place.data), quoted(place.directory), place.address,
      place.agency_port, place.address, place.operator_port, quoted(hub / "tls.key"),
      quoted(hub / "tls.chain.pem"), quoted(hub / "receipt.key"), quoted(hub / "receipt.chain.pem"),
      quoted(authority.anchors()), quoted(authority.root_list()), quoted(authority.issuing_list()));
  if (place.kafka) text += fanout_config(*place.kafka);
  return text;
}

}  // namespace truc::bench
