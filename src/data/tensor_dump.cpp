// SPDX-License-Identifier: Apache-2.0
#include "data/tensor_dump.h"

#include <fmt/format.h>

#include <cstring>

namespace anda::sim {
namespace {

Array array_of(const std::vector<Fp16>& values, std::uint64_t rows, std::uint64_t columns) {
  Array array{NumberType::float16, {rows, columns}, std::vector<std::uint8_t>(2 * values.size())};
  static_assert(sizeof(Fp16) == 2);
  std::memcpy(array.data.data(), values.data(), array.data.size());
  return array;
}

}  // namespace

TensorDump::TensorDump(FileSet& files, std::string folder) : files_(files), folder_(std::move(folder)) {
  files_.make_folder(folder_);
}

void TensorDump::write(const std::string& name, const Array& array) {
  AtomicFile& file = files_.add(folder_ + "/" + name);
  write_npy(file.stream(), array);
  file.finish();  // there may be more files than a process can keep open
}

void TensorDump::operands(std::uint64_t index, const GemmData& data) {
  const std::uint64_t k = data.weights.k;
  write(fmt::format("{}.activations.npy", index), array_of(data.activations, data.activations.size() / k, k));
  write(fmt::format("{}.weights.npy", index), data.given_weights);
  weights(index, data.weights);
}

void TensorDump::weights(std::uint64_t index, const WeightTensor& weights) {
  const std::uint64_t k = weights.k;
  const std::uint64_t n = weights.n;
  if (weights.format.encoded) {
    Array numbers{NumberType::float32, {k, n}, std::vector<std::uint8_t>(4 * weights.numbers.size())};
    std::memcpy(numbers.data.data(), weights.numbers.data(), numbers.data.size());
    write(fmt::format("{}.numbers.npy", index), numbers);
    return;
  }
  if (weights.format.is_fp16()) {
    write(fmt::format("{}.weights.npy", index), array_of(weights.halves, k, n));
    return;
  }
  Array codes{NumberType::int8, {k, n}, std::vector<std::uint8_t>(weights.codes.size())};
  std::memcpy(codes.data.data(), weights.codes.data(), codes.data.size());
  write(fmt::format("{}.codes.npy", index), codes);
  write(fmt::format("{}.scales.npy", index), array_of(weights.scales, weights.scales.size() / n, n));
  if (weights.zeros.empty()) return;
  Array zeros{NumberType::int8, {weights.zeros.size() / n, n}, std::vector<std::uint8_t>(weights.zeros.size())};
  std::memcpy(zeros.data.data(), weights.zeros.data(), zeros.data.size());
  write(fmt::format("{}.zeros.npy", index), zeros);
}

void TensorDump::vector(std::uint64_t index, const char* name, const std::vector<float>& values) {
  Array array{NumberType::float32, {values.size()}, std::vector<std::uint8_t>(4 * values.size())};
  std::memcpy(array.data.data(), values.data(), array.data.size());
  write(fmt::format("{}.{}.npy", index, name), array);
}

void TensorDump::inputs(const std::string& system, std::uint64_t index, const std::vector<Fp16>& values,
                        std::uint64_t rows, std::uint64_t columns) {
  files_.make_folder(folder_ + "/" + system);
  write(fmt::format("{}/{}.inputs.npy", system, index), array_of(values, rows, columns));
}

void TensorDump::results(const std::string& system, std::uint64_t index, const std::vector<Fp16>& values,
                         std::uint64_t m, std::uint64_t n) {
  files_.make_folder(folder_ + "/" + system);
  write(fmt::format("{}/{}.outputs.npy", system, index), array_of(values, m, n));
}

}  // namespace anda::sim
