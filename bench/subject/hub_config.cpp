#include "bench/subject/hub_config.hpp"

#include <fmt/format.h>

#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

namespace truc::bench {
namespace {

std::string quoted(const std::string& text) {
  return boost::json::serialize(boost::json::value(text));  // valid TOML
}

std::string fanout_config(const KafkaLog& kafka) {
  return fmt::format(
      "[fanout]\nkind = \"kafka\"\nbootstrap = {}\nacknowledge = {}\n"
      "topic_prefix = {}\njournal = {}\ngroup = {}\n",
      quoted(kafka.bootstrap), quoted(kafka.acknowledge), quoted(kafka.topic_prefix + "level"),
      quoted(kafka.topic_prefix + "journal"), quoted(kafka.topic_prefix + "hub"));
}

}  // namespace

std::string hub_config(const HubPlace& place, const Authority& authority) {
  const auto written = [&](const std::filesystem::path& path) {
    return quoted((place.base.empty() ? path : path.lexically_relative(place.base)).string());
  };
  const auto hub = authority.hub_folder();
  auto text = fmt::format(
      "id = \"{}\"\ndata = {}\ndirectory = {}\n"
      "[agency_listener]\naddress = \"{}\"\nport = {}\n"
      "[operator_listener]\naddress = \"{}\"\nport = {}\n"
      "[tls]\nkey = {}\nchain = {}\n[receipt]\nkey = {}\nchain = {}\n"
      "[trust]\nanchors = [{}]\ncrls = [{}, {}]\n",
      Authority::kHubId, written(place.data), written(place.directory), place.address,
      place.agency_port, place.address, place.operator_port, written(hub / "tls.key"),
      written(hub / "tls.chain.pem"), written(hub / "receipt.key"),
      written(hub / "receipt.chain.pem"), written(authority.anchors()),
      written(authority.root_list()), written(authority.issuing_list()));
  if (place.kafka) text += fanout_config(*place.kafka);
  return text;
}

}  // namespace truc::bench
