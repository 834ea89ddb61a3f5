// SPDX-License-Identifier: Apache-2.0
//
// How fast numbers become Anda groups: values a second as the evaluator rounds them, with every kind of instructions,
// as panels in memory, and as the operand format of the same parameters. One thread.

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <vector>

#include <anda/numeric/format/operand_format.h>
#include <anda/numeric/panel_codec.h>
#include <anda/numeric/round_values.h>
#include <anda/numeric/simd/kernels.h>

namespace {

using namespace anda;

constexpr double shortest_measurement_s = 0.3;
constexpr std::size_t rows = 256;
constexpr std::size_t k = 4096;
constexpr std::uint32_t group = 64;
constexpr std::uint32_t bits = 7;

/// Processor time of the best run: others use the machine too.
template <class Action>
void measure(const char* name, Action action) {
  double best = 1e30;
  double total = 0;
  while (total < shortest_measurement_s) {
    const std::clock_t start = std::clock();
    action();
    const double now = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
    best = std::min(best, now);
    total += now;
  }
  std::printf("  %-28s %9.1f Mvalues/s\n", name, static_cast<double>(rows * k) / best * 1e-6);
}

}  // namespace

int main() {
  std::vector<Fp16> halves;
  std::vector<float> values;
  std::uint32_t state = 1;
  for (std::size_t i = 0; i < rows * k; ++i) {
    state = state * 1664525 + 1013904223;
    halves.push_back(Fp16{
        static_cast<std::uint16_t>((state >> 31) << 15 | (8 + (state >> 16) % 10) << 10 | ((state >> 8) & 0x3FF))});
    values.push_back(to_float(halves.back()));
  }
  std::printf("Anda groups of %u with %u bits of mantissa:\n", group, bits);
  std::vector<float> rounded(k);
  for (const Simd* simd : available_simd()) {
    measure(simd->name, [&] {
      for (std::size_t row = 0; row < rows; ++row) {
        simd->round_row({&values[row * k], k, group, bits, rounded.data()});
      }
    });
  }
  const ActivationFormat format{bits, group};
  std::vector<std::uint8_t> bytes(format.bytes(rows, k));
  EncodingLoss loss;
  measure("panel in memory", [&] { pack_activations(halves.data(), k, rows, k, format, bytes.data(), loss); });
  FormatDescription description;
  description.name = "a";
  description.family = FormatFamily::anda;
  description.mantissa_bits = bits;
  description.group = group;
  description.rounding = FormatRounding::truncate;
  const auto operand = make_format(description);
  measure("operand format", [&] {
    for (std::size_t row = 0; row < rows; ++row) {
      std::copy_n(&values[row * k], k, rounded.begin());
      operand->round_row(rounded.data(), k);
    }
  });
  return 0;
}
