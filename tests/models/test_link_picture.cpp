// SPDX-License-Identifier: Apache-2.0
// docs/integration.md lists the modules of a fabric and how they are bound; here that is compared with the modules.
#include <catch2/catch.hpp>
#include <map>
#include <memory>

#include <anda/dram/dram.h>
#include <anda/link/fabric.h>

#include "models/module_ends.h"

using namespace anda;
using namespace anda::test;

namespace {

/// How many times each binding occurs, "dma.out | router.in", names without the numbers of nodes.
using Bindings = std::map<std::string, std::size_t>;

std::string kind_of(const std::string& name) {
  const std::string kind = std::regex_replace(name, std::regex("(_[0-9]+)+"), "");
  return std::regex_replace(kind, std::regex("^switch\\."), "router.");
}

Bindings bindings(const Fabric& fabric) {
  std::vector<End> own;
  std::vector<End> inner;
  add_ends(fabric, "", own);
  for (const sc_core::sc_object* const child : fabric.get_child_objects()) {
    if (dynamic_cast<const sc_core::sc_module*>(child) == nullptr) continue;
    add_ends(*child, std::string(child->basename()) + ".", inner);
  }
  Bindings found;
  for (const End& from : inner) {
    if (from.takes) continue;
    std::string to = "?";
    for (const End& end : own) to = end.interface == from.interface ? end.name : to;
    for (const End& end : inner) to = end.takes && end.interface == from.interface ? end.name : to;
    ++found[kind_of(from.name) + " | " + kind_of(to)];
  }
  return found;
}

}  // namespace

TEST_CASE("The modules of a fabric and their bindings are those of docs/integration.md") {
  const std::filesystem::path docs = std::filesystem::path(ANDA_SOURCE_DIR) / "docs";
  const std::string page = text_of(docs / "integration.md");
  const std::string section = page.substr(page.find("## Several accelerators"));
  const auto rows =
      matches(section, std::regex("\n\\| `([a-z]+\\.[a-z]+)` \\| `([a-z.]+)` \\| each ([a-z]+)([^|]*)\\|"));
  CHECK(rows.size() == 5);

  std::vector<std::unique_ptr<Fabric>> fabrics;
  std::vector<std::unique_ptr<Dram>> drams;
  for (const std::uint32_t nodes : {1u, 2u, 6u}) {
    for (const auto& topology : topologies) {
      LinkConfig config;
      config.topology = topology.value;
      fabrics.push_back(std::make_unique<Fabric>(sc_core::sc_gen_unique_name("fabric"), config, nodes));
      for (std::uint32_t node = 0; node < nodes; ++node) {
        drams.push_back(std::make_unique<Dram>(sc_core::sc_gen_unique_name("dram"), DramConfig()));
        fabrics.back()->memory[node].bind(drams.back()->socket);
      }
    }
  }
  sc_core::sc_start(sc_core::SC_ZERO_TIME);
  for (const auto& fabric : fabrics) {
    const Routing& routing = fabric->routing();
    std::size_t links_of_nodes = 0;
    for (const Routing::Edge& edge : routing.edges()) links_of_nodes += edge.from < routing.nodes() ? 1u : 0u;
    Bindings expected;
    for (const std::smatch& of : rows) {
      const bool leaves_node = of[4].str().find("leaves the node") != std::string::npos;
      const std::size_t count = of[3] == "node" ? routing.nodes()
                                : leaves_node   ? links_of_nodes
                                                : routing.edges().size();
      if (count > 0) expected[of[1].str() + " | " + of[2].str()] = count;
    }
    CHECK(bindings(*fabric) == expected);
  }
}

TEST_CASE("Each module of a fabric that docs/integration.md lists names files and tests that exist") {
  const std::filesystem::path docs = std::filesystem::path(ANDA_SOURCE_DIR) / "docs";
  const std::string page = text_of(docs / "integration.md");
  const auto rows = matches(page, std::regex("\n\\| `(LinkDma|Router|Link)` \\|[^\n]*"));
  CHECK(rows.size() == 3);
  for (const std::smatch& of : rows) {
    const std::string cells = of[0];
    const auto links = matches(cells, std::regex("\\]\\(([^)#]+)"));
    CHECK(links.size() >= 2);
    for (const std::smatch& link : links) CHECK(std::filesystem::is_regular_file(docs / link[1].str()));
    CHECK(cells.find("](../tests/models/test_link") != std::string::npos);
  }
}
