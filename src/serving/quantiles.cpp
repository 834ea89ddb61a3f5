// SPDX-License-Identifier: Apache-2.0
#include "serving/quantiles.h"

#include <algorithm>
#include <anda/base/error.h>
#include <cerrno>
#include <cmath>
#include <cstring>

namespace anda::sim {
namespace {

// Bins by the leading bits of a double: 64 per power of two.
constexpr unsigned bin_shift = 52 - 6;
constexpr std::size_t read_at_once = 4096;

std::size_t bin_of(double value) {
  std::uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof bits);
  return static_cast<std::size_t>(bits >> bin_shift);
}

Error problem() { return Error::run(std::string("the temporary file of latencies: ") + std::strerror(errno)); }

}  // namespace

Quantiles::Quantiles() : file_(std::tmpfile()), bins_(std::size_t{1} << (63 - bin_shift)) {
  if (!file_) throw problem();
}

void Quantiles::add(double value) {
  if (std::fwrite(&value, sizeof value, 1, file_.get()) != 1) throw problem();
  ++bins_[bin_of(value)];
  ++count_;
  sum_ += value;
  most_ = std::max(most_, value);
}

double Quantiles::at(double share) {
  if (count_ == 0) return 0;
  const double place = share * static_cast<double>(count_ - 1);
  const double rank = std::floor(place);
  const auto [low, high] = neighbours(static_cast<std::uint64_t>(rank));
  return low + (high - low) * (place - rank);
}

/// Returns the values at a rank, from 0, and at the next one.
std::pair<double, double> Quantiles::neighbours(std::uint64_t rank) {
  const std::uint64_t next = std::min(rank + 1, count_ - 1);
  std::uint64_t below = 0;
  std::size_t first = 0;
  for (; below + bins_[first] <= rank; ++first) below += bins_[first];
  std::uint64_t until = below + bins_[first];
  std::size_t last = first;
  while (until <= next) until += bins_[++last];
  std::vector<double> values;
  read_bins(first, last, values);
  std::sort(values.begin(), values.end());
  return {values.at(rank - below), values.at(next - below)};
}

void Quantiles::read_bins(std::size_t first, std::size_t last, std::vector<double>& values) {
  if (std::fflush(file_.get()) != 0 || std::fseek(file_.get(), 0, SEEK_SET) != 0) throw problem();
  std::vector<double> block(read_at_once);
  for (std::size_t count = block.size(); count == block.size();) {
    count = std::fread(block.data(), sizeof(double), block.size(), file_.get());
    std::copy_if(block.begin(), block.begin() + static_cast<std::ptrdiff_t>(count), std::back_inserter(values),
                 [&](double value) { return bin_of(value) >= first && bin_of(value) <= last; });
  }
  if (std::ferror(file_.get()) != 0 || std::fseek(file_.get(), 0, SEEK_END) != 0) throw problem();
}

}  // namespace anda::sim
