// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <algorithm>
#include <chrono>

#include "app/config_test.h"
#include "text/nearest.h"

using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

/// Put before the text of a case, so that what is tested begins in line 2.
const std::string workload = "workload: {model: LLaMA-13B}\n";

struct Case {
  std::string yaml;
  std::string place;
  std::vector<std::string> fragments;
};

std::size_t lines_of(const std::string& text) {
  return text.empty() ? 0 : static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) + 1;
}

}  // namespace

TEST_CASE("every wrong configuration is refused with one line that names place, key and remedy", "[config]") {
  const std::vector<Case> cases{
      // unknown keys
      {"precission: 8", "file.yaml:2:1", {"precission: is not a key", "did you mean `precision`?"}},
      {"bsae: other.yaml", "file.yaml:2:1", {"bsae: is not a key", "did you mean `base`?"}},
      {"accelerator:\n  mxu:\n    Row: 8",
       "file.yaml:4:5",
       {"accelerator.mxu.Row: is not a key", "rows, columns", "did you mean `rows`?"}},
      {"accelerator: {rows: 8}",
       "file.yaml:2:15",
       {"accelerator.rows: is not a key", "`rows` is a key of accelerator.mxu"}},
      {"rows: 8", "file.yaml:2:1", {"rows: is not a key", "`rows` is a key of accelerator.mxu"}},
      {"dram: {word_bits: 8}",
       "file.yaml:2:8",
       {"`word_bits` is a key of accelerator.activation_buffer, accelerator.weight_buffer"}},
      {"accelerator: {dram: {}}", "file.yaml:2:15", {"`dram` is a key of the top level"}},
      {"accelerator.mxu.rows: 8", "file.yaml:2:1", {"dotted keys are for --set"}},
      {"simulation: {quantum: 1}",
       "file.yaml:2:14",
       {"simulation.quantum: is not a key; the keys of simulation are quantum_us, fold_layers, fast_forward, vcd, "
        "timeline"}},
      {"precision: {layers: {3: {A_x: 4}}}",
       "file.yaml:2:26",
       {"precision.layers.3.A_x: is not a key", "did you mean `A_"}},
      // duplicates
      {"dram: {channels: 8, channels: 8}", "file.yaml:2:21", {"dram.channels: is given twice; first at file.yaml:2:8"}},
      {"workload: {model: OPT-30B}", "file.yaml:2:1", {"workload: is given twice; first at file.yaml:1:1"}},
      {"dram: {\"channels\": 8, channels: 8}", "file.yaml:2:23", {"dram.channels: is given twice"}},
      // whole numbers
      {"dram: {channels: abc}", "file.yaml:2:8", {"dram.channels: is `abc`, must be a whole number, 1 … 1024"}},
      {"dram: {channels: 12abc}", "file.yaml:2:8", {"is `12abc`, must be a whole number"}},
      {"dram: {channels: 1.5}", "file.yaml:2:8", {"is 1.5, must be a whole number, 1 … 1024"}},
      {"dram: {channels: 1e1}", "file.yaml:2:8", {"is 1e1, must be a whole number"}},
      {"dram: {channels: 0x10}", "file.yaml:2:8", {"is `0x10`, must be a whole number"}},
      {"dram: {channels: 1_000}", "file.yaml:2:8", {"is `1_000`, must be a whole number"}},
      {"dram: {channels: 010}", "file.yaml:2:8", {"is `010`, must be a whole number"}},
      {"dram: {channels: +8}", "file.yaml:2:8", {"is `+8`, must be a whole number"}},
      {"dram: {channels: 16 GB}", "file.yaml:2:8", {"is `16 GB`, must be a whole number"}},
      {"dram: {channels: -1}", "file.yaml:2:8", {"is -1, must be 1 … 1024"}},
      {"dram: {channels: 4294967297}", "file.yaml:2:8", {"is 4294967297, must be 1 … 1024"}},
      {"dram: {capacity_bytes: 99999999999999999999999}",
       "file.yaml:2:8",
       {"is 99999999999999999999999, must be 1048576 … 281474976710656"}},
      {"dram: {channels: \"8\"}", "file.yaml:2:8", {"is the text `8`, must be a whole number"}},
      {"dram: {channels: true}", "file.yaml:2:8", {"is true, must be a whole number"}},
      {"dram: {channels: [8]}", "file.yaml:2:8", {"is a list, must be a whole number"}},
      {"dram: {channels: {a: 8}}", "file.yaml:2:8", {"is a map, must be a whole number"}},
      {"dram: {channels: }", "file.yaml:2:8", {"has no value, must be a whole number"}},
      {"dram: {channels: null}", "file.yaml:2:8", {"has no value, must be a whole number"}},
      {"dram: {channels: ~}", "file.yaml:2:8", {"has no value"}},
      {"dram: {channels}", "file.yaml:2:8", {"has no value"}},
      // other numbers
      {"dram: {latency_ns: fast}", "file.yaml:2:8", {"dram.latency_ns: is `fast`, must be a number, 0 … 1000000"}},
      {"dram: {latency_ns: .inf}", "file.yaml:2:8", {"is `.inf`, must be a number"}},
      {"dram: {latency_ns: nan}", "file.yaml:2:8", {"is `nan`, must be a number"}},
      {"dram: {latency_ns: 0x1p3}", "file.yaml:2:8", {"is `0x1p3`, must be a number"}},
      {"dram: {latency_ns: 1e999}", "file.yaml:2:8", {"is 1e999, must be 0 … 1000000"}},
      {"dram: {latency_ns: -0.5}", "file.yaml:2:8", {"is -0.5, must be 0 … 1000000"}},
      {"dram: {latency_ns: 1,5}", "file.yaml:2:22", {"dram.5: is not a key"}},
      {"dram: {latency_ns: 12e}", "file.yaml:2:8", {"is `12e`, must be a number"}},
      {"dram: {latency_ns: .}", "file.yaml:2:8", {"is `.`, must be a number"}},
      // truth values, words, texts
      {"simulation: {fold_layers: yes}", "file.yaml:2:14", {"simulation.fold_layers: is `yes`, must be true or false"}},
      {"simulation: {fold_layers: True}", "file.yaml:2:14", {"must be true or false"}},
      {"simulation: {fold_layers: 1}", "file.yaml:2:14", {"is 1, must be true or false"}},
      {"simulation: {fold_layers: \"true\"}", "file.yaml:2:14", {"is the text `true`, must be true or false"}},
      {"accelerator: {level: detailed}",
       "file.yaml:2:15",
       {"accelerator.level: is `detailed`, must be one of fast, cycle"}},
      {"dram: {level: cycle}", "file.yaml:2:8", {"dram.level: is `cycle`, must be one of fast, detailed"}},
      {"simulation: {level: fast}",
       "file.yaml:2:14",
       {"simulation.level: is not a key", "`level` is a key of accelerator, dram"}},
      {"simulation: {vcd: a.vcd}", "file.yaml:2:14", {"simulation.vcd: needs accelerator.level = cycle, it is fast"}},
      {"simulation: {vcd: a}\naccelerator: {level: cycle}",
       "file.yaml:2:14",
       {"simulation.vcd: is a, must end in .vcd"}},
      {"tiling: papr", "file.yaml:2:1", {"tiling: is `papr`, must be one of paper, auto; did you mean `paper`?"}},
      {"tiling: [paper]", "file.yaml:2:1", {"tiling: is a list, must be one of paper, auto"}},
      {"tiling:", "file.yaml:2:1", {"tiling: has no value, must be one of paper, auto"}},
      {"name: 12", "file.yaml:2:1", {"name: is 12, must be text; put it in quotes"}},
      {"name: true", "file.yaml:2:1", {"name: is true, must be text; put it in quotes"}},
      {"name: [a]", "file.yaml:2:1", {"name: is a list, must be text"}},
      {"name: |\n  a\n  b", "file.yaml:2:1", {"name: has a line break"}},
      {"name: \"a\\0b\"", "file.yaml:2:1", {"control character"}},
      // lists of words
      {"systems:",
       "file.yaml:2:1",
       {"systems: has no value, must be a list, such as [fp-fp, fp-int, ifpu, figna, figna-m11, figna-m8, anda]"}},
      {"systems: []",
       "file.yaml:2:1",
       {"systems: is empty, must have at least one of fp-fp, fp-int, ifpu, figna, figna-m11, figna-m8, anda"}},
      {"systems: [anda, fp-fp, anda]", "file.yaml:2:24", {"systems: has `anda` twice"}},
      {"systems: [fp-fp, annda]",
       "file.yaml:2:18",
       {"systems: is `annda`, must be one of fp-fp, fp-int, ifpu, figna, figna-m11, figna-m8, anda, ant, bitmod, mant, "
        "olive; or a map that describes one, or the path of a YAML file of such a map; did you mean `anda`?"}},
      {"systems: [fp-fp, {name: mine, derives: aligning, cycles: 6}]",
       "file.yaml:2:18",
       {"systems.1.mantissa_bits: is missing; derives: aligning has none of its own"}},
      {"systems: [fp-fp, {name: mine, derives: anda, cycels: 6}]",
       "file.yaml:2:46",
       {"systems.1.cycels: is not a key", "did you mean `cycles`?"}},
      {"systems: [fp-fp, {name: mine, derives: figna, area: -1}]",
       "file.yaml:2:47",
       {"systems.1.area: is -1, must be 1e-06 … 1000000"}},
      {"systems: [{name: mine, derives: fp-fp, mantissa_bits: 4}]",
       "file.yaml:2:40",
       {"systems.0.mantissa_bits: is 4, must be left out with derives: fp-fp"}},
      {"systems: [{name: mine, derives: figna, bits_per_step: 4}]",
       "file.yaml:2:40",
       {"systems.0.bits_per_step: is 4, must be left out with derives: figna, which is not bit-serial"}},
      {"systems: [{name: anda, derives: figna}]",
       "file.yaml:2:12",
       {"systems.0.name: is anda, which is an element of the simulator"}},
      {"systems: [{name: anda-new, derives: figna}]",
       "file.yaml:2:12",
       {"systems.0.name: is anda-new, which in a comparison means the element anda with"}},
      {"systems: [{name: A b, derives: figna}]",
       "file.yaml:2:12",
       {"systems.0.name: must be small letters, digits and hyphens"}},
      {"systems: [{derives: figna}]", "file.yaml:2:11", {"systems.0.name: is missing"}},
      {"systems: [{name: mine, derives: figna}, {name: mine, derives: anda}]",
       "file.yaml:2:41",
       {"systems: has `mine` twice"}},
      {"systems: [no/such.yaml]", "file.yaml:2:11", {"systems: no/such.yaml cannot be opened"}},
      {"accelerator: {mxu: {processing_element: {name: mine, mantissa_bits: 6}}}",
       "file.yaml:2:21",
       {"accelerator.mxu.processing_element.cycles: is missing"}},
      {"systems: [fp-fp, ]\ntiling: x", "file.yaml:3:1", {"tiling"}},
      {"systems: [fp-fp, [anda]]", "file.yaml:2:18", {"systems: is a list, must be one of"}},
      {"systems: {anda: 1}", "file.yaml:2:1", {"systems: is a map, must be a list"}},
      // sections
      {"dram: 5", "file.yaml:2:1", {"dram: is 5, must be a map of keys"}},
      {"dram: [1]", "file.yaml:2:1", {"dram: is a list, must be a map of keys"}},
      {"dram:", "file.yaml:2:1", {"dram: has no value, must be a map of keys"}},
      {"technology: 16", "file.yaml:2:1", {"technology: is 16, must be a map of keys, or the path of a YAML file"}},
      {"technology: none.yaml", "file.yaml:2:13", {"technology: none.yaml cannot be opened: No such file"}},
      {"technology: {mxu: {power_mw: -1}}", "file.yaml:2:20", {"technology.mxu.power_mw: is -1, must be 0 …"}},
      // precision
      {"precision: [7, 5, 6]",
       "file.yaml:2:1",
       {"precision: is a list of 3, must have 4 values: [A_qkv, A_o, A_u, A_d]"}},
      {"precision: [7, 5, 6, 6, 6]", "file.yaml:2:1", {"is a list of 5, must have 4"}},
      {"precision: []", "file.yaml:2:1", {"is a list of 0, must have 4"}},
      {"precision: [7, 5, 17, 6]", "file.yaml:2:19", {"precision.A_u: is 17, must be 1 … 16"}},
      {"precision: 0", "file.yaml:2:1", {"precision: is 0, must be 1 … 16"}},
      {"precision: high", "file.yaml:2:1", {"precision: is `high`, must be a whole number, 1 … 16"}},
      {"precision: {layers: [7, 5, 6, 6]}",
       "file.yaml:2:13",
       {"precision.layers: is a list, must be a map from numbers, 0 … 65535"}},
      {"precision: {layers: {x: 5}}",
       "file.yaml:2:22",
       {"precision.layers: has the key `x`, must be a number, 0 … 65535"}},
      {"precision: {layers: {65536: 5}}", "file.yaml:2:22", {"has the key `65536`, must be a number, 0 … 65535"}},
      {"precision: {layers: {03: 5}}", "file.yaml:2:22", {"has the key `03`, must be a number"}},
      {"precision: {layers: {3: [1, 2]}}", "file.yaml:2:22", {"precision.layers.3: is a list of 2"}},
      {"precision: {layers: {3: {A_o: 0}}}", "file.yaml:2:26", {"precision.layers.3.A_o: is 0, must be 1 … 16"}},
      // impossible combinations
      {"precision: {weight_bits: 8}",
       "file.yaml:2:13",
       {"precision.weight_bits: is 8, must be at most accelerator.mxu.weight_bits = 4"}},
      {"accelerator: {mxu: {weight_bits: 3}}",
       "file.yaml",
       {"precision.weight_bits: is 4, must be at most accelerator.mxu.weight_bits = 3"}},
      {"accelerator: {format: {group_size: 48}}",
       "file.yaml:2:24",
       {"accelerator.format.group_size: is 48, must be a power of two"}},
      {"accelerator:\n  format: {group_size: 256}",
       "file.yaml:3:3",
       {"weight_scale_group: is 128, must be a multiple of group_size"}},
      {"dram: {channel_bits: 12}", "file.yaml:2:8", {"dram.channel_bits: is 12, must be a power of two"}},
      {"dram: {refresh_interval_ns: 100}",
       "file.yaml:2:1",
       {"dram.refresh_cycle_ns: is 260, must be below refresh_interval_ns = 100"}},
      {"accelerator: {dma: {max_burst_bytes: 1000}}", "file.yaml:2:21", {"must be a power of two"}},
      // YAML that is refused
      {"dram: &d {channels: 8}", "file.yaml:2:7", {"dram: anchors (&name) are not supported"}},
      {"dram: *d", "file.yaml:2", {"not valid YAML: the referenced anchor is not defined"}},
      {"name: \"open", "file.yaml:", {"not valid YAML"}},
      {"name: 'open", "file.yaml:", {"not valid YAML"}},
      {"dram: {<<: {channels: 8}}", "file.yaml:2:8", {"dram: merge keys (<<) are not supported", "`base:`"}},
      {"dram: {channels: !!int 8}", "file.yaml:2:18", {"dram.channels: tags", "are not supported"}},
      {"dram: {[a]: 8}", "file.yaml:2:8", {"dram: a key must be a word"}},
      {"dram: {channels: 8", "file.yaml:", {"not valid YAML"}},
      {"dram: {channels: 8}}", "file.yaml:2:", {"not valid YAML"}},
      {"  dram: 1", "file.yaml:2:", {"not valid YAML"}},
      {"dram: \"open", "file.yaml:", {"not valid YAML"}},
      {"---\nname: x", "file.yaml:3:1", {"a second document starts here"}},
      {"name: \x01", "file.yaml:2:7", {"is not UTF-8 text (byte 0x1)"}},
      {"name: \xC3\x28", "file.yaml:2:7", {"is not UTF-8 text (byte 0xc3)"}},
      {"base: [a]", "file.yaml:2:1", {"base: must be the path of a YAML file"}},
      {"base: none.yaml", "file.yaml:2:1", {"base: none.yaml cannot be opened: No such file"}},
  };
  for (const Case& wrong : cases) {
    const std::string error = error_in(workload + wrong.yaml + "\n");
    INFO(wrong.yaml);
    CHECK_THAT(error, StartsWith(wrong.place));
    for (const std::string& fragment : wrong.fragments) CHECK_THAT(error, Contains(fragment));
    CHECK(lines_of(error) == 1);
  }
}

