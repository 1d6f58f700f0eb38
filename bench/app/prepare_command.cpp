#include <fmt/format.h>

#include "bench/app/command.hpp"
#include "bench/subject/hub_config.hpp"

namespace truc::bench {
namespace {

struct Options {
  std::string folder;
  std::string programs;
  std::size_t units = kUnitsOf2020;
  std::string address = "127.0.0.1";
  std::uint16_t agency_port = 8'443;
  std::uint16_t operator_port = 8'444;
};

constexpr auto kWords =
    "{0} holds a directory of {1} agencies, an authority, and the hub's certificates for {2}.\n"
    "Start the hub there:\n"
    "  cd {0} && truc-hub --config hub.toml\n"
    "or on another machine: copy hub.toml, directory.jsonl, pki/anchors.pem, pki/crl and pki/hub "
    "there,\nand leave pki/ca here. Then, here:\n"
    "  truc-bench e2e --hub {2}:{3} --operators {2}:{4} --material {0}\n";

Result<Exit> run(const Options& options) {
  TRUC_TRY(const auto made, RunFolder::make(options.folder));
  const auto& folder = made->path();
  const Nation nation(options.units);
  const auto directory = directory_in(folder);
  TRUC_TRY(nation.write_directory(directory));
  TRUC_TRY(const auto authority,
           Authority::open(authority_in(folder), programs_in(options.programs) / "truc-pki",
                           options.address));
  const HubPlace place{.base = folder,
                       .data = folder / "data",
                       .directory = directory,
                       .address = options.address,
                       .agency_port = options.agency_port,
                       .operator_port = options.operator_port};
  TRUC_TRY(write_text(folder / "hub.toml", hub_config(place, *authority)));
  const auto text_of = [](std::uint16_t port) {
    return port == 0 ? std::string("PORT") : std::to_string(port);
  };
  fmt::print(kWords, folder.string(), options.units, options.address, text_of(options.agency_port),
             text_of(options.operator_port));
  return Exit::done;
}

}  // namespace

Command declare_prepare(CLI::App& app, const std::vector<std::string>&) {
  auto* command = app.add_subcommand(
      "prepare", "What a hub needs that runs elsewhere and is driven from here.");
  const auto options = std::make_shared<Options>();
  command->add_option("folder", options->folder, "It must be new.")->required();
  declare_programs(*command, options->programs);
  add_count(*command, "--units", options->units, "Agencies in the directory.", 1'000'000,
            kUnitsMin);
  command->add_option("--address", options->address, "IPv4 address at which the hub is reached.")
      ->check(CLI::ValidIPV4)
      ->capture_default_str();
  command
      ->add_option("--agency-port", options->agency_port, "0: the hub's data/run.json will tell.")
      ->capture_default_str();
  command->add_option("--operator-port", options->operator_port, "The same.")
      ->capture_default_str();
  return [options] { return run(*options); };
}

}  // namespace truc::bench
