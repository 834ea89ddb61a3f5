// SPDX-License-Identifier: Apache-2.0
#include "system/survey.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>

#include <anda/base/error.h>

#include "config/sha256.h"
#include "system/compiler.h"
#include "system/data_host.h"
#include "system/inference_data_checks.h"
#include "system/inference_options.h"
#include "system/workload_notes.h"
#include "workload/gemm_generator.h"
#include "workload/hugging_face.h"
#include "workload/model_shape.h"
#include "workload/open_workload.h"

namespace anda::sim {

namespace {

constexpr std::size_t most_tensors = 256;      // types of tensors that reports list separately
constexpr std::size_t most_remembered = 4096;  // kinds of GeMM that need no second check
constexpr std::uint64_t rows_between_looks = 4096;

/// Passes on the rows of a trace that belong to its first layers.
class FirstLayers : public GemmSource {
 public:
  FirstLayers(std::unique_ptr<GemmSource> source, std::uint32_t layers) : source_(std::move(source)), layers_(layers) {}

  bool next(Gemm& gemm) override {
    while (source_->next(gemm)) {
      if (gemm.layer < layers_) return true;
    }
    return false;
  }

 private:
  std::unique_ptr<GemmSource> source_;
  std::uint32_t layers_;
};

/// Compiles GeMMs for all systems, remembering the kinds already compiled.
class Trial {
 public:
  explicit Trial(const RunConfig& config) : config_(config) {
    for (const Element& system : config.systems) compilers_.emplace_back(config, accelerator_of(config, system));
    if (config.functional.enabled && config.workload.scope != Scope::gemms) {
      chained_ = shape_of(config.workload);
      check_model_data(config, *chained_);
    }
  }

  /// Sets whether some system reads its activations in groups, and whether one of these pads k to whole groups; tells
  /// `notes` which systems compute a GeMM on the vector unit.
  void compile(const Gemm& gemm, std::uint64_t index, bool& padded, bool& compressed, WorkloadNotes& notes) {
    padded = compressed = false;
    for (std::size_t i = 0; i < compilers_.size(); ++i) {
      const Work work = compilers_[i].work(gemm);
      if (chained_) {
        const Element& system = config_.systems[i];
        check_operation_data(gemm, work, system.name(), accelerator_of(config_, system), *chained_);
      }
      if (const auto* const vector = std::get_if<VectorTask>(&work)) {
        compilers_[i].compile(*vector);
        if (!gemm.vector) notes.see_beside_array(gemm, config_.systems[i].name());
        continue;
      }
      const GemmTask& task = std::get<GemmTask>(work);
      compressed = compressed || !task.input.is_fp16();
      padded = padded || (!task.input.is_fp16() && task.k % task.input.group_size != 0);
      const Kind kind{i,
                      task.m,
                      task.n,
                      task.k,
                      task.input.mantissa_bits,
                      task.output.mantissa_bits,
                      task.input.code,
                      task.output.code,
                      task.weights.bits,
                      task.weights.scale_group,
                      task.weights.scale_bits,
                      task.weights.zero_bits,
                      task.weights.encoded};
      if (seen_.count(kind) != 0) continue;
      compilers_[i].compile(task);
      if (seen_.size() < most_remembered) seen_.insert(kind);
    }
    if (!config_.functional.enabled || chained_) return;
    std::vector<GemmTask> tasks;
    for (const Compiler& compiler : compilers_) tasks.push_back(std::get<GemmTask>(compiler.work(gemm)));
    check_data(config_, gemm, index, tasks);
  }

 private:
  using Kind =
      std::tuple<std::size_t, std::uint32_t, std::uint32_t, std::uint32_t, std::uint32_t, std::uint32_t, std::uint32_t,
                 std::uint32_t, std::uint32_t, std::uint32_t, std::uint32_t, std::uint32_t, bool>;

  const RunConfig& config_;
  std::vector<Compiler> compilers_;
  std::optional<ModelShape> chained_;  // model of a functional simulation whose operations feed each other
  std::set<Kind> seen_;
};

}  // namespace

ModelShape shape_of(const WorkloadConfig& workload) {
  return workload.model.empty() ? read_hugging_face_config(workload.config_json) : find_model(workload.model);
}

std::unique_ptr<GemmSource> open_workload(const RunConfig& config) {
  const WorkloadConfig& workload = config.workload;
  if (workload.scope != Scope::gemms) {
    return std::make_unique<InferenceSource>(shape_of(workload), inference_options(config));
  }
  if (!workload.trace.empty()) {
    std::unique_ptr<GemmSource> trace = open_trace(workload.trace);
    if (workload.layers == 0) return trace;
    return std::make_unique<FirstLayers>(std::move(trace), workload.layers);
  }
  return std::make_unique<GemmGenerator>(
      shape_of(workload), GeneratorOptions{workload.phase, workload.tokens, workload.batch, workload.layers,
                                           workload.fuse_projections, length_changes(config.precision)});
}

Survey survey(const RunConfig& config, const std::function<bool()>& go_on) {
  if (!config.workload.trace.empty() && !config.precision.schedule.empty()) {
    throw Error::input(fmt::format(
        "precision.schedule.{} is given, must be left out with workload.trace, whose rows have no positions",
        config.precision.schedule.begin()->first));
  }
  Survey found;
  Trial trial(config);
  Sha256 hash;
  std::set<std::string> tensors;
  WorkloadNotes notes(config);

  const std::unique_ptr<GemmSource> source = open_workload(config);
  if (config.workload.scope != Scope::gemms) {
    check_capacity(config, shape_of(config.workload), inference_options(config));
  }
  for (Gemm gemm; source->next(gemm); ++found.gemms) {
    if (found.gemms % rows_between_looks == 0 && !go_on()) throw Error::run("interrupted");
    bool padded = false;
    bool compressed = false;
    trial.compile(gemm, found.gemms, padded, compressed, notes);
    notes.see(gemm, padded, compressed);
    tensors.insert(gemm.tensor);
    if (tensors.size() > most_tensors) {
      throw Error::input(fmt::format("GeMM '{}': tensor '{}' is the {}th type of tensor; at most {} are supported",
                                     gemm.name, gemm.tensor, most_tensors + 1, most_tensors));
    }
    found.macs += gemm.macs();
    hash.add(fmt::format("{},{},{},{},{},{},{},{}\n", gemm.name, gemm.layer, gemm.tensor, gemm.m, gemm.k, gemm.n,
                         gemm.count, gemm.weight_bits));
  }
  if (found.gemms == 0) throw Error::input("the workload has no GeMM in the first layers that workload.layers selects");
  found.sha256 = hash.hex();

  found.notes = notes.list();
  return found;
}

}  // namespace anda::sim
