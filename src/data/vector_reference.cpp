// SPDX-License-Identifier: Apache-2.0
#include "data/vector_reference.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace anda::sim {
namespace {

constexpr double gelu_slope = 0.79788456080286536;  // √(2 / π)

double gelu(double x) { return x / 2 * (1 + std::tanh(gelu_slope * (x + 0.044715 * x * x * x))); }
double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }
double silu(double x) { return x / (1 + std::exp(-x)); }

/// A row of x in double precision, in place.
using DoubleRow = std::vector<double>;

void soften(DoubleRow& row, const ColumnRange& seen, double scale) {
  double largest = -std::numeric_limits<double>::infinity();
  double sum = 0;
  for (std::uint32_t i = seen.first; i < seen.end; ++i) largest = std::max(largest, row[i]);
  for (std::uint32_t i = 0; i < row.size(); ++i) {
    row[i] = i < seen.first || i >= seen.end ? 0 : std::exp(scale * (row[i] - largest));
    sum += row[i];
  }
  for (double& value : row) value /= sum;
}

void normalise(DoubleRow& row, const VectorConstants& known, bool centred) {
  const auto count = static_cast<double>(row.size());
  double mean = 0;
  double squares = 0;
  for (const double value : row) mean += centred ? value / count : 0;
  for (const double value : row) squares += (value - mean) * (value - mean) / count;
  const double factor = 1 / std::sqrt(squares + static_cast<double>(known.epsilon));
  for (std::size_t i = 0; i < row.size(); ++i) {
    row[i] = (row[i] - mean) * factor * (known.gamma.empty() ? 1.0 : static_cast<double>(known.gamma[i]));
    if (centred && !known.beta.empty()) row[i] += static_cast<double>(known.beta[i]);
  }
}

/// Keeps the largest values; among equal values, the first counts as larger.
void keep_largest(DoubleRow& row, std::size_t count) {
  DoubleRow kept(row.size(), 0);
  for (std::size_t i = 0; i < count; ++i) {
    const auto largest = std::max_element(row.begin(), row.end());
    kept[static_cast<std::size_t>(largest - row.begin())] = *largest;
    *largest = -std::numeric_limits<double>::infinity();
  }
  row = kept;
}

void turn(DoubleRow& row, const VectorConstants& known, std::size_t number) {
  const std::size_t half = known.rotary_dim / 2;
  for (std::size_t head = 0; head < row.size(); head += known.head_dim) {
    for (std::size_t i = 0; i < half; ++i) {
      const double cosine = static_cast<double>(known.cosines[number * half + i]);
      const double sine = static_cast<double>(known.sines[number * half + i]);
      const double first = row[head + i];
      const double second = row[head + half + i];
      row[head + i] = first * cosine - second * sine;
      row[head + half + i] = second * cosine + first * sine;
    }
  }
}

void alone(DoubleRow& row, VectorOperation operation, const DoubleRow& second) {
  for (std::size_t i = 0; i < row.size(); ++i) {
    double& value = row[i];
    switch (operation) {
      case VectorOperation::add:
        value += second[i];
        break;
      case VectorOperation::relu:
        value = std::max(value, 0.0);
        break;
      case VectorOperation::gelu:
        value = gelu(value);
        break;
      case VectorOperation::silu:
        value = silu(value);
        break;
      case VectorOperation::sigmoid:
        value = sigmoid(value);
        break;
      case VectorOperation::gated_gelu:
        value = gelu(value) * second[i];
        break;
      case VectorOperation::gated_silu:
        value = silu(value) * second[i];
        break;
      default:
        break;
    }
  }
}

DoubleRow doubles_of(const std::vector<Fp16>& values, std::size_t first, std::size_t count) {
  DoubleRow row;
  row.reserve(count);
  for (std::size_t i = first; i < first + count; ++i) row.push_back(static_cast<double>(to_float(values[i])));
  return row;
}

}  // namespace

std::vector<double> vector_reference(const VectorTask& task, const VectorConstants& constants,
                                     const std::vector<Fp16>& x, const std::vector<Fp16>& second) {
  std::vector<double> results;
  results.reserve(x.size());
  for (std::uint32_t number = 0; number < task.rows; ++number) {
    const std::size_t first = std::size_t{number} * task.columns;
    DoubleRow row = doubles_of(x, first, task.columns);
    switch (task.operation) {
      case VectorOperation::softmax:
        soften(row, constants.visible.empty() ? ColumnRange{0, task.columns} : constants.visible[number],
               static_cast<double>(constants.scale));
        break;
      case VectorOperation::layer_norm:
      case VectorOperation::rms_norm:
        normalise(row, constants, task.operation == VectorOperation::layer_norm);
        break;
      case VectorOperation::rotary:
        turn(row, constants, number);
        break;
      case VectorOperation::top_k:
        keep_largest(row, task.depth);
        break;
      default:
        alone(row, task.operation, second.empty() ? DoubleRow() : doubles_of(second, first, task.columns));
    }
    results.insert(results.end(), row.begin(), row.end());
  }
  return results;
}

std::vector<double> product_reference(const std::vector<Fp16>& x, std::uint64_t m, const WeightTensor& second) {
  std::vector<double> results(m * second.n, 0);
  DoubleRow of_k(second.n);
  for (std::uint64_t i = 0; i < second.k; ++i) {
    for (std::uint64_t column = 0; column < second.n; ++column) {
      of_k[column] = static_cast<double>(second.value(i, column));
    }
    for (std::uint64_t row = 0; row < m; ++row) {
      const double value = static_cast<double>(to_float(x[row * second.k + i]));
      for (std::uint64_t column = 0; column < second.n; ++column) {
        results[row * second.n + column] += value * of_k[column];
      }
    }
  }
  return results;
}

}  // namespace anda::sim
