// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <cmath>
#include <memory>
#include <random>
#include <vector>

#include <anda/dataflow/tensor_image.h>
#include <anda/numeric/cache_codec.h>
#include <anda/numeric/vector_math.h>

#include "models/machine.h"

// Real data through the operations of the vector unit: memory, DMA, buffer, lanes, compressor and back.

using namespace anda;
using anda::test::Machine;
using anda::test::machine_of;

namespace {

DramConfig memory_with_data() {
  DramConfig config;
  config.store_data = true;
  return config;
}

AcceleratorConfig with_data(PeKind kind, Level level = Level::fast) {
  AcceleratorConfig config = machine_of(kind);
  config.functional.enabled = true;
  config.level = level;
  return config;
}

std::vector<Fp16> bell_values(std::size_t count, std::uint32_t seed, float size = 2) {
  std::mt19937 random(seed);
  std::normal_distribution<float> bell(0, size);
  std::vector<Fp16> made(count);
  for (Fp16& value : made) value = to_fp16(bell(random));
  return made;
}

VectorTask task_on_data(VectorOperation operation, std::uint32_t rows, std::uint32_t columns, std::uint32_t bits = 0) {
  VectorTask task;
  task.operation = operation;
  task.rows = rows;
  task.columns = columns;
  task.output = {bits, 64};
  if (operation == VectorOperation::top_k) task.depth = 9;
  return task;
}

/// Constants that matter: of every operation some.
VectorConstants constants_of(const VectorTask& task) {
  VectorConstants constants;
  std::mt19937 random(5);
  std::normal_distribution<float> bell(0, 0.2F);
  if (task.operation == VectorOperation::layer_norm || task.operation == VectorOperation::rms_norm) {
    for (std::uint32_t i = 0; i < task.columns; ++i) constants.gamma.push_back(1 + bell(random));
    for (std::uint32_t i = 0; i < task.columns; ++i) constants.beta.push_back(bell(random));
  }
  if (task.operation == VectorOperation::softmax) {
    constants.scale = 0.125F;
    for (std::uint32_t row = 0; row < task.rows; ++row) {
      constants.visible.push_back({row % 3, task.columns - row % (task.columns / 2)});
    }
  }
  if (task.operation == VectorOperation::rotary) {
    constants.head_dim = task.columns % 64 == 0 ? 64 : 20;
    constants.rotary_dim = 16;
    for (std::uint32_t i = 0; i < task.rows * 8; ++i) {
      constants.cosines.push_back(std::cos(static_cast<float>(i)));
      constants.sines.push_back(std::sin(static_cast<float>(i)));
    }
  }
  return constants;
}

/// Runs an operation on values of the test; its results as values.
std::vector<Fp16> computed(Machine& machine, const VectorTask& task, const std::vector<Fp16>& x,
                           const std::vector<Fp16>& second = {}) {
  const std::uint32_t rows = machine.accelerator.config().mxu.rows;
  const VectorDescriptor descriptor = machine.descriptor(task);
  EncodingLoss none;
  machine.place(descriptor.input, pack_activation_tensor(x, task.rows, task.columns, {}, rows, none));
  if (!second.empty()) {
    machine.place(descriptor.second, pack_activation_tensor(second, task.rows, task.columns, {}, rows, none));
  }
  machine.accelerator.set_vector_constants(constants_of(task));
  machine.run(descriptor);
  return unpack_activation_tensor(
      machine.contents(descriptor.output, tensor_bytes(task.rows, task.columns, task.output, rows)), task.rows,
      task.columns, task.output, rows);
}

/// An element in double precision, of the row that it is in.
double exact(const VectorTask& task, const VectorConstants& known, const std::vector<double>& x, double second,
             std::size_t row, std::size_t i) {
  const double v = x[i];
  const auto n = static_cast<double>(x.size());
  double sum = 0;
  double squares = 0;
  for (const double value : x) sum += value, squares += value * value;
  const double gelu = v / 2 * (1 + std::tanh(std::sqrt(2 / M_PI) * (v + 0.044715 * v * v * v)));
  switch (task.operation) {
    case VectorOperation::add:
      return v + second;
    case VectorOperation::relu:
      return std::max(v, 0.0);
    case VectorOperation::gelu:
      return gelu;
    case VectorOperation::silu:
      return v / (1 + std::exp(-v));
    case VectorOperation::gated_gelu:
      return gelu * second;
    case VectorOperation::gated_silu:
      return v / (1 + std::exp(-v)) * second;
    case VectorOperation::layer_norm:
      return (v - sum / n) / std::sqrt(squares / n - sum * sum / n / n + 1e-5) * double{known.gamma[i]} + known.beta[i];
    case VectorOperation::rms_norm:
      return v / std::sqrt(squares / n + 1e-5) * double{known.gamma[i]};
    case VectorOperation::rotary: {
      const std::size_t in_head = i % known.head_dim;
      if (in_head >= 16) return v;
      const double cosine = known.cosines[row * 8 + in_head % 8];
      const double sine = known.sines[row * 8 + in_head % 8];
      return in_head < 8 ? v * cosine - x[i + 8] * sine : v * cosine + x[i - 8] * sine;
    }
    case VectorOperation::softmax: {
      const ColumnRange seen = known.visible[row];
      if (i < seen.first || i >= seen.end) return 0;
      double all = 0;
      for (std::size_t j = seen.first; j < seen.end; ++j) all += std::exp((x[j] - v) / 8);
      return 1 / all;
    }
    case VectorOperation::sigmoid:
      return 1 / (1 + std::exp(-v));
    case VectorOperation::top_k: {
      // Those before it that are as large, and all that are larger.
      std::size_t larger = 0;
      for (std::size_t j = 0; j < x.size(); ++j) larger += x[j] > v || (x[j] == v && j < i) ? 1u : 0u;
      return larger < task.depth ? v : 0;
    }
    default:
      return v;
  }
}

const std::vector<VectorOperation> row_operations{
    VectorOperation::copy,   VectorOperation::add,        VectorOperation::layer_norm, VectorOperation::rms_norm,
    VectorOperation::rotary, VectorOperation::softmax,    VectorOperation::relu,       VectorOperation::gelu,
    VectorOperation::silu,   VectorOperation::gated_gelu, VectorOperation::gated_silu, VectorOperation::sigmoid,
    VectorOperation::top_k};

}  // namespace

