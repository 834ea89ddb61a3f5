// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <fstream>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "app/trace_test_files.h"
#include "workload/gemm_limits.h"
#include "workload/trace_reader.h"
#include "workload/trace_writer.h"

using namespace anda::sim;
using namespace trace_test;

namespace {

Gemm gemm_of(const std::string& name, std::uint64_t count = 1, std::uint32_t weight_bits = 0) {
  return {name, 3, "A_o", 10, 20, 30, count, weight_bits};
}

std::string written(const std::vector<Gemm>& gemms, const TraceFormat& format = {}) {
  MadeSource source(gemms.size(), [&](std::uint64_t row, Gemm& gemm) { gemm = gemms[row]; });
  std::ostringstream out;
  const std::uint64_t rows = write_trace(source, out, format);  // may throw, which must not happen within CHECK
  CHECK(rows == gemms.size());
  return out.str();
}

}  // namespace

TEST_CASE("A trace is written with the requested columns") {
  CHECK(written({gemm_of("a")}) == "name,layer,tensor,m,k,n\na,3,A_o,10,30,20\n");
  CHECK(written({gemm_of("a", 7)}, {"made up", true, false}) ==
        "# made up\nname,layer,tensor,m,k,n,count\na,3,A_o,10,30,20,7\n");
  CHECK(written({gemm_of("a", 1, 4), gemm_of("b")}, {"", false, true}) ==
        "name,layer,tensor,m,k,n,weight_bits\na,3,A_o,10,30,20,4\nb,3,A_o,10,30,20,\n");
  CHECK(written({gemm_of("a, \"b\"")}) == "name,layer,tensor,m,k,n\n\"a, \"\"b\"\"\",3,A_o,10,30,20\n");
  CHECK(written({}, {"two\nlines", false, false}) == "# \"two\\x0alines\"\nname,layer,tensor,m,k,n\n");
}

TEST_CASE("GeMMs that a trace cannot hold are refused, not shortened") {
  const auto refused = [](const Gemm& gemm, const TraceFormat& format) {
    return message_of([&] { written({gemm}, format); });
  };
  CHECK_THAT(refused(gemm_of("a", 2), {}),
             Catch::Contains("GeMM \"a\": the trace is written without its column count"));
  CHECK_THAT(refused(gemm_of("a", 1, 8), {"", true, false}), Catch::Contains("without its column weight_bits"));
  CHECK_THAT(refused(gemm_of(""), {}), Catch::Contains("empty or unprintable"));
  CHECK_THAT(refused(gemm_of("a\nb"), {}), Catch::Contains("GeMM \"a\\x0ab\""));
  CHECK_THAT(refused(gemm_of("\xFF"), {}), Catch::Contains("unprintable"));
}

TEST_CASE("Written traces read back unchanged") {
  const std::vector<std::string> pieces = {"a", ",", "\"", " ", "#", "\t", "ü", "€", "0", "-"};
  std::mt19937_64 random(1);
  std::vector<Gemm> gemms;
  for (int i = 0; i < 3000; ++i) {
    Gemm gemm;
    for (auto length = random() % 5 + 1; length > 0; --length) gemm.name += pieces[random() % pieces.size()];
    for (auto length = random() % 5 + 1; length > 0; --length) gemm.tensor += pieces[random() % pieces.size()];
    gemm.layer = static_cast<std::uint32_t>(random() % (max_layer + 1));
    gemm.m = random() % 10000 + 1;
    gemm.n = random() % max_gemm_dimension + 1;
    gemm.k = random() % 10000 + 1;
    gemm.count = random() % 100 + 1;
    gemm.weight_bits = static_cast<std::uint32_t>(random() % 9);
    gemms.push_back(gemm);
  }
  const Folder folder;
  TraceReader reader(folder.file("t.csv", written(gemms, {"# any \"comment\", ü", true, true})));
  CHECK(same(all_of(reader), gemms));
}

TEST_CASE("A trace file is complete or absent") {
  const Folder folder;
  const std::string path = folder.file("t.csv", "old");
  MadeSource failing(20000, [](std::uint64_t row, Gemm& gemm) {
    if (row == 19999) throw anda::Error::input("row 20000 is wrong");
    gemm = gemm_of("a");
  });
  CHECK(message_of([&] { write_trace_file(failing, path); }) == "row 20000 is wrong");
  CHECK(contents(path) == "old");
  CHECK(folder.files() == 1);
  MadeSource good(1, [](std::uint64_t, Gemm& gemm) { gemm = gemm_of("a"); });
  CHECK(write_trace_file(good, path) == 1);
  CHECK(contents(path) == "name,layer,tensor,m,k,n\na,3,A_o,10,30,20\n");
  MadeSource more(100000, [](std::uint64_t, Gemm& gemm) { gemm = gemm_of("a"); });
  CHECK(message_of([&] { write_trace_file(more, "/dev/full"); }, anda::Error::Kind::run) ==
        "/dev/full: cannot write: No space left on device");
}

TEST_CASE("A stream that fails ends the writing") {
  MadeSource source(100000, [](std::uint64_t, Gemm& gemm) { gemm = gemm_of("a"); });
  std::ofstream full("/dev/full");
  CHECK(message_of([&] { write_trace(source, full); }, anda::Error::Kind::run) ==
        "cannot write the trace: No space left on device");
}
