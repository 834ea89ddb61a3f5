// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <string>
#include <tuple>
#include <vector>

#include "app/trace_test_files.h"
#include "workload/convolution_reader.h"
#include "workload/open_workload.h"
#include "workload/scale_sim_reader.h"

using namespace anda::sim;
using namespace trace_test;

namespace {

std::string topology_error_of(const std::string& path) {
  return message_of([&] {
    ScaleSimReader reader(path);
    Gemm gemm;
    while (reader.next(gemm)) {
    }
  });
}

}  // namespace

TEST_CASE("A SCALE-Sim topology gives M rows, N columns and K between") {
  const Folder folder;
  for (const char* text :
       {"Layer, M, N, K,\nQKT, 128, 512, 64,\nFC, 1,2,3,\n", "Layer,M,N,K\nQKT,128,512,64\nFC,1,2,3\n",
        "\xEF\xBB\xBFLayer name, M, N, K,\r\nQKT, 128, 512, 64,\r\n\r\nFC,1,2,3",
        "LAYER,m,n,k,,\nQKT,128,512,64,,\nFC,1,2,3,\n", "L,M,N,K\nQKT,128,512,64\nFC,1,2,3\n",
        "GEMM, M, N, K,\nQKT,128,512,64,\nFC,1,2,3,\n"}) {
    const std::string path = folder.file("t.csv", text);
    ScaleSimReader reader(path, "A_u");
    const std::vector<Gemm> gemms = all_of(reader);
    REQUIRE(gemms.size() == 2);
    CHECK(gemms[0].name == "QKT");
    CHECK(gemms[0].m == 128);
    CHECK(gemms[0].n == 512);
    CHECK(gemms[0].k == 64);
    CHECK(gemms[0].layer == 0);
    CHECK(gemms[0].tensor == "A_u");
    CHECK(gemms[1].layer == 1);
    CHECK(gemms[1].n == 2);
    CHECK(gemms[1].k == 3);
    CHECK(all_of(*open_trace(path)).size() == 2);
  }
}

TEST_CASE("Every wrong SCALE-Sim topology is refused with its place") {
  struct Case {
    std::string text;
    std::string place;
    std::string fragment;
  };
  const std::string header = "Layer, M, N, K,\n";
  const std::vector<Case> cases = {
      {"", "", "the file is empty"},
      {header, "", "has no GeMM"},
      {"Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter, Strides,\n", ":1",
       "--convolutions -o trace.csv` converts the convolutions to GeMMs"},
      {"Layer, M, K, N,\n", ":1", "must be \"Layer, M, N, K,\" in this order"},
      {"Layer, M, N\n", ":1", "must be \"Layer, M, N, K,\""},
      {"name,layer,tensor,m,k,n\n", ":1", "must be \"Layer, M, N, K,\""},
      {"L, M, K, N\n", ":1", "must be \"Layer, M, N, K,\" in this order"},
      {header + ",,,,\n", ":2", "the row has empty fields only, as spreadsheets write blank rows; delete it"},
      {"Layer, M, N, K, Sparsity,\nx,1,2,3,1:2,\n", ":1:17", "column \"Sparsity\": sparse GeMMs are not modelled"},
      {"Layer, M, N, K, Batch,\n", ":1:17", "unknown column \"Batch\""},
      {header + "x, 1, 2, 3, 1:2,\n", ":2:13", "the row has 5 fields, must have 4: Layer, M, N, K"},
      {header + "x, 1, 2,\n", ":2:9", "the row has 3 fields, must have 4"},
      {header + "x, 1, 2", ":2:8", "cut short"},
      {header + "x, 1, , 3,\n", ":2:6", "column N: \"\" is empty"},
      {header + ", 1, 2, 3,\n", ":2:1", "column Layer: \"\" is empty"},
      {header + "x, 0, 2, 3,\n", ":2:4", "column M: \"0\" is too small"},
      {header + "x, 1, -2, 3,\n", ":2:7", "column N: \"-2\" is negative"},
      {header + "x, 1, 2, 3.0,\n", ":2:10", "column K: \"3.0\" is not a whole number"},
      {header + "x, 1, 2, 16777217,\n", ":2:10", "is too large"},
      {header + "x, 16777216, 16777216, 16777216,\n", ":2:4", "must be at most 2^62"},
  };
  const Folder folder;
  for (const Case& wrong : cases) {
    const std::string path = folder.file("t.csv", wrong.text);
    const std::string message = topology_error_of(path);
    INFO(wrong.text);
    CHECK_THAT(message, Catch::StartsWith(path + wrong.place + ": "));
    CHECK_THAT(message, Catch::Contains(wrong.fragment));
  }
}