TEST_CASE("Every vector operation on real data is within two units in the last place of double precision") {
  Machine machine(with_data(PeKind::fp_fp), memory_with_data());
  for (const VectorOperation operation : row_operations) {
    INFO(name_of(vector_operations, operation));
    const VectorTask task = task_on_data(operation, 37, 140);
    const auto x = bell_values(37 * 140, 1);
    const auto second = takes_second(operation) ? bell_values(37 * 140, 2) : std::vector<Fp16>();
    const auto results = computed(machine, task, x, second);
    const VectorConstants known = constants_of(task);
    double worst = 0;
    for (std::size_t row = 0; row < 37; ++row) {
      std::vector<double> numbers;
      for (std::size_t i = 0; i < 140; ++i) numbers.push_back(to_float(x[row * 140 + i]));
      for (std::size_t i = 0; i < 140; ++i) {
        const std::size_t at = row * 140 + i;
        const double right = exact(task, known, numbers, second.empty() ? 0 : to_float(second[at]), row, i);
        int power = 0;
        std::frexp(right, &power);
        // What cancels loses more digits than FP16 drops: errors are of the size of the terms.
        const double unit = std::ldexp(1.0, std::max(power, -6) - 11);
        worst = std::max(worst, std::abs(to_float(results[at]) - right) / unit);
      }
    }
    CHECK(worst <= (operation == VectorOperation::softmax ? 2 : 0.502));
  }
}

