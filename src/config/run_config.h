// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_CONFIG_RUN_CONFIG_H
#define ANDA_SIM_CONFIG_RUN_CONFIG_H

#include <anda/accelerator/accelerator_config.h>
#include <anda/accelerator/tiling.h>
#include <anda/base/describe.h>
#include <anda/dram/dram_config.h>
#include <anda/energy/technology.h>
#include <anda/energy/technology_16nm.h>
#include <anda/mxu/mxu_config.h>

#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "config/functional_config.h"
#include "config/kv_cache_config.h"
#include "config/precision_config.h"
#include "config/simulation_config.h"
#include "config/workload_config.h"

namespace anda::sim {

/// Everything a run needs, as given by the configuration file.
struct RunConfig {
  std::string name = "run";
  WorkloadConfig workload;
  PrecisionConfig precision;
  KvCacheConfig kv_cache;
  Tiling tiling = Tiling::paper;
  AcceleratorConfig accelerator;
  DramConfig dram;
  anda::Technology technology = technology_16nm();
  std::vector<Element> systems{PeKind::fp_fp, PeKind::anda};
  SimulationConfig simulation;
  FunctionalConfig functional;

  /// Clears the names of output files, for commands with several concurrent runs.
  void clear_named_outputs() {
    simulation.vcd.clear();
    simulation.timeline = {};
    dram.request_trace.clear();
  }

  template <class Self, class Visitor>
  static void describe(Self& self, Visitor& visit) {
    visit.text("name", self.name, "name of the run in reports");
    visit.section("workload", self.workload, "the workload to simulate");
    visit.section(
        "precision", self.precision,
        "mantissa lengths and width of weights. [A_qkv, A_o, A_u, A_d] or one number is short for the four lengths");
    visit.section("kv_cache", self.kv_cache,
                  "key/value cache of workload.scope layer and model, and of anda-sim evaluate and search");
    visit.choice(
        "tiling", self.tiling, tilings,
        "shape of the steps; paper: K × 64 weights stay on chip and all activation rows stream past; auto: the steps "
        "with the least memory traffic; at dram.level detailed, of those whose estimated time is within 5 % of the "
        "shortest");
    visit.section("accelerator", self.accelerator, "the accelerator");
    visit.file_section("dram", self.dram, "the external memory");
    visit.file_section("technology", self.technology, "energy and area of every block");
    visit.words_or_sections("systems", self.systems,
                            "processing elements to simulate, each as a system; the first is the baseline");
    visit.section("simulation", self.simulation, "settings of the simulation");
    visit.section("functional", self.functional, "real data in the simulated machines");
  }

  void check(const std::string& path, Problems& problems) const {
    const std::uint32_t widest = accelerator.mxu.weight_bits;
    if (precision.weight_bits > widest) {
      problems.push_back({join_key(path, "precision.weight_bits"),
                          "is " + number_text(precision.weight_bits) +
                              ", must be at most accelerator.mxu.weight_bits = " + number_text(widest)});
    }
    check_schedule(path, problems);
    check_cache("k", kv_cache.k, path, problems);
    check_cache("v", kv_cache.v, path, problems);
    if (!simulation.vcd.empty() && accelerator.level != Level::cycle) {
      problems.push_back({join_key(path, "simulation.vcd"), std::string("needs accelerator.level = cycle, it is ") +
                                                                name_of(levels, accelerator.level) +
                                                                ", which has no clocks to show"});
    }
    if (workload.prefetch_weights) check_prefetch(path, problems);
    if (functional.enabled && workload.scope != Scope::gemms) check_chain(path, problems);
    if (functional.enabled && simulation.fold_layers) {
      problems.push_back({join_key(path, "simulation.fold_layers"),
                          "is true, must be false with functional.enabled: every GeMM has its own data"});
    }
  }

 private:
  /// The machine moves elements of up to 8 bits in groups, whose size is a power of two and which share an FP16 scale,
  /// a 5-bit exponent or an 8-bit power of two; or 16-bit elements without groups.
  void check_cache(const char* operand, const CacheFormat& format, const std::string& path, Problems& problems) const {
    if (workload.scope == Scope::gemms) return;
    if (format.number == CacheNumber::anda && format.bits > max_weight_bits) {
      problems.push_back({join_key(path, std::string("kv_cache.") + operand + ".bits"),
                          "is " + number_text(format.bits) + ", must be at most " + number_text(max_weight_bits) +
                              ", the longest elements that the machine stores"});
    }
    if (format.operand() == nullptr) return;
    const FormatLayout& layout = format.operand()->layout();
    const std::uint32_t shared = layout.shared_bits();
    const bool alone = layout.is_float && layout.element_bits == WeightFormat::fp16_bits;
    const bool known = shared == 16 || shared == 8 || shared == ActivationFormat::exponent_bits;
    const bool grouped = layout.element_bits <= max_weight_bits && known && (layout.block & (layout.block - 1)) == 0;
    if (layout.codebook_bits != 0) {
      problems.push_back({join_key(path, std::string("kv_cache.") + operand + ".format"),
                          std::string("is ") + format.number.name() +
                              ", whose codebooks are learnt from weights; keys and values have none"});
      return;
    }
    if (alone || grouped) return;
    problems.push_back({join_key(path, std::string("kv_cache.") + operand + ".format"),
                        std::string("is ") + format.number.name() + ", with elements of " +
                            number_text(layout.element_bits) + " bits in groups of " + number_text(layout.block) +
                            " that share " + number_text(shared) +
                            " bits; the machine stores elements of at most 8 bits in groups of a power of two that "
                            "share 5, 8 or 16 bits, or 16 bits alone"});
  }