TEST_CASE("exactly one workload is required", "[config]") {
  TemporaryFolder folder;
  const std::string trace = folder.write("t.csv", "");
  CHECK(error_in("name: x\n") ==
        "file.yaml: workload: has nothing to run; give exactly one of model, config_json and trace");
  CHECK(error_in("name: x\nworkload: {tokens: 5}\n") ==
        "file.yaml:2:1: workload: has nothing to run; give exactly one of model, config_json and trace");
  CHECK(
      error_in("workload:\n  model: OPT-30B\n  trace: " + trace + "\n") ==
      "file.yaml:3:3: workload.trace: is given together with model; give exactly one of model, config_json and trace");
  CHECK_THAT(error_in("workload: {trace: none.csv}\n"),
             StartsWith("file.yaml:1:12: workload.trace: is `none.csv`, must be an existing file; there is no /"));
  CHECK_THAT(error_in("workload: {trace: " + folder.path("") + "}\n"), Contains("is a directory"));
  CHECK_THAT(error_in("workload: {model: OPT-30B, tokens: 16777216, batch: 2}\n"),
             StartsWith("file.yaml:1:28: workload.tokens: is 16777216, times batch = 2 must be at most 16777216"));
  CHECK(error_in("workload: {model: OPT-30B, tokens: 16777216, batch: 2, phase: decode}\n").empty());
}

