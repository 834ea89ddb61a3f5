// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_SERVING_QUANTILES_H
#define ANDA_SIM_SERVING_QUANTILES_H

#include <array>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <vector>

namespace anda::sim {

/// Percentiles of any number of values in constant memory, exactly: the values go to a temporary file, a histogram
/// tells which of them to look at.
class Quantiles {
 public:
  Quantiles();

  /// A value of at least 0. Throws Error (run) if the temporary file has no room.
  void add(double value);

  std::uint64_t count() const { return count_; }
  double mean() const { return count_ == 0 ? 0 : sum_ / static_cast<double>(count_); }
  double most() const { return most_; }
  /// The value at rank share · (count − 1), between neighbours by interpolation, as numpy.percentile has it.
  double at(double share);

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };

  std::pair<double, double> neighbours(std::uint64_t rank);
  void read_bins(std::size_t first, std::size_t last, std::vector<double>& values);

  std::unique_ptr<std::FILE, Close> file_;
  std::vector<std::uint64_t> bins_;
  std::uint64_t count_ = 0;
  double sum_ = 0;
  double most_ = 0;
};

}  // namespace anda::sim

#endif
