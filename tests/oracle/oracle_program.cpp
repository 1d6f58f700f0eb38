#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <filesystem>

#include "schemas/base/check.hpp"
#include "tests/oracle/oracle.hpp"

namespace truc::testing {
namespace {

void write_all(int to, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto written = ::write(to, bytes.data(), bytes.size());
    TRUC_CHECK(written > 0, "the oracle listens as long as it is asked");
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

std::string read_exactly(int from, std::size_t size) {
  std::string bytes(size, '\0');
  for (std::size_t at = 0; at < size;) {
    const auto count = ::read(from, bytes.data() + at, size - at);
    TRUC_CHECK(count > 0, "the oracle answers every question; what it says otherwise stands above");
    at += static_cast<std::size_t>(count);
  }
  return bytes;
}

std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const auto& part : parts) text += (&part == parts.data() ? "" : ",") + part;
  return text;
}

std::string in_words(const Wish& wish, const CredentialPaths& signer) {
  std::string line = " method=" + wish.method + " digest=" + wish.digest + " c14n=" + wish.c14n +
                     " transforms=" + joined(wish.transforms) +
                     " references=" + joined(wish.references) + " parent=" + wish.parent +
                     " key_info=" + wish.key_info + " key=" + signer.key + " chain=" + signer.chain;
  if (wish.has_object) line += " object=yes";
  if (!wish.secret.empty()) line += " secret=" + wish.secret;
  return line;
}

}  // namespace

OracleProgram::OracleProgram(std::string name, const std::vector<std::string>& command)
    : name_(std::move(name)) {
  std::array<int, 2> questions{};
  std::array<int, 2> answers{};
  TRUC_CHECK(::pipe2(questions.data(), O_CLOEXEC) == 0 && ::pipe2(answers.data(), O_CLOEXEC) == 0,
             "a test has file descriptors to spare");
  posix_spawn_file_actions_t actions;
  TRUC_CHECK(posix_spawn_file_actions_init(&actions) == 0, "a small allocation");
  posix_spawn_file_actions_adddup2(&actions, questions[0], STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, answers[1], STDOUT_FILENO);
  std::vector<char*> arguments;
  for (const auto& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  const int spawned =
      posix_spawnp(&child_, arguments.front(), &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  ::close(questions[0]);
  ::close(answers[1]);
  TRUC_CHECK(spawned == 0, "the programs that tests use are installed");
  to_child_ = questions[1];
  from_child_ = answers[0];
}

OracleProgram::~OracleProgram() {
  ::close(to_child_);
  ::close(from_child_);
  ::waitpid(child_, nullptr, 0);
}

void OracleProgram::ask(std::string_view question, std::string_view document) {
  const std::size_t size = question.size() + 1 + document.size();
  std::string frame;
  for (const int shift : {24, 16, 8, 0}) frame.push_back(static_cast<char>(size >> shift));
  frame.append(question).append("\n").append(document);
  write_all(to_child_, frame);
}

std::string OracleProgram::answer() {
  std::size_t size = 0;
  for (const char c : read_exactly(from_child_, 4)) size = size << 8 | static_cast<std::uint8_t>(c);
  return read_exactly(from_child_, size);
}

std::string OracleProgram::sign(const Wish& wish, const CredentialPaths& signer,
                                const std::string& document) {
  constexpr std::string_view kSigned = "signed\n";
  ask("sign" + in_words(wish, signer), document);
  const auto answered = answer();
  if (!answered.starts_with(kSigned)) std::fprintf(stderr, "%s\n", answered.c_str());
  TRUC_CHECK(answered.starts_with(kSigned), "the oracle can do what it is asked for");
  return answered.substr(kSigned.size());
}

std::string OracleProgram::judge(const std::string& document) {
  ask("verify", document);
  return answer();
}

std::string OracleProgram::judge_leniently(const Wish& wish, const CredentialPaths& signer,
                                           const std::string& document) {
  ask("verify lenient=yes chain=" + signer.chain +
          (wish.secret.empty() ? "" : " secret=" + wish.secret),
      document);
  return answer();
}

std::unique_ptr<OracleProgram> start_jdk(const TestPki& pki) {
  return std::make_unique<OracleProgram>(
      "JDK",
      std::vector<std::string>{"java", "-XX:+UseSerialGC", "-Xmx256m",
                               TRUC_SOURCE_DIR "/tests/oracle/JdkOracle.java", pki.anchors()});
}

std::unique_ptr<OracleProgram> start_xml_crypto(const TestPki& pki) {
  const std::string folder = TRUC_SOURCE_DIR "/tests/oracle";
  TRUC_CHECK(std::filesystem::exists(folder + "/node_modules/xml-crypto"),
             "`npm ci` in tests/oracle brings xml-crypto");
  return std::make_unique<OracleProgram>(
      "xml-crypto",
      std::vector<std::string>{"node", folder + "/xml_crypto_oracle.mjs", pki.anchors()});
}

}  // namespace truc::testing
