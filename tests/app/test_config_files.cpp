// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <array>
#include <filesystem>
#include <sstream>

#include "app/config_test.h"
#include "cli/config_command.h"
#include "config/reference_page.h"
#include "config/sha256.h"
#include "config/writer.h"

using anda::sim::config_command;
using anda::sim::load_run_config;
using anda::sim::RunConfig;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

const std::string configs = ANDA_SOURCE_DIR "/configs/";

std::string output_of(const std::vector<std::string>& args) {
  std::ostringstream out;
  REQUIRE(config_command(args, out) == 0);
  return out.str();
}

std::string error_of_command(const std::vector<std::string>& args) {
  std::ostringstream out;
  const std::string error = error_of([&] { config_command(args, out); });
  CHECK(out.str().empty());
  return error;
}

}  // namespace

TEST_CASE("the configurations of the paper have its precision", "[config]") {
  struct Run {
    const char* file;
    const char* model;
    std::array<std::uint32_t, 4> lengths;
  };
  // Fig. 14 of the paper, WikiText-2.
  const std::vector<Run> runs{
      {"opt-1.3b-loss-0.1", "OPT-1.3B", {8, 6, 5, 5}},       {"opt-1.3b-loss-1", "OPT-1.3B", {8, 5, 5, 4}},
      {"opt-2.7b-loss-0.1", "OPT-2.7B", {7, 5, 5, 5}},       {"opt-2.7b-loss-1", "OPT-2.7B", {6, 5, 5, 4}},
      {"opt-6.7b-loss-0.1", "OPT-6.7B", {7, 5, 5, 4}},       {"opt-6.7b-loss-1", "OPT-6.7B", {6, 4, 5, 4}},
      {"llama-7b-loss-0.1", "LLaMA-7B", {9, 8, 8, 7}},       {"llama-7b-loss-1", "LLaMA-7B", {7, 6, 6, 6}},
      {"llama2-7b-loss-0.1", "LLaMA2-7B", {9, 7, 8, 8}},     {"llama2-7b-loss-1", "LLaMA2-7B", {7, 6, 6, 6}},
      {"opt-13b-loss-0.1", "OPT-13B", {7, 6, 5, 5}},         {"opt-13b-loss-1", "OPT-13B", {6, 6, 5, 4}},
      {"llama-13b-loss-0.1", "LLaMA-13B", {10, 8, 8, 8}},    {"llama-13b-loss-1", "LLaMA-13B", {7, 5, 6, 6}},
      {"llama2-13b-loss-0.1", "LLaMA2-13B", {10, 10, 8, 9}}, {"llama2-13b-loss-1", "LLaMA2-13B", {7, 7, 6, 7}},
      {"opt-30b-loss-0.1", "OPT-30B", {7, 5, 5, 4}},         {"opt-30b-loss-1", "OPT-30B", {6, 4, 5, 4}},
  };
  for (const Run& run : runs) {
    const RunConfig config = load_run_config(configs + "paper/" + run.file + ".yaml");
    CHECK(config.workload.model == run.model);
    CHECK(std::array<std::uint32_t, 4>{config.precision.a_qkv, config.precision.a_o, config.precision.a_u,
                                       config.precision.a_d} == run.lengths);
    CHECK_THAT(config.name, StartsWith(run.model));
    // Everything else is the default.
    RunConfig plain = anda::sim::default_run_config();
    plain.name = config.name;
    plain.workload.model = config.workload.model;
    plain.precision = config.precision;
    CHECK(anda::sim::to_yaml(config) == anda::sim::to_yaml(plain));
  }
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(configs + "paper"))
    files += entry.is_regular_file() ? 1u : 0u;
  CHECK(files == runs.size());
}

TEST_CASE("the main configuration is LLaMA-13B within 1 % loss", "[config]") {
  RunConfig main = load_run_config(configs + "llama-13b.yaml");
  const RunConfig paper = load_run_config(configs + "paper/llama-13b-loss-1.yaml");
  main.name = paper.name;
  CHECK(anda::sim::to_yaml(main) == anda::sim::to_yaml(paper));
}

TEST_CASE("docs/configuration.md is what the program prints", "[config]") {
  CHECK(read_text(ANDA_SOURCE_DIR "/docs/configuration.md") == anda::sim::reference_page());
  CHECK(output_of({"--reference"}) == anda::sim::reference_page());
  CHECK_THAT(anda::sim::reference_page(),
             Contains("| `data_rate_bit_per_s` | number | bit/s | `2000000000` | 1000000 … 1000000000000 |"));
  CHECK_THAT(anda::sim::reference_page(), Contains("| `bytes` | whole number | bytes | `1048576` |"));
}

