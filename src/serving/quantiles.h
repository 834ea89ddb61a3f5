// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_SERVING_QUANTILES_H
#define ANDA_SIM_SERVING_QUANTILES_H

#include <array>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <vector>

namespace anda::sim {

/// Exact percentiles of any number of values in constant memory: the values go to a temporary file, and a histogram
/// selects the ones to read back.
class Quantiles {
 public:
  Quantiles();

  /// Adds a value of at least 0. Throws Error (run) if the temporary file cannot grow.
  void add(double value);

  std::uint64_t count() const { return count_; }
  double mean() const { return count_ == 0 ? 0 : sum_ / static_cast<double>(count_); }
  double most() const { return most_; }
  /// Returns the value at rank share · (count − 1), interpolated between neighbours as in numpy.percentile.
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
