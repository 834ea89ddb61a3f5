// SPDX-License-Identifier: Apache-2.0
#include "data/tensor_dump.h"

#include <anda/base/error.h>
#include <fmt/format.h>

#include <cstring>
#include <filesystem>
#include <system_error>

#include "files/atomic_file.h"

namespace anda::sim {
namespace {

Array array_of(const std::vector<Fp16>& values, std::uint64_t rows, std::uint64_t columns) {
  Array array{NumberType::float16, {rows, columns}, std::vector<std::uint8_t>(2 * values.size())};
  static_assert(sizeof(Fp16) == 2);
  std::memcpy(array.data.data(), values.data(), array.data.size());
  return array;
}

}  // namespace

TensorDump::TensorDump(std::string folder) : folder_(std::move(folder)) { make(folder_); }

TensorDump::~TensorDump() {
  std::error_code ignored;  // a folder that holds something of others stays
  for (auto path = written_.rbegin(); path != written_.rend(); ++path) std::filesystem::remove(*path, ignored);
}

void TensorDump::make(const std::string& folder) {
  std::error_code error;
  if (std::filesystem::create_directory(folder, error)) written_.push_back(folder);
  if (error) throw Error::run(folder + ": cannot make the folder: " + error.message());
}

void TensorDump::write(const std::string& name, const Array& array) {
  const std::string path = folder_ + "/" + name;
  AtomicFile file(path);
  write_npy(file.stream(), array);
  file.commit();
  written_.push_back(path);
}

void TensorDump::operands(std::uint64_t index, const GemmData& data) {
  const std::uint64_t k = data.weights.k;
  const std::uint64_t n = data.weights.n;
  write(fmt::format("{}.activations.npy", index), array_of(data.activations, data.activations.size() / k, k));
  write(fmt::format("{}.weights.npy", index), data.given_weights);
  Array codes{NumberType::int8, {k, n}, std::vector<std::uint8_t>(data.weights.codes.size())};
  std::memcpy(codes.data.data(), data.weights.codes.data(), codes.data.size());
  write(fmt::format("{}.codes.npy", index), codes);
  write(fmt::format("{}.scales.npy", index), array_of(data.weights.scales, data.weights.scales.size() / n, n));
}

void TensorDump::results(const std::string& system, std::uint64_t index, const std::vector<Fp16>& values,
                         std::uint64_t m, std::uint64_t n) {
  make(folder_ + "/" + system);
  write(fmt::format("{}/{}.outputs.npy", system, index), array_of(values, m, n));
}

}  // namespace anda::sim
