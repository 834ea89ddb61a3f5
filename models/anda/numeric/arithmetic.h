// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_NUMERIC_ARITHMETIC_H
#define ANDA_NUMERIC_ARITHMETIC_H

#include <cstddef>
#include <cstdint>

#include <anda/numeric/panel_product.h>

namespace anda {

/// The arithmetic of a processing element: how it reads operands from the buffers and multiplies them. All systems'
/// elements implement this interface; the classes below suffice for seven of them.
class Arithmetic {
 public:
  struct Options {
    DotFormat dot_format = DotFormat::fp16;
    const Simd* simd = &best_simd();
  };

  explicit Arithmetic(const Options& options) : simd_(options.simd), product_(options.dot_format, *options.simd) {}
  Arithmetic(const Arithmetic&) = delete;
  Arithmetic& operator=(const Arithmetic&) = delete;
  virtual ~Arithmetic() = default;

  /// Reads a panel of rows × k activations in the tensor's format. Infinities and NaNs that the element cannot
  /// represent become ±65504 and +0, counted in `replaced`.
  virtual ActivationPanel activations(const std::uint8_t* bytes, std::size_t rows, std::size_t k,
                                      const ActivationFormat& format, NonFiniteCounts& replaced) const = 0;

  /// Reads a panel of k × columns weights.
  virtual WeightPanel weights(const std::uint8_t* bytes, std::size_t k, std::size_t columns,
                              const WeightFormat& format) const = 0;

  /// Computes sums[row · padded columns + column] += the product of two such panels. A panel's k must start at a
  /// multiple of the group and of the scale group.
  virtual void add_product(const ActivationPanel& activations, const WeightPanel& weights, float* sums,
                           OverflowCounts& counts) const {
    product_.add(activations, weights, sums, counts);
  }

  /// Number of nonzero values among the first k finite values of a row that become 0 when the element reads them.
  virtual std::uint64_t zeroed(const Fp16* values, std::size_t k) const;

 protected:
  const Simd& simd() const { return *simd_; }

 private:
  const Simd* simd_;
  PanelProduct product_;
};

/// Anda: groups as stored in the buffer, times integers (dot_row()).
class PlaneArithmetic : public Arithmetic {
 public:
  PlaneArithmetic(std::uint32_t group_size, const Options& options) : Arithmetic(options), group_size_(group_size) {}

  ActivationPanel activations(const std::uint8_t* bytes, std::size_t rows, std::size_t k,
                              const ActivationFormat& format, NonFiniteCounts& replaced) const override;
  WeightPanel weights(const std::uint8_t* bytes, std::size_t k, std::size_t columns,
                      const WeightFormat& format) const override;

 private:
  std::uint32_t group_size_;
};

/// iFPU and FIGNA: FP16, aligned to the largest exponent of its group at every read, times integers (dot_row()).
class AlignedArithmetic : public Arithmetic {
 public:
  AlignedArithmetic(const GroupFormat& format, const Options& options) : Arithmetic(options), format_(format) {}

  ActivationPanel activations(const std::uint8_t* bytes, std::size_t rows, std::size_t k,
                              const ActivationFormat& format, NonFiniteCounts& replaced) const override;
  WeightPanel weights(const std::uint8_t* bytes, std::size_t k, std::size_t columns,
                      const WeightFormat& format) const override;
  std::uint64_t zeroed(const Fp16* values, std::size_t k) const override;

 private:
  GroupFormat format_;
};

/// Floating point: FP16 times weights, by kind: dot_row_fp16() (FP-FP, Kind::fp16) or dot_row_codes() (FP-INT,
/// Kind::code).
class FloatArithmetic : public Arithmetic {
 public:
  FloatArithmetic(WeightPanel::Kind kind, const Options& options) : Arithmetic(options), kind_(kind) {}

  ActivationPanel activations(const std::uint8_t* bytes, std::size_t rows, std::size_t k,
                              const ActivationFormat& format, NonFiniteCounts& replaced) const override;
  WeightPanel weights(const std::uint8_t* bytes, std::size_t k, std::size_t columns,
                      const WeightFormat& format) const override;

 private:
  WeightPanel::Kind kind_;
};

}  // namespace anda

#endif
