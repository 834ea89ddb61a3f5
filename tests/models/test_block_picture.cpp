// SPDX-License-Identifier: Apache-2.0
// docs/integration.md has the picture of the blocks; here it is compared with the modules that there are.
#include <catch2/catch.hpp>
#include <filesystem>
#include <regex>
#include <set>

#include "models/machine.h"
#include "models/module_ends.h"

using namespace anda;
using namespace anda::test;

namespace {

using Lines = std::set<std::string>;

/// "block.socket" for each that takes calls, "block.socket → block.socket" for each that makes them.
Lines bindings(const sc_core::sc_object& accelerator) {
  std::vector<End> own;
  std::vector<End> inner;
  add_ends(accelerator, "", own);
  for (const sc_core::sc_object* const child : accelerator.get_child_objects()) {
    if (dynamic_cast<const sc_core::sc_module*>(child) == nullptr) continue;
    add_ends(*child, std::string(child->basename()) + ".", inner);
  }
  const auto find = [](const std::vector<End>& ends, const End& like, bool takes) {
    for (const End& end : ends) {
      if (end.interface == like.interface && end.sink == like.sink && end.takes == takes) return " → " + end.name;
    }
    return std::string();
  };
  Lines lines;
  for (const End& end : own) lines.insert(end.name + (end.takes ? find(inner, end, true) : ""));
  for (const End& end : inner) {
    std::string to;
    if (!end.takes) to = find(inner, end, true);
    if (!end.takes && to.empty()) to = find(own, end, false);
    lines.insert(end.name + to);
  }
  return lines;
}

/// The rows of the page's table of blocks: "| `block` | files | sockets | …".
const std::regex table_row("\n\\| `([a-z_]+)` \\|([^\n|]*)\\|([^\n|]*)\\|([^\n]*)");

/// An accelerator of such elements, with what it needs to be elaborated. Level cycle has all wires.
struct Bound : sc_core::sc_module {
  Accelerator accelerator;
  Dram dram;
  tlm_utils::simple_initiator_socket<Bound> control;
  sc_core::sc_signal<bool> interrupt;

  Bound(sc_core::sc_module_name name, PeKind kind)
      : sc_module(name), accelerator("accelerator", configured(kind)), dram("dram", {}), control("control") {
    accelerator.memory.bind(dram.socket);
    control.bind(accelerator.control);
    accelerator.interrupt.bind(interrupt);
  }
  static AcceleratorConfig configured(PeKind kind) {
    AcceleratorConfig config = machine_of(kind);
    config.level = Level::cycle;
    return config;
  }
};

}  // namespace

TEST_CASE("The blocks, their sockets and their bindings are those of docs/integration.md") {
  const std::string page = text_of(std::filesystem::path(ANDA_SOURCE_DIR) / "docs" / "integration.md");
  Lines expected;
  for (const std::smatch& of : matches(page, table_row)) {
    const std::string block = of[1] == "accelerator" ? "" : of[1].str() + ".";
    const std::string sockets = of[3];
    for (const std::smatch& socket : matches(sockets, std::regex("`(\\w+)`( → )?(?:`([\\w.]+)`)?"))) {
      expected.insert(block + socket[1].str() + socket[2].str() + socket[3].str());
    }
  }
  // Baselines have no compressor; the page says in a sentence what is bound then.
  Lines baseline;
  for (const std::string& line : expected) {
    if (line.find("compressor.") == std::string::npos) baseline.insert(line);
  }
  for (const std::smatch& of : matches(page, std::regex("`(\\w+\\.\\w+)` → `(\\w+\\.\\w+)`"))) {
    baseline.insert(of[1].str() + " → " + of[2].str());
  }

  const Bound anda("anda", PeKind::anda);
  const Bound fp_fp("fp_fp", PeKind::fp_fp);
  sc_core::sc_start(sc_core::SC_ZERO_TIME);
  std::map<std::string, Lines> found;
  for (const sc_core::sc_object* const top : sc_core::sc_get_top_level_objects()) {
    for (const sc_core::sc_object* const child : top->get_child_objects()) {
      if (std::string(child->basename()) == "accelerator") found[top->name()] = bindings(*child);
    }
  }
  CHECK(found["anda"].size() > 30);
  CHECK(found["anda"] == expected);
  CHECK(found["fp_fp"] == baseline);
}

TEST_CASE("Each block of docs/integration.md names files, parameters and a test that exist") {
  const std::filesystem::path docs = std::filesystem::path(ANDA_SOURCE_DIR) / "docs";
  const std::string page = text_of(docs / "integration.md");
  const auto rows = matches(page, table_row);
  CHECK(rows.size() == 8);
  for (const std::smatch& of : rows) {
    INFO(of[0].str());
    const std::string cells = of[0];
    const auto links = matches(cells, std::regex("\\]\\(([^)#]+)"));
    CHECK(links.size() >= 2);
    for (const std::smatch& link : links) CHECK(std::filesystem::is_regular_file(docs / link[1].str()));
    CHECK(cells.find("](../tests/models/test_") != std::string::npos);
    if (of[1] == "accelerator") continue;
    const auto sections = matches(cells, std::regex("\\[`(accelerator\\.\\w+)`\\]"));
    REQUIRE(sections.size() == 1);
    CHECK(text_of(docs / "configuration.md").find("\n### `" + sections[0][1].str() + "`\n") != std::string::npos);
  }
}
