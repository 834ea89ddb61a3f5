// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <iostream>

#include "numeric/instruction_sets.h"

using namespace anda;

namespace {

/// A line that ctest knows: it reports the test as skipped, so that what this machine cannot test is in its summary.
void expect_tested(Simd simd) {
  CHECK(has_simd(simd) == runs_here(simd));
  if (!runs_here(simd)) {
    std::cout << "SKIPPED: this processor lacks the instructions of " << name_of(simd_choices, simd)
              << "; no test has run these kernels" << std::endl;
  }
}

}  // namespace

TEST_CASE("The portable kernels are tested, whatever the processor") {
  CHECK(has_simd(Simd::portable));
  REQUIRE_FALSE(instruction_sets().empty());
  CHECK(instruction_sets().front() == Simd::portable);
}

TEST_CASE("The AVX2 kernels are tested where the processor has the instructions") { expect_tested(Simd::avx2); }

TEST_CASE("The AVX-512 kernels are tested where the processor has the instructions") { expect_tested(Simd::avx512); }

TEST_CASE("The best instruction set is the last one that the processor has") {
  CHECK(best_simd() == instruction_sets().back());
}
