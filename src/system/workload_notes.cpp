// SPDX-License-Identifier: Apache-2.0
#include "system/workload_notes.h"

#include <anda/mxu/processing_element/processing_element.h>
#include <anda/numeric/weight_format.h>
#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "config/catalogue.h"
#include "config/input_problems.h"
#include "report/human.h"
#include "system/compiler.h"
#include "system/survey.h"
#include "text/nearest.h"
#include "workload/gemm_generator.h"
#include "workload/model_shape.h"

namespace anda::sim {
namespace {

constexpr std::size_t most_weights = 1u << 16;  // that are counted separately
constexpr std::size_t most_named = 3;
constexpr double cache_number_bytes = 2;      // FP16
constexpr double remarkable_attention = 0.1;  // of the MACs of the GeMMs
constexpr double percent = 100;

bool has_own_key(const std::string& tensor) {
  return std::find(tensor_types.begin(), tensor_types.end(), tensor) != tensor_types.end();
}

std::string count_text(std::uint64_t part, std::uint64_t all) {
  return fmt::format("{} of {} GeMM{}", part, all, all == 1 ? "" : "s");
}

}  // namespace

WorkloadNotes::WorkloadNotes(const RunConfig& config) : config_(config) {}

void WorkloadNotes::see(const Gemm& gemm, bool padded, bool compressed) {
  if (gemm.vector) return;
  ++gemms_;
  if (padded) ++padded_;
  if (compressed && gemm.kind == OpKind::gemm && !has_own_key(gemm.tensor)) ++other_tensors_[gemm.tensor];
  last_layer_ = std::max(last_layer_, gemm.layer);
  macs_ += gemm.macs();
  // Rows with equal name and layer share their weights: a trace may run them again.
  const std::uint32_t bits = gemm.weight_bits != 0 ? gemm.weight_bits : config_.precision.weight_bits;
  const std::string identity = fmt::format("{}/{}/{}/{}/{}", gemm.layer, gemm.k, gemm.n, bits, gemm.name);
  if (weights_.size() < most_weights && weights_.insert(std::hash<std::string>{}(identity)).second) {
    const WeightFormat format = weights_of(gemm, config_.precision.weight_bits, config_.accelerator.format);
    weight_bytes_ += static_cast<double>(format.bytes(gemm.k, gemm.n));
  }
}

void WorkloadNotes::see_beside_array(const Gemm& gemm, const std::string& system) {
  const bool is_attention = gemm.kind == OpKind::attention_scores || gemm.kind == OpKind::attention_values;
  if (is_attention) attention_beside_array_[system] += gemm.macs();
}

std::vector<std::string> WorkloadNotes::list() const {
  std::vector<std::string> notes;
  if (padded_ > 0) {
    notes.push_back(
        fmt::format("k of {} is not a multiple of the group of {}: it is padded with zeros, which take time, memory "
                    "and energy but do not count as MACs.",
                    count_text(padded_, gemms_), config_.accelerator.format.group_size));
  }
  add_tensors(notes);
  add_layers(notes);
  add_model(notes);
  add_memory(notes);
  add_outputs(notes);
  return notes;
}

void WorkloadNotes::add_tensors(std::vector<std::string>& notes) const {
  const std::vector<std::string> known(tensor_types.begin(), tensor_types.end());
  std::size_t named = 0;
  for (const auto& [tensor, gemms] : other_tensors_) {
    if (++named > most_named) {
      notes.push_back(
          fmt::format("{} further tensors are none of {} either.", other_tensors_.size() - most_named, joined(known)));
      return;
    }
    const std::string hint = did_you_mean(tensor, known);
    notes.push_back(fmt::format("tensor {} ({}) is not one of {}: its mantissa length is precision.other = {}{}",
                                in_quotes(tensor), count_text(gemms, gemms_), joined(known), config_.precision.other,
                                hint.empty() ? "." : hint));
  }
}

void WorkloadNotes::add_layers(std::vector<std::string>& notes) const {
  for (const auto& [layer, precision] : config_.precision.layers) {
    if (layer <= last_layer_) continue;
    notes.push_back(
        fmt::format("precision.layers.{} has no effect: the last layer of the workload is {}.", layer, last_layer_));
  }
  const WorkloadConfig& workload = config_.workload;
  if (workload.trace.empty()) return;
  if (workload.layers > last_layer_ + 1) {
    notes.push_back(fmt::format("workload.layers = {} has no effect: the last layer of the trace is {}.",
                                workload.layers, last_layer_));
  }
  const WorkloadConfig usual;
  if (workload.phase != usual.phase || workload.tokens != usual.tokens || workload.batch != usual.batch) {
    notes.emplace_back("workload.phase, tokens and batch have no effect: the trace gives the size of every GeMM.");
  }
}

double WorkloadNotes::cache_bytes() const {
  const WorkloadConfig& workload = config_.workload;
  if (!workload.trace.empty()) return 0;
  return 2 * cache_number_bytes * static_cast<double>(shape_of(workload).kv_width()) * (last_layer_ + 1.0) *
         workload.tokens * workload.batch;
}

void WorkloadNotes::add_model(std::vector<std::string>& notes) const {
  const WorkloadConfig& workload = config_.workload;
  if (!workload.trace.empty()) return;
  const ModelShape shape = shape_of(workload);
  for (std::string& note : notes_on(shape, {workload.phase, workload.tokens, workload.batch, workload.layers})) {
    notes.push_back(std::move(note));
  }
  if (workload.scope != Scope::gemms) {
    add_inference(notes);
    return;
  }
  const double tokens = workload.tokens;
  if (workload.phase == Phase::decode) {
    const double bytes = cache_bytes();
    notes.push_back(
        fmt::format("Decode of one token: attention over the key/value cache is not modelled, so time and energy are "
                    "the same for every workload.tokens. The cache of {} tokens takes {} as FP16; reading it once at "
                    "the memory's peak takes {}.",
                    workload.tokens, si_text(bytes, "B"), si_text(bytes / config_.dram.peak_bytes_per_s(), "s")));
    return;
  }
  // Each token attends to the preceding ones, with its queries and with its scores.
  const double attention =
      tokens * tokens * workload.batch * static_cast<double>(shape.query_width()) * (last_layer_ + 1.0);
  if (attention > remarkable_attention * macs_) {
    notes.push_back(fmt::format(
        "Attention is not modelled: at {} tokens it has {:.0f} % as many MACs as the GeMMs of this workload.",
        workload.tokens, attention / macs_ * percent));
  }
}

void WorkloadNotes::add_inference(std::vector<std::string>& notes) const {
  const WorkloadConfig& workload = config_.workload;
  notes.emplace_back(
      "Biases, scales and angles of vector operations, sampling of tokens and the host's work between operations take "
      "no time.");
  for (const auto& [system, macs] : attention_beside_array_) {
    const bool is_chosen = workload.attention.unit == AttentionUnit::vector_unit;
    notes.push_back(fmt::format(
        "The vector unit of {} computes attention, {:.1f} % of all MACs, {}", system, macs / macs_ * percent,
        is_chosen ? "as workload.attention.unit says."
                  : "as its elements do not multiply the formats of kv_cache: with at most accelerator.mxu.weight_bits "
                    "bits in groups along k the array can."));
  }
  if (workload.scope == Scope::model && workload.head_weight_bits == WeightFormat::fp16_bits) {
    const bool has_others = std::any_of(config_.systems.begin(), config_.systems.end(), [this](const Element& system) {
      MxuConfig array = config_.accelerator.mxu;
      array.processing_element = system;
      return !make_processing_element(array, config_.accelerator.format)->dequantises();
    });
    if (has_others) {
      notes.emplace_back(
          "The output head has FP16 weights, which only elements fp-fp multiply: other systems compute it on the "
          "vector "
          "unit. workload.head_weight_bits = 4 puts it on their arrays.");
    }
  }
}

void WorkloadNotes::add_memory(std::vector<std::string>& notes) const {
  if (config_.workload.scope != Scope::gemms) return;  // it is an error there
  const double cache = cache_bytes();
  const auto capacity = static_cast<double>(config_.dram.capacity_bytes);
  if (weight_bytes_ + cache <= capacity) return;
  const std::string kept =
      cache > 0 ? fmt::format(", with the key/value cache {}", si_text(weight_bytes_ + cache, "B")) : "";
  notes.push_back(fmt::format(
      "The weights of the workload take {}{}, dram.capacity_bytes is {}: the operands of one GeMM at a time "
      "are in memory, and how the others get there is not modelled.",
      si_text(weight_bytes_, "B"), kept, si_text(capacity, "B")));
}

void WorkloadNotes::add_outputs(std::vector<std::string>& notes) const {
  const SimulationConfig& simulation = config_.simulation;
  const bool has_timeline = !simulation.timeline.file.empty();
  if (simulation.fold_layers && (has_timeline || !simulation.vcd.empty() || !config_.dram.request_trace.empty())) {
    notes.emplace_back("simulation.fold_layers: timelines, waveforms and request traces hold equal GeMMs only once.");
  }
  const TimelineConfig usual;
  if (!has_timeline &&
      (simulation.timeline.from_us != usual.from_us || simulation.timeline.length_us != usual.length_us)) {
    notes.emplace_back("The window of simulation.timeline has no effect: simulation.timeline.file is empty.");
  }
}

}  // namespace anda::sim