TEST_CASE("How rows are cut, the level, the number of lanes and the array change no bit of a vector operation") {
  std::vector<std::unique_ptr<Machine>> machines;
  for (const Level level : {Level::fast, Level::cycle}) {
    machines.push_back(std::make_unique<Machine>(with_data(PeKind::anda, level), memory_with_data()));
  }
  AcceleratorConfig small = with_data(PeKind::anda);
  small.activation_buffer.mantissa_bytes = 1u << 15;
  machines.push_back(std::make_unique<Machine>(small, memory_with_data()));
  AcceleratorConfig other = with_data(PeKind::anda);
  other.vector_unit.fpus = 3;
  other.mxu.rows = 5;
  other.dma.max_burst_bytes = 64;
  machines.push_back(std::make_unique<Machine>(other, memory_with_data()));
  for (const VectorOperation operation : row_operations) {
    for (const std::uint32_t bits : {0u, 6u}) {
      INFO(name_of(vector_operations, operation) << " " << bits);
      const VectorTask task = task_on_data(operation, 18, 640, bits);
      const auto x = bell_values(18 * 640, 3);
      const auto second = takes_second(operation) ? bell_values(18 * 640, 4) : std::vector<Fp16>();
      const auto first = computed(*machines[0], task, x, second);
      for (std::size_t i = 1; i < machines.size(); ++i) {
        if (operation == VectorOperation::top_k && i == 2) continue;  // a choice wants whole rows
        CHECK(computed(*machines[i], task, x, second) == first);
      }
    }
  }
}

TEST_CASE("Data of vector operations takes no time and changes no counter") {
  Machine real(with_data(PeKind::anda), memory_with_data());
  Machine sizes(machine_of(PeKind::anda));
  for (const auto& operation : vector_operations) {
    VectorTask task = task_on_data(operation.value, 40, 200, operation.value == VectorOperation::quantise ? 0 : 7);
    if (operation.value == VectorOperation::multiply) task.depth = 96;
    if (operation.value == VectorOperation::multiply) task.weights = WeightFormat::fp16(64);
    if (operation.value == VectorOperation::quantise) task.weights = {4, 64, 16};
    real.accelerator.set_vector_constants(constants_of(task));
    INFO(operation.name);
    CHECK(real.run(task) == sizes.run(task));
  }
}

TEST_CASE("quantise writes the codes that the cache codec has, as the panels of weights that a GeMM reads") {
  Machine machine(with_data(PeKind::fp_fp), memory_with_data());
  const std::uint32_t rows = machine.accelerator.config().mxu.rows;
  for (const CacheNumber number : {CacheNumber::integer, CacheNumber::anda}) {
    for (std::uint32_t bits = 2; bits <= 8; ++bits) {
      VectorTask task = task_on_data(VectorOperation::quantise, 21, 128);
      CacheFormat format;
      format.number = number;
      format.bits = bits;
      format.group = 32;
      task.weights = {bits, format.group, format.shared_bits()};
      const auto x = bell_values(21 * 128, bits);
      const VectorDescriptor descriptor = machine.descriptor(task);
      EncodingLoss none;
      machine.place(descriptor.input, pack_activation_tensor(x, 21, 128, {}, rows, none));
      machine.run(descriptor);
      const auto bytes = machine.contents(descriptor.output, VectorPlan::output_bytes(task, rows));
      const auto wanted = decode_cache(encode_cache(x.data(), {21, 128, 128}, format), 21, 128, format);
      // Times the rows of a unit matrix, the panel gives its values back.
      std::size_t at = 0;
      for (std::uint32_t first = 0; first < 21; first += rows) {
        const std::uint32_t width = std::min(rows, 21 - first);
        const WeightPanel panel(&bytes[at], 128, width, task.weights, WeightPanel::Kind::exact, 0);
        at += task.weights.bytes(128, width);
        std::vector<std::uint8_t> unit(2 * 128 * 128);
        for (std::size_t i = 0; i < 128; ++i) unit[2 * (i * 128 + i) + 1] = 0x3C;
        std::vector<float> sums(128 * panel.padded_columns());
        OverflowCounts counts;
        PanelProduct(DotFormat::fp32).add({unit.data(), 128, 128, {}}, panel, sums.data(), counts);
        for (std::size_t i = 0; i < 128; ++i) {
          for (std::size_t token = 0; token < width; ++token) {
            if (sums[i * panel.padded_columns() + token] == wanted[(first + token) * 128 + i]) continue;
            FAIL(name_of(cache_numbers, number) << " " << bits << ": token " << first + token << ", element " << i);
          }
        }
      }
      CHECK(at == bytes.size());
    }
  }
}

