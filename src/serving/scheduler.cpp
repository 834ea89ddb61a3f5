// SPDX-License-Identifier: Apache-2.0
#include "serving/scheduler.h"

#include <algorithm>
#include <anda/base/math.h>
#include <utility>

namespace anda::sim {
namespace {

/// Blocks of a shared prefix; 0 if prefixes are not shared.
std::uint64_t prefix_blocks(const CacheBlocksConfig& cache) {
  return cache.prefix_reuse && hash_tokens % cache.block_tokens == 0 ? hash_tokens / cache.block_tokens : 0;
}

}  // namespace

Scheduler::Scheduler(const ServingConfig& config, std::uint64_t blocks)
    : config_(config.scheduler),
      cache_(config.cache),
      order_(make_order(config.scheduler)),
      admission_(make_admission(config.scheduler, config.cache)),
      preemption_(make_preemption(config.scheduler)),
      blocks_(blocks, prefix_blocks(config.cache)),
      waiting_(Before{order_.get()}),
      running_(Before{order_.get()}) {}

std::uint64_t Scheduler::blocks_for(std::uint64_t tokens) const {
  return ceil_div(tokens, std::uint64_t{cache_.block_tokens});
}

void Scheduler::arrive(const Request& request) {
  auto sequence = std::make_unique<Sequence>();
  sequence->request = request;
  waiting_.insert(std::move(sequence));
}

Iteration Scheduler::form(double now) {
  Iteration iteration;
  budget_ = config_.max_tokens;
  continue_running(iteration, true);
  continue_running(iteration, false);
  if (iteration.preempted == 0) admit(iteration, now);
  iteration.preempted += std::exchange(unrun_.preempted, 0);
  iteration.swapped_tokens += std::exchange(unrun_.swapped_tokens, 0);
  if (iteration.shares.empty()) std::swap(iteration, unrun_);
  return iteration;
}

/// Schedules the running sequences that are decoding, or those still in prefill.
void Scheduler::continue_running(Iteration& iteration, bool answering) {
  std::vector<Sequence*> sequences;
  for (const auto& sequence : running_) {
    if (!sequence->in_flight && sequence->is_answering() == answering) sequences.push_back(sequence.get());
  }
  for (Sequence* const sequence : sequences) {
    if (!sequence->is_running) continue;  // it has been preempted
    const std::uint64_t tokens = tokens_for(*sequence, iteration);
    if (tokens > 0 && make_room(*sequence, tokens, iteration)) schedule(*sequence, tokens, iteration);
  }
}

/// Number of tokens that the iteration takes from a sequence; 0: none now.
std::uint64_t Scheduler::tokens_for(const Sequence& sequence, const Iteration& iteration) const {
  const std::uint64_t pending = sequence.pending();
  if (config_.chunked_prefill || pending <= budget_) return std::min(pending, budget_);
  // A prompt that can never fit the token budget runs as the only prompt of its iteration.
  return pending > config_.max_tokens && iteration.prompts == 0 ? pending : 0;
}

/// Takes the blocks for a sequence's next tokens; returns false if the sequence must wait or was itself preempted.
bool Scheduler::make_room(Sequence& sequence, std::uint64_t tokens, Iteration& iteration) {
  const std::uint64_t wanted = blocks_for(sequence.cached + tokens);
  const std::uint64_t held = sequence.blocks + sequence.shared * prefix_blocks(cache_);
  if (wanted <= held) return true;
  while (!blocks_.take(wanted - held)) {
    Sequence* const victim = last_idle();
    if (victim == nullptr) return false;
    preempt(*victim, iteration);
    if (victim == &sequence) return false;
  }
  sequence.blocks += wanted - held;
  return true;
}

/// The last running sequence that is not in flight.
Sequence* Scheduler::last_idle() const {
  const auto found =
      std::find_if(running_.rbegin(), running_.rend(), [](const auto& sequence) { return !sequence->in_flight; });
  return found == running_.rend() ? nullptr : found->get();
}

void Scheduler::preempt(Sequence& sequence, Iteration& iteration) {
  release(sequence);
  iteration.swapped_tokens += preemption_->give_way(sequence);
  ++iteration.preempted;
  ++sequence.preemptions;
  move(sequence, running_, waiting_);
}

void Scheduler::admit(Iteration& iteration, double now) {
  while (!waiting_.empty() && running_.size() < config_.max_batch && admit_next(iteration, now)) {
  }
}

/// Admits the first waiting sequence; returns false if there is no room for it, in which case those behind it wait,
/// too.
bool Scheduler::admit_next(Iteration& iteration, double now) {
  Sequence& sequence = **waiting_.begin();
  const Request& request = sequence.request;
  // Only whole blocks of the prompt, and at least one token must be left to compute.
  const std::uint64_t most =
      sequence.is_swapped ? 0 : std::min(request.prompt, request.prompt + sequence.generated - 1) / hash_tokens;
  const std::uint64_t hits = blocks_.known(request.hashes, most);
  const std::uint64_t cached = sequence.is_swapped ? sequence.cached : hits * hash_tokens;
  const std::uint64_t before = std::exchange(sequence.cached, cached);
  const std::uint64_t tokens = tokens_for(sequence, iteration);
  const std::uint64_t each = prefix_blocks(cache_);
  const std::uint64_t needed = blocks_for(admission_->reserved_tokens(sequence)) - hits * each;
  const std::uint64_t spare = running_.empty() ? 0 : admission_->spare_blocks(blocks_.total());
  const std::uint64_t kept = blocks_.unused(request.hashes, hits) * each;
  if (tokens == 0 || needed + spare + kept > blocks_.available()) {
    sequence.cached = before;
    return false;
  }
  for (std::uint64_t i = 0; i < hits; ++i) blocks_.use(request.hashes[i]);
  blocks_.take(needed);
  sequence.blocks = needed;
  sequence.shared = hits;
  if (std::exchange(sequence.is_swapped, false)) iteration.swapped_tokens += cached;
  if (sequence.admitted_s < 0) {
    sequence.admitted_s = now;
    sequence.reused = cached;
  }
  move(sequence, waiting_, running_);
  schedule(sequence, tokens, iteration);
  return true;
}

void Scheduler::schedule(Sequence& sequence, std::uint64_t tokens, Iteration& iteration) {
  if (!sequence.is_answering()) ++iteration.prompts;
  iteration.shares.push_back({&sequence, sequence.cached, tokens, tokens == sequence.pending()});
  sequence.in_flight = true;
  budget_ -= std::min(budget_, tokens);
}

std::vector<std::unique_ptr<Sequence>> Scheduler::finish(const Iteration& iteration, double now) {
  std::vector<std::unique_ptr<Sequence>> done;
  for (const Share& share : iteration.shares) {
    Sequence& sequence = *share.sequence;
    sequence.in_flight = false;
    sequence.cached += share.tokens;
    share_prefixes(sequence);
    if (!share.emits) continue;
    if (++sequence.generated == 1) sequence.first_token_s = now;
    if (sequence.generated < sequence.request.output) continue;
    sequence.finished_s = now;
    release(sequence);
    done.push_back(std::move(running_.extract(place_of(sequence, running_)).value()));
  }
  return done;
}

/// Makes complete blocks of the prompt reusable; uses existing ones if another sequence was faster.
void Scheduler::share_prefixes(Sequence& sequence) {
  const std::uint64_t each = prefix_blocks(cache_);
  if (each == 0) return;
  const std::uint64_t complete = std::min(sequence.cached, sequence.request.prompt) / hash_tokens;
  const std::uint64_t end = std::min<std::uint64_t>(complete, sequence.request.hashes.size());
  for (; sequence.shared < end; ++sequence.shared) {
    const std::uint64_t hash = sequence.request.hashes[sequence.shared];
    if (!blocks_.share(hash)) {
      blocks_.use(hash);
      blocks_.give_back(each);
    }
    sequence.blocks -= each;
  }
}

void Scheduler::release(Sequence& sequence) {
  blocks_.give_back(std::exchange(sequence.blocks, 0));
  // The end of a prefix is worth less than its start, so it becomes evictable first.
  while (sequence.shared > 0) blocks_.leave(sequence.request.hashes[--sequence.shared]);
}

Scheduler::Sequences::iterator Scheduler::place_of(const Sequence& sequence, Sequences& in) {
  return std::find_if(in.begin(), in.end(), [&](const auto& other) { return other.get() == &sequence; });
}

void Scheduler::move(Sequence& sequence, Sequences& from, Sequences& to) {
  to.insert(from.extract(place_of(sequence, from)));
  sequence.is_running = &to == &running_;
}

}  // namespace anda::sim
