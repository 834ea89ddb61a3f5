// SPDX-License-Identifier: Apache-2.0
#include <sys/resource.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <iostream>
#include <random>
#include <string>
#include <vector>

#include "app/trace_test_files.h"
#include "workload/open_workload.h"
#include "workload/trace_writer.h"

using namespace anda::sim;
using namespace trace_test;

namespace {

/// Peak resident memory of the process so far, in KiB.
long peak_kib() {
  rusage usage{};
  REQUIRE(::getrusage(RUSAGE_SELF, &usage) == 0);
  return usage.ru_maxrss;
}

/// Reads to the end: rows, or an anda::Error. Anything else is a failure.
void read_whatever(const std::string& path) {
  try {
    const auto source = open_trace(path);
    Gemm gemm;
    while (source->next(gemm)) {
      if (gemm.m == 0 || gemm.n == 0 || gemm.k == 0 || gemm.count == 0 || gemm.name.empty()) FAIL("row without work");
    }
  } catch (const anda::Error& error) {
    if (error.kind() != anda::Error::Kind::input) FAIL(error.what());
  }
}

}  // namespace

TEST_CASE("A million rows stream through in constant memory") {
  constexpr std::uint64_t rows = 1'000'000;
  const Folder folder;
  const std::string path = folder.path("million.csv");
  const auto make = [](std::uint64_t row, Gemm& gemm) {
    gemm.name = "layer" + std::to_string(row / 7 % 1000) + ".q_proj";
    gemm.layer = static_cast<std::uint32_t>(row / 7 % 1000);
    gemm.tensor = "A_qkv";
    gemm.m = row % 4096 + 1;
    gemm.k = 5120;
    gemm.n = row + 1;
  };
  // The first rows bring buffers and libraries into memory, the rest must not add to it.
  MadeSource few(10000, make);
  write_trace_file(few, path);
  read_whatever(path);
  const long before = peak_kib();

  MadeSource source(rows, make);
  REQUIRE(write_trace_file(source, path) == rows);
  const auto start = std::chrono::steady_clock::now();
  const auto reader = open_trace(path);
  Gemm gemm;
  std::uint64_t read = 0;
  std::uint64_t sum = 0;
  while (reader->next(gemm)) {
    ++read;
    sum += gemm.n;
  }
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  std::cout << "trace reader: " << static_cast<double>(rows) / seconds.count() / 1e6 << " million rows/s\n";

  CHECK(read == rows);
  CHECK(sum == rows * (rows + 1) / 2);
  CHECK(peak_kib() - before < 4096);  // the file has 38 MB
}

TEST_CASE("Random bytes are rows or an error, never a crash") {
  const Folder folder;
  std::mt19937 random(20250101);
  const std::string alphabet = "name,layer,tensor,m,k,n\"\"##\r\n\n,, 0129-.\xEF\xBB\xBF\t";
  for (int round = 0; round < 3000; ++round) {
    std::string text;
    const std::size_t size = random() % 300;
    for (std::size_t i = 0; i < size; ++i) {
      text += round % 2 == 0 ? static_cast<char>(random() % 256) : alphabet[random() % alphabet.size()];
    }
    read_whatever(folder.file("fuzz.csv", text));
  }
}

TEST_CASE("Damaged traces are rows or an error, never a crash") {
  const Folder folder;
  const std::vector<std::string> sound = {
      "name,layer,tensor,m,k,n,count,weight_bits\n\"a \"\"b\"\"\",0,A_qkv,2048,5120,5120,1,4\n#x\nc,1,A_o,1,2,3,,\n",
      "Layer, M, N, K,\nQKT, 128, 512, 64,\nFC, 1, 2, 3,\n"};
  std::mt19937 random(20250102);
  for (int round = 0; round < 2000; ++round) {
    std::string text = sound[random() % sound.size()];
    for (auto edits = random() % 4 + 1; edits > 0 && !text.empty(); --edits) {
      const std::size_t at = random() % text.size();
      switch (random() % 5) {
        case 0:
          text[at] = static_cast<char>(random() % 256);
          break;
        case 1:
          text.erase(at, random() % 4 + 1);
          break;
        case 2:
          text.insert(at, 1, ",\"\n\r#9-"[random() % 7]);
          break;
        case 3:
          text.resize(at);
          break;
        default:
          text += text.substr(at);
      }
    }
    read_whatever(folder.file("fuzz.csv", text));
  }
}