TEST_CASE("an alias is refused besides its anchor", "[config]") {
  CHECK(error_in(workload + "name: &a x\nprecision: {A_o: *a}\n") ==
        "file.yaml:2:7: name: anchors (&name) are not supported; write the value out, or share it through `base:`\n"
        "file.yaml:3:18: precision.A_o: aliases (*name) are not supported; write the value out, or share it through "
        "`base:`");
}

TEST_CASE("legal ways of writing YAML", "[config]") {
  using anda::sim::parse_run_config;
  CHECK(parse_run_config("\xEF\xBB\xBF" + workload + "name: a\n", "f").name == "a");
  CHECK(parse_run_config("---\r\nworkload:\r\n  model: OPT-30B\r\nname: 'it''s'\r\n...\r\n", "f").name == "it's");
  CHECK(parse_run_config("--- # comment\n" + workload + "name: >-\n  folded\n  text\n---\n", "f").name ==
        "folded text");
  CHECK(parse_run_config("{\"workload\": {\"model\": \"OPT-30B\"}, \"dram\": {\"channels\": 8}}", "f").dram.channels ==
        8);
  CHECK(parse_run_config(workload + "name: \"16\"", "f").name == "16");
  CHECK(parse_run_config(workload + "name: Käse × 2", "f").name == "Käse × 2");
  CHECK(parse_run_config(workload + "dram: {}\naccelerator: {mxu: {}}", "f").dram.channels == 16);
  for (const char* number : {"1500", "1500.0", "1.5e3", "1.5E+3", "15000e-1", "1500."}) {
    CHECK(parse_run_config(workload + "simulation: {quantum_us: " + number + "}", "f").simulation.quantum_us == 1500);
  }
  CHECK(parse_run_config(workload + "dram: {latency_ns: -0}", "f").dram.latency_ns == 0);
}

