// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "app/trace_test_files.h"
#include "workload/open_workload.h"
#include "workload/trace_reader.h"

using namespace anda::sim;
using namespace trace_test;

namespace {

std::vector<Gemm> read(const Folder& folder, const std::string& text) {
  TraceReader reader(folder.file("t.csv", text));
  return all_of(reader);
}

const std::string plain =
    "name,layer,tensor,m,k,n\n"
    "layer0.q_proj,0,A_qkv,2048,5120,4096\n"
    "layer0.o_proj,0,A_o,2048,4096,5120\n";

}  // namespace

TEST_CASE("A trace is read row by row in its order") {
  const Folder folder;
  const std::vector<Gemm> gemms = read(folder, plain);
  REQUIRE(gemms.size() == 2);
  CHECK(gemms[0].name == "layer0.q_proj");
  CHECK(gemms[0].layer == 0);
  CHECK(gemms[0].tensor == "A_qkv");
  CHECK(gemms[0].m == 2048);
  CHECK(gemms[0].k == 5120);
  CHECK(gemms[0].n == 4096);
  CHECK(gemms[0].count == 1);
  CHECK(gemms[0].weight_bits == 0);
  CHECK(gemms[1].tensor == "A_o");
  CHECK(gemms[1].k == 4096);
}

TEST_CASE("Columns are found by name, and the limits themselves are legal") {
  const Folder folder;
  const std::vector<Gemm> gemms = read(folder,
                                       "weight_bits,n,count,k,m,tensor,layer,name\n"
                                       "8,1,4294967296,1,16777216,x,65535,a\n"
                                       ",2,,3,4,y,7,b\n"
                                       "1,16384,1,16777216,16777216,z,0,c\n");
  REQUIRE(gemms.size() == 3);
  CHECK(gemms[0].weight_bits == 8);
  CHECK(gemms[0].count == 4294967296);
  CHECK(gemms[0].m == 16777216);
  CHECK(gemms[0].layer == 65535);
  // Empty: the default.
  CHECK(gemms[1].weight_bits == 0);
  CHECK(gemms[1].count == 1);
  CHECK(gemms[1].n == 2);
  CHECK(gemms[1].k == 3);
  CHECK(gemms[1].m == 4);
  // 2^24 · 2^24 · 2^14 = 2^62, the most.
  CHECK(gemms[2].n == 16384);
}

TEST_CASE("Line ends, byte-order mark, blanks and comments change nothing") {
  const Folder folder;
  const std::vector<Gemm> expected = read(folder, plain);
  std::string windows;
  for (const char c : plain) windows += c == '\n' ? std::string("\r\n") : std::string(1, c);
  const std::string commented = "# made by hand, µ\n\n  \t\n" + plain.substr(0, 24) + "\n   # between, with \"quote\n" +
                                plain.substr(24) + "\n#end";
  const std::string spaced =
      " name , layer,tensor\t,m ,k,n\n  layer0.q_proj ,0, A_qkv,2048 ,\t5120,4096\n"
      "\"layer0.o_proj\",\"0\" , \"A_o\" ,2048,4096, \"5120\" \n";
  for (const std::string& text : {windows, "\xEF\xBB\xBF" + plain, "\xEF\xBB\xBF" + windows, commented, spaced,
                                  plain.substr(0, plain.size() - 1), windows.substr(0, windows.size() - 1)}) {
    INFO(text);
    CHECK(same(read(folder, text), expected));
  }
}

TEST_CASE("Quoted fields follow RFC 4180") {
  const Folder folder;
  const std::vector<Gemm> gemms = read(folder,
                                       "\"name\",layer,tensor,m,k,n\n"
                                       "\"q, k and \"\"v\"\"\",0,\" A \",1,2,3\n"
                                       "\"#\",\"1\",Größe,4,5,6");
  REQUIRE(gemms.size() == 2);
  CHECK(gemms[0].name == "q, k and \"v\"");
  CHECK(gemms[0].tensor == " A ");
  CHECK(gemms[0].k == 2);
  CHECK(gemms[1].name == "#");
  CHECK(gemms[1].tensor == "Größe");
  CHECK(gemms[1].layer == 1);
}

TEST_CASE("Quoted fields survive the move of the reader") {
  const Folder folder;
  // Short enough for a string's inner buffer, whose address a move changes.
  CsvReader csv(folder.file("t.csv", "\"name\",layer,tensor,m,k,n\na,0,A,1,2,3\n"));
  csv.expect_header("");
  TraceReader reader(std::move(csv));
  CHECK(all_of(reader).size() == 1);
}

TEST_CASE("Lines of the greatest length are read, wherever the buffer ends") {
  const Folder folder;
  const std::string tail = ",0,A,1,2,3";
  const std::string header = "name,layer,tensor,m,k,n";
  std::string text = "\xEF\xBB\xBF#" + std::string(max_line_bytes - 1, '-') + "\r\n" + header + "\r\n";
  for (int i = 0; i < 40; ++i) text += std::string(max_line_bytes - tail.size(), 'x') + tail + "\r\n";
  const std::vector<Gemm> gemms = read(folder, text);
  REQUIRE(gemms.size() == 40);
  for (const Gemm& gemm : gemms) CHECK(gemm.name.size() == max_line_bytes - tail.size());
}

TEST_CASE("The header tells a trace from a SCALE-Sim topology") {
  const Folder folder;
  const auto trace = open_trace(folder.file("a.csv", plain));
  CHECK(all_of(*trace).size() == 2);
  const auto layer_first = open_trace(folder.file("b.csv", "layer,m,n,k,name,tensor\n0,1,2,3,x,A_o\n"));
  const std::vector<Gemm> gemms = all_of(*layer_first);
  REQUIRE(gemms.size() == 1);
  CHECK(gemms[0].tensor == "A_o");
  const auto topology = open_trace(folder.file("c.csv", "Layer, M, N, K,\nx, 1, 2, 3,\n"));
  const std::vector<Gemm> converted = all_of(*topology);
  REQUIRE(converted.size() == 1);
  CHECK(converted[0].tensor == "A");
  CHECK(converted[0].n == 2);
  CHECK(converted[0].k == 3);
}
