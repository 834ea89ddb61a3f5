// SPDX-License-Identifier: Apache-2.0
#include <anda/numeric/panel_product.h>

#include <algorithm>

#include <anda/base/error.h>
#include <anda/numeric/simd/kernels.h>

namespace anda {

void PanelProduct::add(const ActivationPanel& activations, const WeightPanel& weights, float* sums,
                       OverflowCounts& counts) const {
  if (activations.k_ != weights.k_ || activations.format_.is_fp16() != weights.pairs_.empty()) {
    throw Error::run("panels of activations and weights do not match");
  }
  if (activations.format_.is_fp16()) {
    add_floats(activations, weights, sums);
  } else {
    add_groups(activations, weights, sums, counts);
  }
}

void PanelProduct::add_floats(const ActivationPanel& activations, const WeightPanel& weights, float* sums) const {
  const std::size_t columns = weights.padded_columns_;
  kernels::FloatTile tile;
  tile.rows = activations.rows_;
  tile.k = activations.k_;
  tile.stride = activations.rows_;
  tile.activations = activations.values_.data();
  tile.weight_columns = tile.sum_columns = columns;
  tile.scale_group = weights.format_.scale_group;
  for (std::size_t first = 0; first < columns; first += kernel_columns) {
    tile.weights = weights.values_.data() + first;
    tile.scales = weights.scales_.empty() ? nullptr : weights.scales_.data() + first;
    tile.sums = sums + first;
    simd_->float_tile(tile);
  }
}

void PanelProduct::add_groups(const ActivationPanel& activations, const WeightPanel& weights, float* sums,
                              OverflowCounts& counts) const {
  const ActivationFormat& format = activations.format_;
  const std::size_t columns = weights.padded_columns_;
  kernels::GroupTile tile;
  tile.rows = activations.rows_;
  tile.group_size = format.group_size;
  tile.groups = activations.k_ / format.group_size;
  tile.mantissa_bits = format.mantissa_bits;
  tile.high = activations.high_.data();
  tile.low = activations.low_.empty() ? nullptr : activations.low_.data();
  tile.low_bits = activations.low_bits_;
  tile.stride = activations.k_;
  tile.exponents = activations.exponents_.data();
  tile.weight_columns = tile.sum_columns = columns;
  tile.groups_per_scale = std::max<std::size_t>(1, weights.format_.scale_group / format.group_size);
  // The bound holds for arbitrary bits in memory, not only for encoded values.
  const std::uint32_t weight_bits = weights.format_.bits + (weights.format_.has_zero_points() ? 1 : 0);
  tile.exact = (std::uint64_t{format.group_size} << (format.mantissa_bits + weight_bits - 1)) <= (1u << 24);
  tile.format = format_;
  // The 32-bit kernels can hold D for 8-bit weights; a weight minus its zero point needs one more bit.
  const std::uint64_t most = (std::uint64_t{format.group_size} << format.mantissa_bits) * ((1u << weight_bits) / 2);
  const bool fits = !weights.format_.has_zero_points() || tile.low_bits != halved_low_bits || most <= INT32_MAX;
  const Simd& simd = fits ? *simd_ : kernels::portable;
  for (std::size_t first = 0; first < columns; first += kernel_columns) {
    tile.weights = weights.pairs_.data() + 2 * first;
    tile.scales = weights.scales_.data() + first;
    tile.sums = sums + first;
    counts.group_dots += simd.group_tile(tile);
  }
}

}  // namespace anda