TEST_CASE("multiply adds up FP32 products in the order of k, however its operands are cut") {
  AcceleratorConfig small = with_data(PeKind::anda);
  small.activation_buffer.mantissa_bytes = 1u << 14;
  Machine machine(small, memory_with_data());
  const std::uint32_t m = 19;
  const std::uint32_t k = 300;
  const std::uint32_t n = 150;
  VectorTask task = task_on_data(VectorOperation::multiply, m, n);
  task.depth = k;
  task.weights = WeightFormat::fp16(128);
  const auto x = bell_values(m * k, 1);
  const auto second = bell_values(k * n, 2);
  const MachineShape shape(small.mxu, small.format, small.activation_buffer, small.weight_buffer);
  const VectorPlan plan(task, {}, shape, 1);
  REQUIRE(plan.part_columns() < n);
  REQUIRE(plan.steps() > 2 * 2 * 2);
  const VectorDescriptor descriptor = machine.descriptor(task);
  EncodingLoss none;
  machine.place(descriptor.input, pack_activation_tensor(x, m, k, {}, small.mxu.rows, none));
  std::vector<std::uint8_t> bytes;
  for (std::uint64_t first = 0; first < n; first += plan.part_columns()) {
    const std::size_t width = std::min<std::size_t>(plan.part_columns(), n - first);
    std::vector<std::uint8_t> panel(task.weights.bytes(k, width));
    pack_weights(&second[first], n, k, width, panel.data());
    bytes.insert(bytes.end(), panel.begin(), panel.end());
  }
  machine.place(descriptor.second, bytes);
  machine.run(descriptor);
  const auto results =
      unpack_activation_tensor(machine.contents(descriptor.output, tensor_bytes(m, n, task.output, small.mxu.rows)), m,
                               n, task.output, small.mxu.rows);
  for (std::uint32_t row = 0; row < m; ++row) {
    for (std::uint32_t column = 0; column < n; ++column) {
      float sum = 0;
      for (std::uint32_t i = 0; i < k; ++i) sum += to_float(x[row * k + i]) * to_float(second[i * n + column]);
      REQUIRE(results[row * n + column] == to_fp16(sum));
    }
  }
}

TEST_CASE("Infinities that become groups are counted, by whoever makes the groups") {
  Machine anda(with_data(PeKind::anda), memory_with_data());
  Machine plain(with_data(PeKind::fp_fp), memory_with_data());
  std::vector<Fp16> x = bell_values(16 * 64, 9);
  x[70] = to_fp16(60000);
  computed(anda, task_on_data(VectorOperation::add, 16, 64, 7), x, x);
  CHECK(anda.accelerator.losses().overflows.outputs == 1);
  CHECK(anda.accelerator.losses().saturated.infinities == 1);
  CHECK(anda.accelerator.losses().first_saturated_row == 1);
  CHECK(anda.accelerator.losses().first_saturated_column == 6);
  computed(anda, task_on_data(VectorOperation::copy, 16, 64), x);  // through the compressor, as FP16: nothing is lost
  CHECK(anda.accelerator.losses().overflows.outputs == 0);
  CHECK(anda.accelerator.losses().saturated.infinities == 0);

  x[70] = fp16_infinity;
  VectorTask task = task_on_data(VectorOperation::quantise, 16, 64);
  task.weights = {4, 64, 16};
  EncodingLoss none;
  plain.place(0, pack_activation_tensor(x, 16, 64, {}, 16, none));
  plain.run(task);
  CHECK(plain.accelerator.losses().saturated.infinities == 1);
  CHECK(plain.accelerator.losses().zeroed > 0);
}