TEST_CASE("open_trace recognises convolution and sparse topologies") {
  const Folder folder;
  const std::string convolution = folder.file("c.csv", "Layer name, IFMAP Height, IFMAP Width, Filter Height,\n");
  CHECK_THAT(message_of([&] { open_trace(convolution); }), Catch::Contains("convolution topology"));
  const std::string sparse = folder.file("s.csv", "Layer, M, N, K, Sparsity,\nx,1,2,3,1:2,\n");
  CHECK_THAT(message_of([&] { open_trace(sparse); }), Catch::Contains("sparse GeMMs are not modelled"));
  const std::string swapped = folder.file("o.csv", "Layer, M, K, N,\nx,1,2,3,\n");
  CHECK_THAT(message_of([&] { open_trace(swapped); }), Catch::Contains("in this order"));
}

TEST_CASE("A topology of more rows than layers is refused") {
  const Folder folder;
  std::string text = "Layer,M,N,K\n";
  for (int i = 0; i < 65536; ++i) text += "x,1,1,1\n";
  const std::string fits = folder.file("fits.csv", text);
  ScaleSimReader reader(fits);
  CHECK(all_of(reader).back().layer == 65535);
  const std::string path = folder.file("t.csv", text + "x,1,1,1\n");
  CHECK_THAT(topology_error_of(path), Catch::StartsWith(path + ":65538: more than 65536 rows"));
}

namespace {

const std::string convolution_header =
    "Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter, Strides,\n";

std::string convolution_error_of(const std::string& path) {
  return message_of([&] {
    ConvolutionReader reader(path);
    Gemm gemm;
    while (reader.next(gemm)) {
    }
  });
}

}  // namespace

TEST_CASE("A SCALE-Sim convolution becomes the GeMM of im2col, with SCALE-Sim's own count of outputs") {
  const Folder folder;
  // 1: ceil((224 − 3) / 2) + 1 = 112 a side, as in MobileNet. 2: a filter as large as the input. 3: depth-wise.
  const std::string path = folder.file("c.csv", convolution_header + "Conv1, 224, 224, 3, 3, 3, 32, 2,\n" +
                                                    "FC, 7, 5, 7, 5, 16, 10, 1,\nDP3, 9, 8, 3, 2, 4, 1, 2,\n");
  ConvolutionReader reader(path, "A_u");
  const std::vector<Gemm> gemms = all_of(reader);
  REQUIRE(gemms.size() == 3);
  CHECK(fields_of(gemms[0]) == std::make_tuple("Conv1", 0u, "A_u", 12544u, 32u, 27u, 1u, 0u));
  CHECK(fields_of(gemms[1]) == std::make_tuple("FC", 1u, "A_u", 1u, 10u, 560u, 1u, 0u));
  CHECK(fields_of(gemms[2]) == std::make_tuple("DP3", 2u, "A_u", 16u, 1u, 6u, 4u, 0u));

  const std::string two = folder.file(
      "s.csv",
      "Layer,IFMAP height,IFMAP width,Filter height,Filter width,Channels,Num filter,Stride height,Stride width\n"
      "c,9,8,3,2,4,5,2,1\n");
  ConvolutionReader two_strides(two);
  CHECK(all_of(two_strides).front().m == 4 * 7);
}

TEST_CASE("Every wrong convolution topology is refused with its place") {
  struct Case {
    std::string text;
    std::string place;
    std::string fragment;
  };
  const std::vector<Case> cases = {
      {"", "", "the file is empty"},
      {convolution_header, "", "has no convolution"},
      {"Layer, M, N, K,\n", ":1:8", "column \"M\": must be IFMAP Height; a convolution topology has Layer name, IFMAP"},
      {"Layer, IFMAP Height,\n", ":1", "has 2 columns; a convolution topology has"},
      {convolution_header + "c, 9, 9, 10, 3, 1, 1, 1,\n", ":2:10", "\"10\" is larger than the input, 9"},
      {convolution_header + "c, 9, 9, 3, 3, 1, 1, 0,\n", ":2:22", "column Strides: \"0\" is too small"},
      {convolution_header + "c, 9, 9, 3, 3, 1, 1,\n", ":2:21", "the row has 7 fields, must have 8"},
      {convolution_header + "c, 16777216, 16777216, 1, 1, 1, 1, 1,\n", ":2", "m = output height · output width"},
      {convolution_header + "c, 9999, 9999, 9999, 9999, 1, 1, 1,\n", ":2", "filter height · filter width"},
      {convolution_header + "c, 4000, 4000, 4, 4, 1000000, 16777216, 1,\n", ":2", "must be at most 2^62"},
      {"Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter, Strides, Sparsity\n",
       ":1:100", "sparse convolutions are not modelled"},
  };
  const Folder folder;
  for (const Case& wrong : cases) {
    const std::string path = folder.file("c.csv", wrong.text);
    const std::string message = convolution_error_of(path);
    INFO(wrong.text);
    CHECK_THAT(message, Catch::StartsWith(path + wrong.place + ": "));
    CHECK_THAT(message, Catch::Contains(wrong.fragment));
  }
}
