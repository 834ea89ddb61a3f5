// SPDX-License-Identifier: Apache-2.0
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "app/report_test_data.h"
#include "app/trace_test_files.h"
#include "report/metrics.h"
#include "report/op_columns.h"
#include "report/run_writer.h"

using namespace anda::sim;
using namespace trace_test;
using Json = nlohmann::ordered_json;

namespace {

void write(const std::string& folder, const report_test::Run& run, const RunInfo& info = report_test::info()) {
  RunWriter writer(folder, run.records.size(), info);
  // As in a simulation, the systems' records come in turn.
  for (std::size_t op = 0; op < run.records.front().size(); ++op) {
    for (std::size_t i = 0; i < run.records.size(); ++i) writer.ops().take(i, run.records[i][op]);
  }
  writer.finish(run.result);
}

Json report_of(const Folder& folder) { return Json::parse(contents(folder.path("report.json"))); }

std::vector<std::string> keys_of(const Json& object) {
  std::vector<std::string> keys;
  for (const auto& entry : object.items()) keys.push_back(entry.key());
  return keys;
}

std::vector<std::string> table_lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

std::string run_error_of(const std::function<void()>& action) { return message_of(action, anda::Error::Kind::run); }

bool mentions(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("report.json has its keys in a fixed order") {
  const Folder folder;
  write(folder.path(), report_test::run(4));
  const Json report = report_of(folder);
  using Keys = std::vector<std::string>;
  CHECK(keys_of(report) == Keys{"schema_version", "run", "units", "systems", "ratios"});
  CHECK(report["schema_version"] == 1);
  CHECK(keys_of(report["run"]) == Keys{"tool_version", "name", "level", "workload", "config_sha256", "trace_sha256",
                                       "technology_sha256", "assumptions", "notes"});
  CHECK(report["systems"].size() == 2);
  const Json& system = report["systems"][1];
  CHECK(keys_of(system) == Keys{"name",
                                "cycles",
                                "time_s",
                                "busy_cycles",
                                "utilization",
                                "pe_utilization",
                                "stall_cycles",
                                "macs",
                                "macs_per_cycle",
                                "effective_tops",
                                "dram_bytes",
                                "dram_bandwidth_bytes_per_s",
                                "dram_utilization",
                                "sram_bytes",
                                "energy_pj",
                                "power_mw",
                                "tops_per_w",
                                "on_chip_tops_per_w",
                                "area_mm2",
                                "tops_per_mm2",
                                "actions",
                                "tensors",
                                "ops"});
  CHECK(keys_of(system["stall_cycles"]) == Keys{"dram", "buffer_full"});
  CHECK(keys_of(system["energy_pj"]) == Keys{"compute", "sram", "dram", "total", "by_component"});
  CHECK(keys_of(system["energy_pj"]["by_component"]) ==
        Keys{"mxu", "compressor", "vector_unit", "activation_buffer", "weight_buffer", "top_controller"});
  CHECK(keys_of(system["power_mw"]) == Keys{"on_chip", "dram", "by_component"});
  CHECK(keys_of(system["area_mm2"]) == Keys{"total", "by_component"});
  CHECK(keys_of(system["dram_bytes"]) == Keys{"read", "write"});
  CHECK(keys_of(system["actions"]) == keys_of(report["units"]));
  CHECK(report["units"]["mxu.macs"] == "MACs");
  CHECK(system["actions"]["mxu.macs"] == 4 * 102400);
  CHECK(keys_of(report["ratios"][0]) == Keys{"system", "baseline", "speedup", "area_efficiency", "energy_efficiency"});
  CHECK(report["ratios"].size() == 1);
  CHECK(report["ratios"][0]["system"] == "anda");
  CHECK(report["ratios"][0]["speedup"].get<double>() == Approx(860.0 / 460));
}

TEST_CASE("Ops and tensor types of report.json add up to the system") {
  const Folder folder;
  write(folder.path(), report_test::run(7));
  const Json report = report_of(folder);
  for (const Json& system : report["systems"]) {
    const auto sum = [](const Json& list, const char* key) {
      double total = 0;
      for (const Json& entry : list) total += entry[key].get<double>();
      return total;
    };
    CHECK(system["ops"].size() == 7);
    CHECK(system["tensors"].size() == 2);
    CHECK(system["tensors"][0]["tensor"] == "A_qkv");
    for (const char* list : {"ops", "tensors"}) {
      CHECK(sum(system[list], "cycles") == system["cycles"]);
      CHECK(sum(system[list], "busy_cycles") == system["busy_cycles"]);
      CHECK(sum(system[list], "stall_dram_cycles") == system["stall_cycles"]["dram"]);
      CHECK(sum(system[list], "dram_read_bytes") == system["dram_bytes"]["read"]);
      CHECK(sum(system[list], "energy_total_pj") == Approx(system["energy_pj"]["total"].get<double>()));
    }
    CHECK(system["busy_cycles"].get<double>() + system["stall_cycles"]["dram"].get<double>() +
              system["stall_cycles"]["buffer_full"].get<double>() ==
          system["cycles"]);
  }
}

TEST_CASE("An op gives its operation, formats and tile") {
  const Folder folder;
  report_test::Run run = report_test::run(1);
  for (auto& records : run.records) records[0].gemm.name = "a \"name\", with\\all";
  write(folder.path(), run);
  const Json op = report_of(folder)["systems"][1]["ops"][0];
  CHECK(op["index"] == 0);
  CHECK(op["name"] == "a \"name\", with\\all");
  CHECK(op["layer"] == 0);
  CHECK(op["tensor"] == "A_qkv");
  CHECK(op["m"] == 16);
  CHECK(op["n"] == 32);
  CHECK(op["k"] == 100);
  CHECK(op["count"] == 2);
  CHECK(op["weight_bits"] == 4);
  CHECK(op["input_mantissa_bits"] == 7);
  CHECK(op["output_mantissa_bits"] == 5);
  CHECK(op["tile"] == Json({{"m", 16}, {"k", 128}, {"n", 64}, {"order", "mkn"}}));
  CHECK(op["utilization"] == 0.75);
  // The same row in CSV, quoted as RFC 4180 says.
  const std::vector<std::string> lines = table_lines(contents(folder.path("ops.csv")));
  CHECK(lines.size() == 3);
  CHECK(mentions(lines[2], "anda,0,\"a \"\"name\"\", with\\all\",0,A_qkv,16,100,32,2,4,7,5,16,128,64,mkn,100,0.0001,"));
}

TEST_CASE("A name that is not UTF-8 leaves the report valid") {
  const Folder folder;
  report_test::Run run = report_test::run(1);
  for (auto& records : run.records) records[0].gemm.name = "bad \xff\xfe name";
  write(folder.path(), run);
  CHECK(report_of(folder)["systems"][0]["ops"][0]["name"] == "bad \uFFFD\uFFFD name");
}

TEST_CASE("The columns of ops.csv are the op's properties and every metric of the table") {
  const Folder folder;
  write(folder.path(), report_test::run(3));
  const std::vector<std::string> lines = table_lines(contents(folder.path("ops.csv")));
  std::string header = "system";
  std::size_t columns = 1;
  for (const OpColumn& column : op_columns(false)) header += "," + column.csv_name(), ++columns;
  for (const Metric& metric : metric_table(report_test::counters(), false)) {
    if (metric.scope == Metric::Scope::everywhere) header += "," + metric.key, ++columns;
  }
  REQUIRE(lines.size() == 1 + 2 * 3);
  CHECK(lines[0] == header);
  for (std::size_t i = 1; i < lines.size(); ++i) {
    CHECK(static_cast<std::size_t>(std::count(lines[i].begin(), lines[i].end(), ',')) == columns - 1);
    CHECK(lines[i].substr(0, i <= 3 ? 6 : 5) == (i <= 3 ? "fp-fp," : "anda,"));
  }
}

TEST_CASE("Two writes of the same run give the same bytes") {
  const Folder first;
  const Folder second;
  write(first.path("a/b"), report_test::run(50));
  write(second.path(), report_test::run(50));
  write(second.path(), report_test::run(50));  // and over an older one
  for (const char* name : {"config.yaml", "ops.csv", "report.json"}) {
    CHECK(contents(first.path("a/b/") + name) == contents(second.path(name)));
    CHECK_FALSE(mentions(contents(second.path(name)), second.path()));
  }
  CHECK(second.files() == 3);
  CHECK(contents(second.path("config.yaml")) == "name: by hand\n");
}

TEST_CASE("Assumptions follow from the configuration") {
  const Folder folder;
  RunInfo info = report_test::info();
  const auto has = [&](const std::string& part) {
    const Json report = report_of(folder);
    const Json& list = report["run"]["assumptions"];
    return std::any_of(list.begin(), list.end(),
                       [&](const Json& entry) { return mentions(entry.get<std::string>(), part); });
  };
  write(folder.path(), report_test::run(2), info);
  CHECK(has("softmax"));
  CHECK(has("tiling paper: weights of k × 64"));
  CHECK(has("fill_cycles = 8"));
  CHECK(has("technology.mxu: array by hand."));
  CHECK(has("238.9 GB/s"));
  CHECK(has("flat: 0.5 pJ per bit"));
  CHECK(has("the format of the next GeMM's tensor type"));
  CHECK_FALSE(has("A note of the test."));
  CHECK(report_of(folder)["run"]["notes"] == Json{"A note of the test."});
  info.paper_tiling = false;
  info.consumer_outputs = false;
  report_test::Run whole_groups = report_test::run(1);
  for (auto& records : whole_groups.records) records[0].task.k = 128;
  write(folder.path(), whole_groups, info);
  CHECK(has("tiling auto"));
  CHECK(has("Results are written as FP16."));
  CHECK_FALSE(has("inference"));
  CHECK_FALSE(has("multiple of the group"));
}

TEST_CASE("A run that ends before finish() leaves no files and keeps older results") {
  const Folder folder;
  const report_test::Run run = report_test::run(3);
  {
    RunWriter writer(folder.path("new/results"), 2, report_test::info());
    writer.ops().take(0, run.records[0][0]);
    CHECK(std::filesystem::is_directory(folder.path("new/results")));
  }
  CHECK(folder.files() == 0);

  folder.file("report.json", "old");
  {
    RunWriter writer(folder.path(), 2, report_test::info());
    for (std::size_t i = 0; i < 2; ++i) writer.ops().take(i, run.records[i][0]);
    CHECK(contents(folder.path("report.json")) == "old");
    CHECK_FALSE(std::filesystem::exists(folder.path("ops.csv")));
    int questions = 0;
    CHECK(run_error_of([&] {
            writer.finish(run.result, [&] {
              ++questions;
              return questions < 2;
            });
          }) == "interrupted");
    CHECK(questions == 2);
  }
  CHECK(contents(folder.path("report.json")) == "old");
  CHECK(folder.files() == 1);
}

TEST_CASE("Where results cannot be written, the error names the path and the cause") {
  const Folder folder;
  const report_test::Run run = report_test::run(1);
  const std::string file = folder.file("file", "text");
  CHECK(run_error_of([&] { RunWriter(file, 2, report_test::info()); }) ==
        file + ": cannot write the results: it is not a folder");
  CHECK(mentions(run_error_of([&] { RunWriter(file + "/below", 2, report_test::info()); }),
                 file + "/below: cannot create the folder: Not a directory"));
  CHECK(mentions(run_error_of([&] { RunWriter("", 2, report_test::info()); }), "name is empty"));
  CHECK(contents(file) == "text");

  REQUIRE(::mkdir(folder.path("out").c_str(), 0777) == 0);
  REQUIRE(::mkdir(folder.path("out/ops.csv").c_str(), 0777) == 0);
  CHECK(mentions(run_error_of([&] { write(folder.path("out"), run); }), "/ops.csv: cannot write: it is a folder"));
  CHECK_FALSE(std::filesystem::exists(folder.path("out/report.json")));
  CHECK_FALSE(std::filesystem::exists(folder.path("out/config.yaml")));
}

TEST_CASE("A folder without permission to write is refused before the simulation") {
  const Folder folder;
  const std::string locked = folder.path("locked");
  REQUIRE(::chmod(folder.path().c_str(), 0755) == 0);
  REQUIRE(::mkdir(locked.c_str(), 0555) == 0);
  if (::geteuid() == 0) REQUIRE(::seteuid(65534) == 0);  // root may write anywhere
  const std::string message = run_error_of([&] { RunWriter(locked, 1, report_test::info()); });
  const std::string below = run_error_of([&] { RunWriter(locked + "/new", 1, report_test::info()); });
  if (::getuid() == 0) REQUIRE(::seteuid(0) == 0);
  CHECK(message == locked + "/.lock: cannot lock the folder: Permission denied");
  CHECK(below == locked + "/new: cannot create the folder: Permission denied");
}

TEST_CASE("A full disk ends the run with an error and leaves nothing behind") {
  const Folder folder;
  const report_test::Run run = report_test::run(1);

  SECTION("when the report is written") {
    REQUIRE(::symlink("/dev/full", folder.path("report.json").c_str()) == 0);
    const std::string message = run_error_of([&] { write(folder.path(), run); });
    CHECK(mentions(message, folder.path("report.json")));
    CHECK(mentions(message, "No space left on device"));
    CHECK(folder.files() == 1);
  }

  SECTION("while records are taken") {
    const std::string disk = folder.path("disk");
    REQUIRE(::mkdir(disk.c_str(), 0777) == 0);
    if (::mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=256k") != 0) {
      WARN("not checked: mounting needs root");
      return;
    }
    const std::string message = run_error_of([&] {
      RunWriter writer(disk, 1, report_test::info());
      for (int i = 0; i < 100000; ++i) writer.ops().take(0, run.records[0][0]);
    });
    const bool empty = std::filesystem::is_empty(disk);
    REQUIRE(::umount(disk.c_str()) == 0);
    CHECK(message == disk + ": cannot write a temporary file: No space left on device");
    CHECK(empty);
  }
}

TEST_CASE("Memory does not grow with the trace") {
  const Folder folder;
  report_test::Run run = report_test::run(1);
  const auto peak_kib = [] {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
  };
  constexpr std::uint64_t ops = 200000;
  RunWriter writer(folder.path(), 2, report_test::info());
  [[maybe_unused]] const auto before = peak_kib();
  for (std::uint64_t i = 0; i < ops; ++i) {
    for (std::size_t s = 0; s < 2; ++s) {
      run.records[s][0].index = i;
      writer.ops().take(s, run.records[s][0]);
    }
  }
  writer.finish(run.result);
#ifndef __SANITIZE_ADDRESS__  // which keeps freed memory for a while
  CHECK(peak_kib() - before < 4 * 1024);
#endif
  std::ifstream csv(folder.path("ops.csv"));
  std::uint64_t lines = 0;
  std::string line;
  std::string last;
  while (std::getline(csv, line)) ++lines, last = line;
  CHECK(lines == 1 + 2 * ops);
  CHECK(last.substr(0, 12) == "anda,199999,");
}
