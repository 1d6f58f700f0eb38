#include "bench/subject/hub_config.hpp"

#include <fmt/format.h>

#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

namespace truc::bench {

std::string hub_config(const HubPlace& place, const Authority& authority) {
  const auto quoted = [&](const std::filesystem::path& path) {
    const auto written = place.base.empty() ? path : path.lexically_relative(place.base);
    return boost::json::serialize(boost::json::value(written.string()));  // valid TOML
  };
  const auto hub = authority.hub_folder();
  return fmt::format(
      "id = \"{}\"\ndata = {}\ndirectory = {}\n"
      "[agency_listener]\naddress = \"{}\"\nport = {}\n"
      "[operator_listener]\naddress = \"{}\"\nport = {}\n"
      "[tls]\nkey = {}\nchain = {}\n[receipt]\nkey = {}\nchain = {}\n"
      "[trust]\nanchors = [{}]\ncrls = [{}, {}]\n",
      Authority::kHubId, quoted(place.data), quoted(place.directory), place.address,
      place.agency_port, place.address, place.operator_port, quoted(hub / "tls.key"),
      quoted(hub / "tls.chain.pem"), quoted(hub / "receipt.key"), quoted(hub / "receipt.chain.pem"),
      quoted(authority.anchors()), quoted(authority.root_list()), quoted(authority.issuing_list()));
}

}  // namespace truc::bench
