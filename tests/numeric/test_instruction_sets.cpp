// SPDX-License-Identifier: Apache-2.0
#include <anda/numeric/simd/kernels.h>
#include <anda/numeric/simd/simd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <fstream>
#include <iostream>
#include <iterator>
#include <set>
#include <sstream>
#include <string>
#include <vector>

using namespace anda;

namespace {

/// What the operating system says of the processor, in Linux's names; empty where it says nothing.
std::set<std::string> processor_flags() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);) {
    if (line.rfind("flags", 0) != 0) continue;
    std::istringstream words(line.substr(line.find(':') + 1));
    return {std::istream_iterator<std::string>(words), {}};
  }
  return {};
}

bool is_available(const std::string& name) {
  const auto& sets = available_simd();
  return std::any_of(sets.begin(), sets.end(), [&](const Simd* simd) { return simd->name == name; });
}

/// The tests of arithmetic go through available_simd(). Kernels must not go untested because it is wrong, so the
/// operating system is asked. The line of a set that cannot be tested here is one that ctest reports as skipped.
void expect_tested(const std::string& name, const std::set<std::string>& needed) {
  const std::set<std::string> flags = processor_flags();
  const bool has = !flags.empty() && std::includes(flags.begin(), flags.end(), needed.begin(), needed.end());
#ifdef ANDA_X86_KERNELS
  if (!flags.empty()) CHECK(is_available(name) == has);
#else
  CHECK_FALSE(is_available(name));
#endif
  if (!has) {
    std::cout << "SKIPPED: this processor lacks the instructions of " << name << "; no test has run these kernels"
              << std::endl;
  }
}

}  // namespace

TEST_CASE("The portable kernels are tested, whatever the processor") {
  REQUIRE_FALSE(available_simd().empty());
  CHECK(available_simd().back()->name == std::string("portable"));
}

TEST_CASE("The AVX2 kernels are tested where the processor has the instructions") {
  expect_tested("avx2", {"avx2", "f16c"});
}

TEST_CASE("The AVX-512 kernels are tested where the processor has the instructions") {
  expect_tested("avx512", {"avx512_vnni", "avx512bw", "avx512f", "avx512vl"});
}

TEST_CASE("The best instruction set is the first one that the processor has") {
  CHECK(&best_simd() == available_simd().front());
}
