// SPDX-License-Identifier: Apache-2.0
#include "compare/comparison.h"

#include <anda/base/error.h>

#include <catch2/catch.hpp>
#include <sstream>

using anda::sim::Comparison;
using Catch::Contains;
using PlainJson = nlohmann::json;

namespace {

PlainJson system(const char* name, double time_s, double area_mm2, double compute, double sram, double dram) {
  return {{"name", name},
          {"cycles", 1000},
          {"time_s", time_s},
          {"effective_tops", 1 / time_s},
          {"area_mm2", {{"total", area_mm2}}},
          {"tops_per_mm2", 1 / time_s / area_mm2},
          {"energy_pj", {{"compute", compute}, {"sram", sram}, {"dram", dram}, {"total", compute + sram + dram}}}};
}

PlainJson report(double speed = 1) {
  PlainJson json;
  json["run"] = {{"tool_version", "1"},
                 {"level", "fast"},
                 {"technology_sha256", "t"},
                 {"trace_sha256", "w"},
                 {"workload", "in words"}};
  json["systems"] = {system("fp-fp", 8, 4, 30, 20, 50), system("anda", 4 / speed, 2, 10, 10, 20 / speed)};
  return json;
}

Comparison made_of(const PlainJson& first, const PlainJson& second) {
  Comparison comparison("test", {"fp-fp", "anda-1"}, {"one", "two"});
  for (std::size_t model = 0; model < 2; ++model) {
    comparison.add(0, model, model == 0 ? first : second, "fp-fp", "a.yaml");
    comparison.add(1, model, model == 0 ? first : second, "anda", "b.yaml");
  }
  return comparison;
}

}  // namespace

TEST_CASE("Ratios are against the first system of the same model, means are geometric") {
  const Comparison comparison = made_of(report(), report(4));
  const auto one = comparison.ratios(1, 0);
  CHECK(one.speedup == Approx(2));
  CHECK(one.area_efficiency == Approx(4));  // twice the speed on half of the area
  CHECK(one.energy_efficiency == Approx(100 / 40.0));
  CHECK(one.energy[0] == Approx(0.10));
  CHECK(one.energy[1] == Approx(0.10));
  CHECK(one.energy[2] == Approx(0.20));
  CHECK(one.energy[3] == Approx(0.40));
  CHECK(comparison.ratios(1, 1).speedup == Approx(8));
  const auto mean = comparison.mean(1);
  CHECK(mean.speedup == Approx(4));  // of 2 and 8
  CHECK(mean.area_efficiency == Approx(8));
  CHECK(mean.energy_efficiency == Approx(std::sqrt(2.5 * 4)));
  CHECK(mean.energy[3] == Approx((0.40 + 0.25) / 2));  // shares are averaged
  CHECK(comparison.mean(0).speedup == Approx(1));
}

TEST_CASE("Reports of different technologies, workloads, versions or levels are not compared") {
  struct Difference {
    const char* key;
    const char* words;
  };
  for (const Difference& difference :
       {Difference{"technology_sha256", "different technologies"}, Difference{"tool_version", "different versions"},
        Difference{"level", "different levels"}}) {
    PlainJson other = report();
    other["run"][difference.key] = "other";
    CHECK_THROWS_WITH(made_of(report(), other), Contains("a.yaml") && Contains(difference.words));
  }
  // Models have workloads of their own, the systems of one model must share it.
  PlainJson other = report();
  other["run"]["trace_sha256"] = "other";
  CHECK_NOTHROW(made_of(report(), other));
  Comparison comparison("test", {"fp-fp", "anda"}, {"one"});
  comparison.add(0, 0, report(), "fp-fp", "a.yaml");
  CHECK_THROWS_WITH(comparison.add(1, 0, other, "anda", "b.yaml"),
                    "a.yaml and b.yaml were made with different workloads; they cannot be compared");
}

TEST_CASE("A file that is not a report or lacks the system is refused") {
  Comparison comparison("test", {"fp-fp"}, {"one"});
  CHECK_THROWS_WITH(comparison.add(0, 0, PlainJson::object(), "fp-fp", "a.yaml"), Contains("a.yaml: is not a report"));
  CHECK_THROWS_WITH(comparison.add(0, 0, report(), "figna", "a.yaml"), "a.yaml: has no system figna");
}

TEST_CASE("compare.json and compare.csv agree and are reproducible") {
  const Comparison comparison = made_of(report(), report(4));
  std::ostringstream json_text, csv_text, again;
  comparison.write_json(json_text);
  comparison.write_json(again);
  comparison.write_csv(csv_text);
  CHECK(json_text.str() == again.str());
  const PlainJson json = PlainJson::parse(json_text.str());
  CHECK(json["schema_version"] == 1);
  CHECK(json["baseline"] == "fp-fp");
  CHECK(json["models"][1]["systems"][1]["speedup"].get<double>() == Approx(8));
  CHECK(json["means"][1]["name"] == "anda-1");
  CHECK(json["means"][1]["speedup"].get<double>() == Approx(4));
  std::istringstream lines(csv_text.str());
  std::vector<std::string> rows;
  for (std::string line; std::getline(lines, line);) rows.push_back(line);
  REQUIRE(rows.size() == 1 + 4 + 2);
  for (const std::string& row : rows) CHECK(std::count(row.begin(), row.end(), ',') == 17);
  CHECK_THAT(rows[2], Contains("one,anda-1,1000,4,"));
  CHECK_THAT(rows[6], Contains("geometric mean,anda-1,,"));
}
