// SPDX-License-Identifier: Apache-2.0
#include <anda/mxu/processing_element/aligning_pe.h>
#include <anda/mxu/processing_element/processing_element.h>

#include <catch2/catch.hpp>

#include <anda/numeric/panel_codec.h>

#include "models/machine.h"

using anda::MxuConfig;
using anda::PeKind;
using anda::test::Machine;
using anda::test::machine_of;

namespace {

std::unique_ptr<anda::ProcessingElement> element(PeKind kind, MxuConfig mxu = {}) {
  mxu.processing_element = kind;
  return anda::make_processing_element(mxu, {});
}

/// Activations of one row: the first is largest, of the second every length of mantissa leaves another part, and the
/// third is nothing beside the first in 24 bits, but not in FP32 when it is multiplied by 7.
constexpr double second = 0x1p-6 + 0x1p-9 + 0x1p-12 + 0x1p-16;
constexpr std::uint16_t row_of_activations[] = {0x3C00, 0x2491, 0x0001};
constexpr std::int8_t column[] = {1, 3, 7};
constexpr double scale = 1 + 0x1p-10;

struct Published {
  PeKind kind;
  std::uint32_t cycles;  ///< of a group of 64
  bool converts;
  double product;  ///< of row and column before it is scaled
};
constexpr Published baselines[] = {
    {PeKind::fp_fp, 16, false, 0},  // has none
    {PeKind::fp_int, 16, false, 1 + 3 * second + 0x1p-21},
    {PeKind::ifpu, 16, true, 1 + 3 * second},
    {PeKind::figna, 16, true, 1 + 3 * (second - 0x1p-16)},
    {PeKind::figna_m11, 11, true, 1 + 3 * (0x1p-6 + 0x1p-9)},
    {PeKind::figna_m8, 8, true, 1 + 3 * 0x1p-6},
};

/// Row times column on an element, summed in FP32.
float product_on(const anda::ProcessingElement& element, std::uint32_t mantissa_bits) {
  std::vector<anda::Fp16> values;
  for (const std::uint16_t pattern : row_of_activations) values.push_back(anda::Fp16{pattern});
  const anda::ActivationFormat format = element.activation_format(mantissa_bits);
  const anda::WeightFormat weights{4, 128};
  std::vector<std::uint8_t> packed_row(format.bytes(1, 3));
  std::vector<std::uint8_t> packed_column(weights.bytes(3, 1));
  anda::EncodingLoss loss;
  anda::pack_activations(values.data(), 3, 1, 3, format, packed_row.data(), loss);
  const anda::Fp16 scales[] = {anda::to_fp16(scale)};
  anda::pack_weights(column, scales, 1, 3, 1, weights, packed_column.data());

  const auto arithmetic = element.arithmetic({anda::DotFormat::fp32});
  anda::NonFiniteCounts replaced;
  anda::OverflowCounts overflows;
  const anda::WeightPanel panel = arithmetic->weights(packed_column.data(), 3, 1, weights);
  std::vector<float> sums(panel.padded_columns(), 0);
  arithmetic->add_product(arithmetic->activations(packed_row.data(), 1, 3, format, replaced), panel, sums.data(),
                          overflows);
  return sums[0];
}

}  // namespace

TEST_CASE("Every kind in the table has its own element") {
  CHECK(anda::pe_kinds.size() == 7);
  for (std::size_t i = 0; i < anda::pe_kinds.size(); ++i) {
    INFO(anda::pe_kinds[i].name);
    CHECK(anda::index_of(anda::pe_kinds[i].value) == i);
    REQUIRE(element(anda::pe_kinds[i].value) != nullptr);
    CHECK(element(anda::pe_kinds[i].value)->group_elements() == 64);
  }
}

TEST_CASE("The baselines keep FP16 and take the cycles of their mantissas") {
  for (const Published& baseline : baselines) {
    const auto pe = element(baseline.kind);
    INFO(anda::name_of(anda::pe_kinds, baseline.kind));
    for (const std::uint32_t bits : {1u, 8u, 16u}) {
      CHECK(pe->group_cycles(bits, 4) == baseline.cycles);
      CHECK(pe->activation_format(bits).is_fp16());
    }
    CHECK(pe->converts_at_read() == baseline.converts);
    CHECK_FALSE(pe->compresses());
  }
  const auto anda_pe = element(PeKind::anda);
  CHECK(anda_pe->group_cycles(7, 4) == 8);
  CHECK_FALSE(anda_pe->converts_at_read());
  CHECK(anda_pe->compresses());
}

TEST_CASE("Every element has its own arithmetic, by hand") {
  for (const Published& baseline : baselines) {
    INFO(anda::name_of(anda::pe_kinds, baseline.kind));
    float expected = static_cast<float>(baseline.product * scale);
    if (baseline.kind == PeKind::fp_fp) {
      // Weights in FP16: 3 · scale lies halfway and goes up to the even one, 7 · scale is nearest to 7 + 2^-7.
      expected = static_cast<float>(scale + second * (3 + 0x1p-8));
      expected = static_cast<float>(expected + 0x1p-24 * (7 + 0x1p-7));
    }
    CHECK(product_on(*element(baseline.kind), 0) == expected);
    CHECK(element(baseline.kind)->dequantises() == (baseline.kind == PeKind::fp_fp));
  }
  CHECK(product_on(*element(PeKind::anda), 13) == static_cast<float>((1 + 3 * (second - 0x1p-16)) * scale));
  CHECK(product_on(*element(PeKind::anda), 5) == static_cast<float>(scale));
  CHECK_FALSE(element(PeKind::anda)->dequantises());
}

