// SPDX-License-Identifier: Apache-2.0
// The array alone, under a custom controller: a thread starts it on the steps of a GeMM. Its operands come from two
// plain memories, at the addresses of the step plan, and its FP32 sums go to a third.
#include <anda/mxu/mxu.h>
#include <anda/numeric/panel_codec.h>

#include <cstdio>

#include "memory.h"

namespace {

constexpr std::uint32_t m = 16;
constexpr std::uint32_t n = 16;
constexpr std::uint32_t k = 256;

int activation(std::size_t row, std::size_t i) { return static_cast<int>((row * k + i) * 7 % 11) - 5; }
int weight(std::size_t i, std::size_t column) { return static_cast<int>((i * n + column) * 5 % 15) - 7; }

}  // namespace

int sc_main(int, char**) {
  const anda::MachineShape shape({}, {}, {}, {});  // the paper's array, formats and buffers
  anda::Clock clock(285e6);
  anda::Mxu mxu("mxu", shape.mxu, shape.format, clock, 2, {true, anda::DotFormat::fp16});
  Memory activations("activations", 2 * shape.activation_buffer.half_address_bytes());
  Memory weights("weights", 2 * shape.weight_buffer.half_address_bytes());
  Memory sums("sums", activations.bytes.size());
  anda::BufferHalves activation_halves;
  anda::BufferHalves weight_halves;
  mxu.activations.bind(activations.socket);
  mxu.weights.bind(weights.socket);
  mxu.sums.bind(sums.socket);
  mxu.activation_credits.bind(activation_halves);
  mxu.weight_credits.bind(weight_halves);

  const anda::GemmTask task{m, n, k, {8, 64}, {0, 64}, {4, 128}};
  anda::StepPlan plan(task, {m, 64, k, anda::LoopOrder::nkm}, {}, shape);
  std::vector<anda::Fp16> a;
  for (std::size_t i = 0; i < m * k; ++i) a.push_back(anda::to_fp16(activation(i / k, i % k)));
  std::vector<std::int8_t> codes;
  for (std::size_t i = 0; i < k * n; ++i) codes.push_back(static_cast<std::int8_t>(weight(i / n, i % n)));
  const std::vector<anda::Fp16> scales(k / 128 * n, anda::to_fp16(1));

  std::uint64_t results = 0;
  sc_core::sc_spawn([&] {
    clock.begin();
    mxu.begin(plan);
    for (anda::Step step; plan.next(step);) {  // this GeMM has one step
      anda::EncodingLoss loss;
      anda::pack_activations(a.data(), k, m, k, task.input, &activations.bytes[plan.activation_address(step, 0)], loss);
      anda::pack_weights(codes.data(), scales.data(), n, k, n, task.weights,
                         &weights.bytes[plan.weight_address(step, 0)]);
      activation_halves.acquire(step.activation_half);
      weight_halves.acquire(step.weight_half);
      mxu.compute(step, 0);
      results = plan.result_address(step, 0, 0);
    }
    sc_core::wait(clock.delay_to(mxu.results_stored()));
  });
  sc_core::sc_start();

  int wrong = 0;
  for (std::size_t i = 0; i < m * n; ++i) {
    int expected = 0;
    for (std::size_t j = 0; j < k; ++j) expected += activation(i / n, j) * weight(j, i % n);
    float sum = 0;
    std::memcpy(&sum, &sums.bytes[results + i * sizeof sum], sizeof sum);
    wrong += sum != static_cast<float>(expected) ? 1 : 0;
  }
  std::printf("%llu cycles, %d wrong sums\n", static_cast<unsigned long long>(mxu.results_stored()), wrong);
  return wrong != 0;
}