  /// Refuses what a functional simulation of a layer or a model has no values for.
  void check_chain(const std::string& path, Problems& problems) const {
    const auto refuse = [&](const std::string& key, const std::string& what) {
      problems.push_back({join_key(path, key), what});
    };
    if (accelerator.format.encodes() || accelerator.format.encodes_activations()) {
      refuse("functional.enabled",
             "is true, must be false with operand formats of weights or activations (accelerator.format) unless "
             "workload.scope is gemms");
    }
    const std::string where = " with functional.enabled and workload.scope = layer or model";
    for (const auto& [key, file] :
         {std::pair("functional.activations", &functional.activations), {"functional.weights", &functional.weights}}) {
      if (!file->empty()) refuse(key, "is given, must be empty" + where + ": the data of a model is generated");
    }
    if (accelerator.local_memory.bytes > 0) {
      refuse("accelerator.local_memory.bytes",
             "is " + number_text(accelerator.local_memory.bytes) + ", must be 0" + where);
    }
    if (!precision.schedule.empty()) refuse("precision.schedule", "is given, must be left out" + where);
    for (const auto& [operand, format, along_k] :
         {std::tuple("kv_cache.k", &kv_cache.k, CacheAxis::token), {"kv_cache.v", &kv_cache.v, CacheAxis::channel}}) {
      const std::string key = operand;
      if (format->operand() != nullptr) {
        refuse(key + ".format", std::string("is ") + format->number.name() + ", must be fp16, int or anda" + where);
      } else if (!format->is_fp16() && format->axis != along_k) {
        refuse(key + ".axis", std::string("is ") + name_of(cache_axes, format->axis) + ", must be " +
                                  name_of(cache_axes, along_k) + where +
                                  ": groups run along k of the GeMM that reads them");
      }
    }
  }

  void check_prefetch(const std::string& path, Problems& problems) const {
    const auto refuse = [&](const std::string& why) {
      problems.push_back({join_key(path, "workload.prefetch_weights"), "is true, " + why});
    };
    if (functional.enabled) {
      refuse("must be false with functional.enabled: the data of an operation is placed when the one before is done");
    }
    if (accelerator.controller.descriptors < 2) {
      refuse("needs accelerator.controller.descriptors of at least 2: weights that load ahead have one of their own");
    }
  }

  /// FP16 and custom formats have no bits to schedule.
  void check_schedule(const std::string& path, Problems& problems) const {
    const auto refuse = [&](std::uint32_t position, const char* key, const std::optional<std::uint32_t>& bits,
                            const char* operand, const CacheFormat& format) {
      if (!bits) return;
      problems.push_back({join_key(path, "precision.schedule." + number_text(position) + "." + key),
                          "is " + number_text(*bits) + ", must be left out with kv_cache." + operand +
                              ".format = " + format.number.name() + "; set that to int or anda"});
    };
    const auto limit = [&](std::uint32_t position, const char* key, const std::optional<std::uint32_t>& bits) {
      if (workload.scope == Scope::gemms || bits.value_or(0) <= max_weight_bits) return;
      problems.push_back({join_key(path, "precision.schedule." + number_text(position) + "." + key),
                          "is " + number_text(*bits) + ", must be at most " + number_text(max_weight_bits) +
                              ", the longest elements that the machine stores"});
    };
    for (const auto& [position, lengths] : precision.schedule) {
      limit(position, "K", lengths.k);
      limit(position, "V", lengths.v);
      if (kv_cache.k.is_fp16() || kv_cache.k.operand() != nullptr) refuse(position, "K", lengths.k, "k", kv_cache.k);
      if (kv_cache.v.is_fp16() || kv_cache.v.operand() != nullptr) refuse(position, "V", lengths.v, "v", kv_cache.v);
    }
  }
};

}  // namespace anda::sim

#endif