namespace {

/// The example of docs/processing_elements.md.
class MyPe : public anda::AligningPe {
 public:
  MyPe(const MxuConfig& mxu, const anda::FormatConfig& format) : AligningPe(mxu, format, 6, 6) {}
};

/// FP16 activations of which the last five bits of the fraction are dropped at every read.
class ShortArithmetic : public anda::FloatArithmetic {
 public:
  explicit ShortArithmetic(const Options& options) : FloatArithmetic(anda::WeightPanel::Kind::code, options) {}

  anda::ActivationPanel activations(const std::uint8_t* bytes, std::size_t rows, std::size_t k,
                                    const anda::ActivationFormat& format,
                                    anda::NonFiniteCounts& replaced) const override {
    std::vector<std::uint8_t> cut(bytes, bytes + format.bytes(rows, k));
    for (std::size_t i = 0; i < cut.size(); i += 2) cut[i] &= 0xE0;
    return FloatArithmetic::activations(cut.data(), rows, k, format, replaced);
  }
};

class ShortPe : public anda::Fp16Pe {
 public:
  ShortPe(const MxuConfig& mxu, const anda::FormatConfig& format) : Fp16Pe(mxu, format, {16, false, false}) {}
  std::unique_ptr<anda::Arithmetic> arithmetic(const anda::Arithmetic::Options& options) const override {
    return std::make_unique<ShortArithmetic>(options);
  }
};

}  // namespace

TEST_CASE("A further element is a class, with one of the arithmetics or its own") {
  // Of 2^-6 + … the first has units of 2^-5 beside 1, and nothing is left; the second keeps 2^-6 + 2^-9.
  const MyPe mine({}, {});
  CHECK(mine.group_cycles(0, 4) == 6);
  CHECK(mine.converts_at_read());
  CHECK(product_on(mine, 0) == static_cast<float>(scale));
  CHECK(product_on(ShortPe({}, {}), 0) == static_cast<float>((1 + 3 * (0x1p-6 + 0x1p-9)) * scale));
}

TEST_CASE("Values that aligning at a read turns to zero are counted") {
  const std::vector<anda::Fp16> values{anda::Fp16{0x3C00}, anda::Fp16{0x8000}, anda::Fp16{0x1800}, anda::Fp16{0x0001}};
  // 1, −0, 2^-9 and 2^-24 beside each other: units of 2^-7, 2^-10, 2^-12, 2^-23; and alone.
  const std::pair<PeKind, std::uint64_t> expected[] = {
      {PeKind::fp_fp, 0},     {PeKind::fp_int, 0},   {PeKind::ifpu, 1}, {PeKind::figna, 1},
      {PeKind::figna_m11, 1}, {PeKind::figna_m8, 2}, {PeKind::anda, 0}};
  for (const auto& [kind, zeroed] : expected) {
    INFO(anda::name_of(anda::pe_kinds, kind));
    CHECK(element(kind)->arithmetic({})->zeroed(values.data(), 4) == zeroed);
    CHECK(element(kind)->arithmetic({})->zeroed(&values[2], 1) == 0);
  }
}

TEST_CASE("All elements have the peak throughput of FP-FP, unless fewer mantissa bits save cycles") {
  // 16 cycles for 64 elements, which is Anda with 15 mantissa bits.
  for (const PeKind kind : {PeKind::fp_fp, PeKind::fp_int, PeKind::ifpu, PeKind::figna}) {
    CHECK(element(kind)->group_cycles(0, 4) == element(PeKind::anda)->group_cycles(15, 4));
    CHECK(element(kind)->group_elements() == element(PeKind::anda)->group_elements());
  }
}

TEST_CASE("Wider arrays: lanes scale every element, weights those that multiply integers") {
  MxuConfig wide;
  wide.lanes_per_pe = 128;
  wide.weight_bits = 8;
  for (const auto& kind : anda::pe_kinds) {
    INFO(kind.name);
    CHECK(element(kind.value)->scaling() == 1);
    CHECK(element(kind.value, wide)->scaling() == (kind.value == PeKind::fp_fp ? 2 : 4));
  }
}

TEST_CASE("A GeMM on every element, by hand: array cycles, converted activations, bytes") {
  // 64 × 128 × 256: 4 × 8 output tiles of 4 groups; each of the 64 × 256 activations passes 8 columns of tiles.
  std::vector<std::unique_ptr<Machine>> machines;
  for (const Published& baseline : baselines) machines.push_back(std::make_unique<Machine>(machine_of(baseline.kind)));
  for (std::size_t i = 0; i < machines.size(); ++i) {
    Machine& machine = *machines[i];
    const auto result = machine.run(machine.task(64, 128, 256, 0, 0), anda::Tiling::paper);
    INFO(anda::name_of(anda::pe_kinds, baselines[i].kind));
    CHECK(result.at("mxu.busy_cycles") == 4 * 8 * 4 * baselines[i].cycles);
    CHECK(result.at("mxu.pe_cycles") == 256 * result.at("mxu.busy_cycles"));
    CHECK(result.at("mxu.converted_values") == (baselines[i].converts ? 64u * 256 * 8 : 0));
    CHECK(result.at("compressor.groups") == 0);
    CHECK(result.at("dram.write_bytes") == 64 * 128 * 2);
  }
}
