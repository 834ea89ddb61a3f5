// SPDX-License-Identifier: Apache-2.0
//
// How fast functional simulations compute: multiply-accumulates a second of the array's arithmetic with every kind of
// instructions, and of whole simulated GeMMs, beside SGEMM of OpenBLAS on the same shape. One thread each.

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <systemc>
#include <vector>

#include <anda/dataflow/tensor_image.h>

#include <cblas.h>

#include "models/machine.h"

namespace {

using namespace anda;

constexpr double shortest_measurement_s = 0.5;

/// Processor time, best of as many runs as fill the time: others use the machine too.
template <class Action>
double seconds(Action action) {
  double best = 1e30;
  double total = 0;
  while (total < shortest_measurement_s) {
    const std::clock_t start = std::clock();
    action();
    const double now = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
    best = std::min(best, now);
    total += now;
  }
  return best;
}

void print(const char* name, double macs, double time_s) {
  std::printf("  %-34s %8.2f GMAC/s\n", name, macs / time_s * 1e-9);
}

struct Operands {
  std::vector<Fp16> activations;
  WeightTensor weights;

  explicit Operands(const GemmTask& task) {
    std::uint32_t state = 1;
    const auto next = [&state] { return (state = state * 1664525 + 1013904223) >> 16; };
    for (std::uint64_t i = 0; i < std::uint64_t{task.m} * task.k; ++i) {
      activations.push_back(Fp16{static_cast<std::uint16_t>((10 + next() % 6) << 10 | next() % 1024)});
    }
    weights = {task.k, task.n, task.weights, {}, {}};
    for (std::uint64_t i = 0; i < std::uint64_t{task.k} * task.n; ++i) {
      weights.codes.push_back(static_cast<std::int8_t>(static_cast<int>(next() % 16) - 8));
    }
    weights.scales.assign(ceil_div(task.k, task.weights.scale_group) * task.n, Fp16{0x1C00});
  }
};

/// Panels as wide as the array, all rows against all columns.
void arithmetic(const ProcessingElement& element, const GemmTask& task, const Operands& operands, double macs) {
  EncodingLoss loss;
  const std::uint32_t panel = 16;
  const std::vector<std::uint8_t> a =
      pack_activation_tensor(operands.activations, task.m, task.k, task.input, panel, loss);
  const std::vector<std::uint8_t> w = pack_weight_tensor(operands.weights, panel);
  for (const Simd* simd : available_simd()) {
    const auto numbers = element.arithmetic({DotFormat::fp16, simd});
    std::vector<ActivationPanel> rows(task.m / panel);
    std::vector<WeightPanel> columns;
    NonFiniteCounts none;
    const double unpacking_s = seconds([&] {
      for (std::uint64_t i = 0; i < rows.size(); ++i) {
        rows[i] = numbers->activations(&a[i * task.input.bytes(panel, task.k)], panel, task.k, task.input, none);
      }
    });
    for (std::uint64_t i = 0; i < task.n / panel; ++i) {
      columns.push_back(numbers->weights(&w[i * task.weights.bytes(task.k, panel)], task.k, panel, task.weights));
    }
    std::vector<float> sums(panel * panel);
    OverflowCounts counts;
    const double time_s = seconds([&] {
      for (const WeightPanel& column : columns) {
        for (const ActivationPanel& row : rows) numbers->add_product(row, column, sums.data(), counts);
      }
    });
    print((std::string("array's arithmetic, ") + simd->name).c_str(), macs, time_s);
    std::printf("  %-34s %8.2f ns a value\n", (std::string("activations read, ") + simd->name).c_str(),
                unpacking_s * 1e9 / (static_cast<double>(task.m) * task.k));
  }
}

void blas(const GemmTask& task, double macs) {
  openblas_set_num_threads(1);
  const std::vector<float> a(std::size_t{task.m} * task.k, 1.5F);
  const std::vector<float> b(std::size_t{task.k} * task.n, 0.25F);
  std::vector<float> c(std::size_t{task.m} * task.n);
  const auto m = static_cast<int>(task.m);
  const auto n = static_cast<int>(task.n);
  const auto k = static_cast<int>(task.k);
  const double time_s = seconds([&] {
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, m, n, k, 1.0F, a.data(), k, b.data(), n, 0.0F, c.data(), n);
  });
  print((std::string("OpenBLAS SGEMM, ") + openblas_get_corename()).c_str(), macs, time_s);
}

std::uint32_t argument(int argc, char** argv, int index, std::uint32_t value) {
  return argc > index ? static_cast<std::uint32_t>(std::strtoul(argv[index], nullptr, 10)) : value;
}

}  // namespace

/// functional_bench [m n k]; multiples of 16.
int sc_main(int argc, char** argv) {
  const std::uint32_t m = argument(argc, argv, 1, 512);
  const std::uint32_t n = argument(argc, argv, 2, 1024);
  const std::uint32_t k = argument(argc, argv, 3, 4096);
  if (m == 0 || n == 0 || k == 0 || m % 16 != 0 || n % 16 != 0 || k % 16 != 0) {
    std::fprintf(stderr, "usage: functional_bench [m n k], multiples of 16\n");
    return 2;
  }
  DramConfig memory;
  memory.store_data = true;
  std::vector<std::unique_ptr<test::Machine>> machines;
  for (const auto& kind : pe_kinds) {
    AcceleratorConfig config = test::machine_of(kind.value);
    config.functional.enabled = true;
    machines.push_back(std::make_unique<test::Machine>(config, memory));
  }

  const double macs = static_cast<double>(m) * n * k;
  std::printf("m = %u, n = %u, k = %u, INT4 weights, group 64\n", m, n, k);
  GemmTask shape;
  shape.m = m;
  shape.n = n;
  shape.k = k;
  blas(shape, macs);
  for (const auto& machine : machines) {
    const bool anda = machine->accelerator.processing_element().compresses();
    for (const std::uint32_t bits : anda ? std::vector<std::uint32_t>{5, 8, 11, 16} : std::vector<std::uint32_t>{0}) {
      const char* name = machine->accelerator.config().mxu.processing_element.name();
      anda ? std::printf("%s, %u mantissa bits\n", name, bits) : std::printf("%s\n", name);
      const GemmTask task = machine->task(m, n, k, bits, bits);
      const Operands operands(task);
      arithmetic(machine->accelerator.processing_element(), task, operands, macs);

      EncodingLoss loss;
      const std::uint32_t panel = machine->accelerator.config().mxu.rows;
      for (const Tiling tiling : {Tiling::paper, Tiling::automatic}) {
        const GemmDescriptor descriptor =
            machine->descriptor(task, choose_step(tiling, machine->accelerator.config(), task));
        machine->place(descriptor.addresses.activations,
                       pack_activation_tensor(operands.activations, m, k, task.input, panel, loss));
        machine->place(descriptor.addresses.weights, pack_weight_tensor(operands.weights, panel));
        const double time_s = seconds([&] { machine->run(descriptor); });
        print((std::string("whole machine, tiling ") + name_of(tilings, tiling)).c_str(), macs, time_s);
      }
    }
  }
  return 0;
}