TEST_CASE("all problems of a file are reported, in the order of its lines", "[config]") {
  const std::string error = error_in(
      "dram: {channels: 0}\nworkload: {model: 5, tokes: 1}\nname: a\nname: b\ntiling: x\n", {"x=1", "dram.channels=a"});
  CHECK(
      error ==
      "file.yaml:2:12: workload.model: is 5, must be text; put it in quotes if it is meant as such\n"
      "file.yaml:2:22: workload.tokes: is not a key; the keys of workload are model, config_json, trace, scope, phase, "
      "tokens, batch, prompts, output_tokens, ignore_positions, prefill_chunk, head_weight_bits, fuse_projections, "
      "prefetch_weights, expert_load, "
      "attention, layers; did you mean `tokens`?\n"
      "file.yaml:4:1: name: is given twice; first at file.yaml:3:1\n"
      "file.yaml:5:1: tiling: is `x`, must be one of paper, auto\n"
      "--set dram.channels=a: dram.channels: is `a`, must be a whole number, 1 … 1024\n"
      "--set x=1: x: is not a key; the keys of the top level are name, workload, precision, kv_cache, tiling, "
      "accelerator, "
      "dram, technology, systems, simulation, functional, base");
}

TEST_CASE("invalid files", "[config]") {
  TemporaryFolder folder;
  const auto error = [](const std::string& path) { return error_of([&] { anda::sim::load_run_config(path); }); };
  CHECK(error(folder.path("none.yaml")) == folder.path("none.yaml") + ": cannot be opened: No such file or directory");
  CHECK_THAT(error(folder.path("")), Contains("is a directory, must be a YAML file"));
  CHECK_THAT(error(folder.write("empty.yaml", "")), Contains("empty.yaml: is empty, must be a map of keys"));
  CHECK_THAT(error(folder.write("comment.yaml", "# nothing\n")), Contains("is empty"));
  CHECK_THAT(error(folder.write("list.yaml", "- a\n")), Contains("list.yaml:1:1: is not a map of keys"));
  CHECK_THAT(error(folder.write("word.yaml", "word\n")), Contains("word.yaml:1:1: is not a map of keys"));
  CHECK_THAT(error(folder.write("binary.yaml", std::string("\x7f"
                                                           "ELF\0\1",
                                                           6))),
             Contains("binary.yaml:1:1: is not UTF-8 text"));
  CHECK_THAT(error("/dev/zero"), Contains("/dev/zero: is larger than"));
  CHECK_THAT(error(folder.write("big.yaml", std::string(std::size_t{10} << 20, '['))),
             Contains("big.yaml: is larger than 1048576 bytes"));
  CHECK_THAT(error(folder.write("deep.yaml", std::string(std::size_t{1} << 20, '['))),
             Contains("nested more than 32 levels"));
}

