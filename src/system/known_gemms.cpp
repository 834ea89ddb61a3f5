// SPDX-License-Identifier: Apache-2.0
#include "system/known_gemms.h"

#include "config/sha256.h"
#include "system/op_codec.h"

namespace anda::sim {
namespace {

/// Returns the key of a result.
std::string key_of(const Work& work, const KnownGemms::Neighbours& neighbours) {
  std::string bytes = task_bytes(work);
  const KnownGemms::Ahead& ahead = neighbours.ahead;
  if (neighbours.held == 0 && ahead.loads == 0) return bytes;
  ByteWriter out(bytes);
  out.put(neighbours.held);
  out.put(ahead.loads);
  if (ahead.loads > 0) put(out, ahead.next);
  return bytes;
}

std::string bytes_of(const StepShape& step, const Counts& counts) {
  std::string bytes;
  ByteWriter out(bytes);
  put(out, step);
  put(out, counts);
  return bytes;
}

void read(const std::string& bytes, StepShape& step, Counts& counts) {
  ByteReader in(bytes);
  get(in, step);
  get(in, counts);
}

/// Returns the hash of a history extended by the next record.
std::string prolonged(const std::string& history, const OpRecord& record) {
  std::string bytes = history + task_bytes(work_of(record));
  ByteWriter(bytes).put(record.gemm.count);
  return sha256_hex(bytes);
}

/// Returns the key of the memory statistics of a run.
std::string end_of(const std::string& history) { return history + "end"; }

}  // namespace

std::string task_bytes(const Work& work) {
  std::string bytes;
  ByteWriter out(bytes);
  if (std::holds_alternative<VectorTask>(work)) out.put(std::uint64_t{0});
  std::visit([&](const auto& task) { put(out, task); }, work);
  return bytes;
}

const KnownGemms::Result* KnownGemms::find(const Work& work, const Neighbours& neighbours) {
  const std::string key = key_of(work, neighbours);
  const auto found = remembered_.find(key);
  if (found != remembered_.end()) return &found->second;
  if (store_ == nullptr) return nullptr;
  const std::optional<std::string> stored = store_->find(machine_, key);
  if (!stored) return nullptr;
  Result result;
  read(*stored, result.step, result.counts);
  return remember(key, std::move(result));
}

const KnownGemms::Result* KnownGemms::add(const Work& work, const Neighbours& neighbours, Result result) {
  const std::string key = key_of(work, neighbours);
  if (store_ != nullptr) store_->add(machine_, key, bytes_of(result.step, result.counts));
  return remember(key, std::move(result));
}

const KnownGemms::Result* KnownGemms::remember(const std::string& task, Result result) {
  if (remembered_.size() < most_remembered) return &remembered_.emplace(task, std::move(result)).first->second;
  last_ = std::move(result);
  return &last_;
}

void KnownRun::follow(const OpRecord& record) {
  if (!is_known_) return;
  history_ = prolonged(history_, record);
  std::optional<std::string> result = store_.find(machine_, history_);
  is_known_ = result.has_value() && bytes_ + result->size() <= most_bytes;
  if (!is_known_) return;
  bytes_ += result->size();
  results_.push_back(std::move(*result));
}

bool KnownRun::is_complete() {
  if (!is_known_) return false;
  const std::optional<std::string> end = store_.find(machine_, end_of(history_));
  if (!end) return false;
  ByteReader(*end).get_raw(statistics_.emplace());
  return true;
}

void KnownRun::take(OpRecord& record) { read(results_.at(next_++), record.step, record.counts); }

void KnownRun::add(const OpRecord& record) {
  simulated_history_ = prolonged(simulated_history_, record);
  store_.add(machine_, simulated_history_, bytes_of(record.step, record.counts));
}

void KnownRun::add(const dram::Statistics& statistics) {
  std::string bytes;
  ByteWriter(bytes).put_raw(statistics);
  store_.add(machine_, end_of(simulated_history_), bytes);
}

}  // namespace anda::sim
