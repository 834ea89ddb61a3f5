// SPDX-License-Identifier: Apache-2.0
#include "data/gemm_data.h"

#include <anda/base/error.h>
#include <anda/numeric/encoded_panel.h>
#include <anda/numeric/format/operand_format.h>
#include <anda/numeric/panel_product.h>
#include <anda/numeric/weight.h>
#include <fmt/format.h>

#include <cmath>
#include <cstring>
#include <filesystem>

#include "data/tensor_generator.h"

namespace anda::sim {
namespace {

/// The file of an operand: the given file, or the file of the row in a folder.
std::string file_of(const std::string& path, const char* tensor, std::uint64_t index) {
  std::error_code error;
  if (!std::filesystem::is_directory(path, error)) return path;
  return (std::filesystem::path(path) / fmt::format("{}.{}.npy", index, tensor)).string();
}

Array read(const std::string& path, const std::vector<std::uint64_t>& shape) {
  return std::filesystem::path(path).extension() == ".npy" ? read_npy(path, shape) : read_raw(path, shape);
}

template <class T>
T element(const Array& array, std::uint64_t i) {
  T value{};
  std::memcpy(&value, &array.data[i * sizeof value], sizeof value);
  return value;
}

std::vector<Fp16> activations_of(const Array& array, const std::string& path) {
  if (array.type == NumberType::int8) {
    throw Error::input(path + ": holds int8, activations must be float16 or float32");
  }
  const std::uint64_t count = array.data.size() / bytes_of(array.type);
  std::vector<Fp16> values(count);
  for (std::uint64_t i = 0; i < count; ++i) {
    values[i] =
        array.type == NumberType::float16 ? Fp16{element<std::uint16_t>(array, i)} : to_fp16(element<float>(array, i));
  }
  return values;
}

float weight_at(const Array& array, std::uint64_t i) {
  switch (array.type) {
    case NumberType::float16:
      return to_float(Fp16{element<std::uint16_t>(array, i)});
    case NumberType::float32:
      return element<float>(array, i);
    case NumberType::int8:
      return element<std::int8_t>(array, i);
  }
  return 0;
}

/// Stores integers unchanged, with scale 1 and zero points of 0.
void take_codes(const Array& given, WeightTensor& weights) {
  weights.codes.resize(given.data.size());
  std::memcpy(weights.codes.data(), given.data.data(), given.data.size());
  std::fill(weights.scales.begin(), weights.scales.end(), Fp16{0x3C00});
  const int end = 1 << (weights.format.bits - 1);
  for (std::uint64_t i = 0; i < weights.codes.size(); ++i) {
    if (weights.codes[i] < -end || weights.codes[i] >= end) {
      throw Error::input(fmt::format("weight ({}, {}) is {}, which does not fit in {} bits", i / weights.n,
                                     i % weights.n, weights.codes[i], weights.format.bits));
    }
  }
}

/// Stores given numbers, converted to their format.
void take_numbers(const Array& given, GemmData& data) {
  WeightTensor& weights = data.weights;
  if (given.type == NumberType::int8) {
    throw Error::input("holds int8, weights of an operand format must be float16 or float32");
  }
  weights.scales.clear();
  weights.given.resize(weights.k * weights.n);
  for (std::uint64_t i = 0; i < weights.given.size(); ++i) weights.given[i] = weight_at(given, i);
  weights.numbers.resize(weights.given.size());
  std::vector<std::uint8_t> panel(weights.format.bytes(weights.k, weights.n));
  pack_encoded(weights.given.data(), weights.n, weights.k, weights.n, weights.format, panel.data());
  unpack_encoded(panel.data(), weights.k, weights.n, weights.format, weights.numbers.data(), weights.n);
  for (std::uint64_t i = 0; i < weights.given.size(); ++i) {
    if (weights.numbers[i] == 0 && weights.given[i] != 0) ++data.zeroed_weights;
  }
}

/// Applies an action to an operand; its errors name the GeMM and the file.
template <class Action>
void with_place(const Gemm& gemm, const std::string& file, Action action) {
  try {
    action();
  } catch (const Error& error) {
    const std::string message = error.what();
    const bool named = file.empty() || message.compare(0, file.size(), file) == 0;
    throw Error::input(fmt::format("GeMM '{}': {}{}", gemm.name, named ? "" : file + ": ", message));
  }
}

/// Some columns of weights, without further rounding.
WeightPanel exact_panel(const WeightTensor& weights, std::uint64_t column, std::uint64_t columns,
                        std::vector<std::uint8_t>& bytes) {
  const std::uint64_t k = weights.k;
  const std::uint64_t n = weights.n;
  if (weights.format.encoded) return {&weights.numbers[column], n, k, columns};
  bytes.resize(weights.format.bytes(k, columns));
  pack_weights(&weights.codes[column], &weights.scales[column], n, k, columns, weights.format, bytes.data(),
               weights.zeros.empty() ? nullptr : &weights.zeros[column]);
  return {bytes.data(), k, columns, weights.format, WeightPanel::Kind::exact, 0};
}

}  // namespace

void quantise_columns(const Array& given, WeightTensor& weights, std::uint64_t& zeroed) {
  weights.codes.resize(weights.k * weights.n);
  std::vector<float> column(weights.k);
  for (std::uint64_t n = 0; n < weights.n; ++n) {
    for (std::uint64_t k = 0; k < weights.k; ++k) column[k] = weight_at(given, k * weights.n + n);
    WeightColumn quantised;
    try {
      quantised = quantise(column, weights.format);
    } catch (const Error& error) {
      throw Error::input(fmt::format("column {}: {}", n, error.what()));
    }
    for (std::uint64_t k = 0; k < weights.k; ++k) {
      weights.codes[k * weights.n + n] = quantised.values[k];
      if (quantised.steps_of(k) == 0 && column[k] != 0) ++zeroed;
    }
    for (std::size_t g = 0; g < quantised.zeros.size(); ++g) weights.zeros[g * weights.n + n] = quantised.zeros[g];
    for (std::size_t g = 0; g < quantised.scales.size(); ++g) weights.scales[g * weights.n + n] = quantised.scales[g];
  }
}

GemmData gemm_data(const FunctionalConfig& config, const Gemm& gemm, std::uint64_t index, const GemmTask& task) {
  GemmData data;
  data.weights = {task.k, task.n, task.weights, {}, {}};
  data.weights.scales.resize(ceil_div(task.k, task.weights.scale_group) * task.n);
  if (task.weights.has_zero_points()) data.weights.zeros.resize(data.weights.scales.size());

  if (config.activations.empty()) {
    data.activations = generate_activations(config.seed, index, task.m, task.k);
  } else {
    const std::string file = file_of(config.activations, "activations", index);
    with_place(gemm, file, [&] {
      data.activations = activations_of(read(file, {task.m, task.k}), file);
      NonFiniteCounts counts;
      for (std::uint64_t i = 0; i < data.activations.size(); ++i) {
        data.activations[i] = make_finite(data.activations[i], config.non_finite, {gemm.tensor, 0}, i, counts);
      }
      data.replaced_inputs = counts.infinities + counts.nans;
    });
  }

  const std::string file = config.weights.empty() ? "" : file_of(config.weights, "weights", index);
  with_place(gemm, file, [&] {
    if (file.empty()) {
      const std::vector<float> weights = generate_weights(config.seed, index, task.k, task.n);
      data.given_weights = {NumberType::float32, {task.k, task.n}, std::vector<std::uint8_t>(4 * weights.size())};
      std::memcpy(data.given_weights.data.data(), weights.data(), data.given_weights.data.size());
    } else {
      data.given_weights = read(file, {task.k, task.n});
    }
    if (task.weights.encoded) {
      take_numbers(data.given_weights, data);
    } else if (data.given_weights.type == NumberType::int8) {
      take_codes(data.given_weights, data.weights);
    } else {
      quantise_columns(data.given_weights, data.weights, data.zeroed_weights);
    }
  });
  return data;
}

void check_dequantised(const WeightTensor& weights, const Gemm& gemm, const std::string& system) {
  for (std::uint64_t i = 0; i < weights.numbers.size(); ++i) {
    if (to_fp16(weights.numbers[i]).is_finite()) continue;
    throw Error::input(fmt::format(
        "GeMM '{}': weight ({}, {}) is {} in the format {}, beyond 65504, to which {} decodes it", gemm.name,
        i / weights.n, i % weights.n, weights.numbers[i], weights.format.operand->description().name, system));
  }
  for (std::uint64_t i = 0; i < weights.codes.size(); ++i) {
    const std::uint64_t group = i / weights.n / weights.format.scale_group;
    const double exact = weights.steps_of(i / weights.n, i % weights.n) *
                         static_cast<double>(to_float(weights.scales[group * weights.n + i % weights.n]));
    if (!to_fp16(exact).is_finite()) {
      throw Error::input(
          fmt::format("GeMM '{}': weight ({}, {}) times its scale is beyond 65504, the largest weight of {}", gemm.name,
                      i / weights.n, i % weights.n, system));
    }
  }
}

void compare(const GemmData& data, const std::vector<Fp16>& results, std::uint64_t m, DataErrors& errors) {
  constexpr std::uint64_t panel = 64;
  const std::uint64_t k = data.weights.k;
  const std::uint64_t n = data.weights.n;
  const ActivationFormat fp16;
  const PanelProduct product(DotFormat::fp32);
  std::vector<ActivationPanel> activations;
  std::vector<std::uint8_t> bytes;
  EncodingLoss none;
  for (std::uint64_t row = 0; row < m; row += panel) {
    const std::uint64_t rows = std::min(panel, m - row);
    bytes.resize(fp16.bytes(rows, k));
    pack_activations(&data.activations[row * k], k, rows, k, fp16, bytes.data(), none);
    activations.emplace_back(bytes.data(), rows, k, fp16);
  }
  std::vector<float> sums;
  OverflowCounts overflows;
  for (std::uint64_t column = 0; column < n; column += panel) {
    const std::uint64_t columns = std::min(panel, n - column);
    const WeightPanel weights = exact_panel(data.weights, column, columns, bytes);
    for (std::uint64_t row = 0; row < m; row += panel) {
      const ActivationPanel& rows = activations[row / panel];
      sums.assign(rows.rows() * weights.padded_columns(), 0);
      product.add(rows, weights, sums.data(), overflows);
      for (std::uint64_t r = 0; r < rows.rows(); ++r) {
        for (std::uint64_t c = 0; c < columns; ++c) {
          const Fp16 result = results[(row + r) * n + column + c];
          if (!result.is_finite()) continue;
          const double reference = sums[r * weights.padded_columns() + c];
          const double error = to_float(result) - reference;
          errors.signal += reference * reference;
          errors.noise += error * error;
          errors.max_abs_error = std::max(errors.max_abs_error, std::abs(error));
        }
      }
    }
  }
}

}  // namespace anda::sim