TEST_CASE("deep and long input is refused quickly", "[config]") {
  const auto start = std::chrono::steady_clock::now();
  const std::size_t size = 1u << 19;
  std::string dashes, questions, keys, open_keys;
  while (dashes.size() < size) dashes += "- ";
  while (questions.size() < size) questions += "? ";
  while (open_keys.size() < size) open_keys += "{a: ";
  for (int i = 0; keys.size() < size; ++i) keys += "key" + std::to_string(i) + ": 1\n";
  for (const std::string& text :
       {dashes, questions, open_keys, "dram: " + std::string(size, '['), "name: " + std::string(size, 'x') + ": y"}) {
    CHECK_FALSE(error_in(text).empty());
  }
  for (const char* stray :
       {"]", "}", ",", "a: 1\n]", "[a]\n,", "{a: 1}\n: ", "'a' 'b'", "- a\n]\n", "a: 1\n--- ]", "[a] b", "...\n,"}) {
    CHECK_FALSE(error_in(stray).empty());
  }
  CHECK_THAT(error_in(keys), Contains("more problems"));
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(60));
}

TEST_CASE("the edit distance counts insertions, deletions, substitutions and swaps", "[config]") {
  using anda::sim::edit_distance;
  CHECK(edit_distance("", "") == 0);
  CHECK(edit_distance("", "abc") == 3);
  CHECK(edit_distance("abc", "") == 3);
  CHECK(edit_distance("rows", "rows") == 0);
  CHECK(edit_distance("rosw", "rows") == 1);
  CHECK(edit_distance("row", "rows") == 1);
  CHECK(edit_distance("rxws", "rows") == 1);
  CHECK(edit_distance("ca", "abc") == 3);
  CHECK(anda::sim::nearest("zzz", {"rows", "columns"}).empty());
  CHECK(anda::sim::nearest("group-size", {"group_size"}) == "group_size");
}
