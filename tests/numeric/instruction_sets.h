// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_TESTS_NUMERIC_INSTRUCTION_SETS_H
#define ANDA_TESTS_NUMERIC_INSTRUCTION_SETS_H

#include <anda/numeric/simd/kernels.h>
#include <anda/numeric/simd/simd.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <string>
#include <vector>

/// What the operating system says of the processor, in Linux's names; empty where it says nothing.
inline std::set<std::string> processor_flags() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);) {
    if (line.rfind("flags", 0) != 0) continue;
    std::istringstream words(line.substr(line.find(':') + 1));
    return {std::istream_iterator<std::string>(words), {}};
  }
  return {};
}

/// Whether a set of kernels runs here. Asks the operating system rather than has_simd(): kernels must not go untested
/// because has_simd() is wrong. The portable kernels run everywhere.
inline bool runs_here(anda::Simd simd) {
  if (simd == anda::Simd::portable) return true;
#ifdef ANDA_X86_KERNELS
  const std::set<std::string> flags = processor_flags();
  if (flags.empty()) return anda::has_simd(simd);
  const std::set<std::string> avx2 = {"avx2", "f16c"};
  const std::set<std::string> avx512 = {"avx512bw", "avx512f", "avx512vl", "avx512_vnni"};
  const auto& needed = simd == anda::Simd::avx2 ? avx2 : avx512;
  return std::all_of(needed.begin(), needed.end(), [&](const std::string& flag) { return flags.count(flag) != 0; });
#else
  return false;
#endif
}

/// The sets of kernels that the tests of arithmetic go through.
inline std::vector<anda::Simd> instruction_sets() {
  std::vector<anda::Simd> sets;
  for (const auto& choice : anda::simd_choices) {
    if (runs_here(choice.value)) sets.push_back(choice.value);
  }
  return sets;
}

#endif