TEST_CASE("the errors shown in the reference page are the real ones", "[config]") {
  const std::string error = error_of([] {
    anda::sim::parse_run_config(
        "workload: {model: LLaMA-13B}\naccelerator: {mxu: {\n  row: 32}}\n\nprecision: [7, 5, 6]\n", "llama.yaml",
        {"dram.channels=0"});
  });
  CHECK_THAT(anda::sim::reference_page(), Contains("```text\n" + error + "\n```"));
}

TEST_CASE("the examples of the reference page are right", "[config]") {
  TemporaryFolder folder;
  folder.write("llama-13b.yaml", read_text(configs + "llama-13b.yaml"));
  folder.write("technology/16nm.yaml", read_text(configs + "technology/16nm.yaml"));
  const std::string page = anda::sim::reference_page();
  const std::string fence = "```yaml\n";
  int examples = 0;
  for (std::size_t at = page.find(fence); at != std::string::npos; at = page.find(fence, at + 1)) {
    const std::size_t begin = at + fence.size();
    const std::string text = page.substr(begin, page.find("```", begin) - begin);
    INFO(text);
    const std::string file = folder.write("example.yaml", text);
    CHECK(error_of([&] { load_run_config(file, {"workload.model=OPT-30B"}); }).empty());
    ++examples;
  }
  CHECK(examples == 6);
}

TEST_CASE("the config command", "[config]") {
  const std::string file = configs + "llama-13b.yaml";
  CHECK(output_of({file}) == anda::sim::to_yaml(load_run_config(file)));
  CHECK(output_of({file, "--set", "dram.channels=8", "--set=name=x"}) ==
        anda::sim::to_yaml(load_run_config(file, {"dram.channels=8", "name=x"})));
  CHECK(output_of({"--set", "dram.channels=8", file}) == output_of({file, "--set", "dram.channels=8"}));
  CHECK(output_of({}) == anda::sim::to_yaml(anda::sim::default_run_config()));
  CHECK_THAT(output_of({}), Contains("model: \"LLaMA-13B\"") && Contains("A_qkv: 11"));
  CHECK(output_of({file, "--check"}) == file + ": valid\n");
  CHECK_THAT(output_of({"--help"}), StartsWith("usage: anda-sim config") && Contains("--set KEY=VALUE"));

  CHECK_THAT(error_of_command({file, "--check", "--set", "dram.channels=0"}),
             StartsWith("--set dram.channels=0: dram.channels: is 0"));
  CHECK_THAT(error_of_command({"--bogus"}), Contains("unknown option --bogus") && Contains("--help"));
  CHECK_THAT(error_of_command({"--chec", file}), Contains("unknown option --chec; did you mean `--check`?"));
  CHECK_THAT(error_of_command({"--set"}), Contains("'--set' is missing"));
  CHECK_THAT(error_of_command({file, file}), Contains("takes one file"));
  CHECK_THAT(error_of_command({"--check"}), Contains("--check needs a file"));
  CHECK_THAT(error_of_command({"--reference", file}), Contains("--reference takes no other arguments"));
  CHECK_THAT(error_of_command({"none.yaml"}), StartsWith("none.yaml: cannot be opened"));
}

TEST_CASE("SHA-256", "[config]") {
  // FIPS 180-2, examples B.1 and B.2, and the empty message.
  CHECK(anda::sim::sha256_hex("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(anda::sim::sha256_hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  anda::sim::Sha256 pieces;
  pieces.add("abcdbcdecdefdefgefghfghighij");
  pieces.add("hijkijkljklmklmnlmnomnopnopq");
  CHECK(pieces.hex() == "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

TEST_CASE("the hash of a configuration does not depend on folders", "[config]") {
  TemporaryFolder folder;
  folder.write("a/t.csv", "");
  folder.write("b/t.csv", "");
  folder.write("b/u.csv", "");
  const auto hash = [&](const std::string& trace) {
    return anda::sim::config_hash(
        load_run_config(configs + "llama-13b.yaml", {"workload.trace=" + folder.path(trace)}));
  };
  CHECK(hash("a/t.csv") == hash("b/t.csv"));
  CHECK(hash("b/t.csv") != hash("b/u.csv"));
  const auto served = [&](const std::string& trace) {
    return anda::sim::config_hash(anda::sim::load_serve_config(configs + "serving/llama-3-8b.yaml",
                                                               {"serving.requests.trace=" + folder.path(trace)}));
  };
  CHECK(served("a/t.csv") == served("b/t.csv"));
  CHECK(served("b/t.csv") != served("b/u.csv"));
  CHECK(anda::sim::config_hash(anda::sim::default_run_config()).size() == 64);
  CHECK(anda::sim::config_hash(anda::sim::default_run_config()) !=
        anda::sim::config_hash(anda::sim::default_run_config({"dram.channels=8"})));
}
