// SPDX-License-Identifier: Apache-2.0
#include "system/knowledge.h"

namespace anda::sim {
namespace {

bool writes_more_than_counts(const RunConfig& config) {
  return config.functional.enabled || !config.simulation.vcd.empty() || !config.simulation.timeline.file.empty() ||
         !config.dram.request_trace.empty();
}

}  // namespace

Knowledge::Knowledge(const RunConfig& config, GemmStore* store) {
  const bool counts_alone = !writes_more_than_counts(config);
  const bool stores = store != nullptr && counts_alone;
  // The detailed memory carries its state over from the preceding GeMM.
  const bool is_detailed = config.dram.level == DramLevel::detailed;
  for (const Element& system : config.systems) {
    Part& part = parts_.emplace_back(Part{Compiler(config, accelerator_of(config, system)), {}, {}});
    if (stores && !is_detailed) {
      part.tasks.emplace(*store, store->machine(config, system));
    } else if (config.simulation.fold_layers) {
      part.tasks.emplace();
    } else if (config.simulation.fast_forward && counts_alone && !is_detailed && !config.workload.prefetch_weights) {
      part.tasks.emplace(KnownGemms::Use::fast_forward);
    }
    // The stored key of a run, its tasks, does not identify the prefetch under the last of them.
    if (stores && is_detailed && !config.workload.prefetch_weights)
      part.run.emplace(*store, store->machine(config, system));
  }
}

KnownGemms* Knowledge::of_tasks(std::size_t system) {
  std::optional<KnownGemms>& tasks = parts_[system].tasks;
  return tasks ? &*tasks : nullptr;
}

bool Knowledge::knows_all(std::size_t system, const SourceOpener& open_source) {
  Part& part = parts_[system];
  if (!part.run) return false;
  const std::unique_ptr<GemmSource> source = open_source();
  for (OpRecord record; source->next(record.gemm);) {
    set_work(record, part.compiler.work(record.gemm));
    part.run->follow(record);
  }
  part.is_known = part.run->is_complete();
  return part.is_known;
}

void Knowledge::tell(std::size_t system, OpRecord& record) {
  set_work(record, parts_[system].compiler.work(record.gemm));
  parts_[system].run->take(record);
}

void Knowledge::learn(std::size_t system, const OpRecord& record) {
  Part& part = parts_[system];
  if (part.run && !part.is_known) part.run->add(record);
}

dram::Statistics Knowledge::statistics(std::size_t system, const dram::Statistics& simulated) {
  Part& part = parts_[system];
  if (!part.run) return simulated;
  if (part.is_known) return part.run->statistics();
  part.run->add(simulated);
  return simulated;
}

}  // namespace anda::sim
