// SPDX-License-Identifier: Apache-2.0
#include <anda/mxu/processing_element/processing_element.h>

#include <catch2/catch.hpp>

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

struct Published {
  PeKind kind;
  std::uint32_t cycles;  ///< of a group of 64
  bool converts;
};
constexpr Published baselines[] = {{PeKind::fp_fp, 16, false},    {PeKind::fp_int, 16, false},
                                   {PeKind::ifpu, 16, true},      {PeKind::figna, 16, true},
                                   {PeKind::figna_m11, 11, true}, {PeKind::figna_m8, 8, true}};

}  // namespace

TEST_CASE("Every kind in the table has an element of its own") {
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
      CHECK(pe->group_cycles(bits) == baseline.cycles);
      CHECK(pe->activation_format(bits).is_fp16());
    }
    CHECK(pe->converts_at_read() == baseline.converts);
    CHECK_FALSE(pe->compresses());
  }
  const auto anda_pe = element(PeKind::anda);
  CHECK(anda_pe->group_cycles(7) == 8);
  CHECK_FALSE(anda_pe->converts_at_read());
  CHECK(anda_pe->compresses());
}

TEST_CASE("All elements have the peak throughput of FP-FP, but where fewer mantissa bits are cycles saved") {
  // 16 cycles for 64 elements, which is Anda with 15 mantissa bits.
  for (const PeKind kind : {PeKind::fp_fp, PeKind::fp_int, PeKind::ifpu, PeKind::figna}) {
    CHECK(element(kind)->group_cycles(0) == element(PeKind::anda)->group_cycles(15));
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
