// SPDX-License-Identifier: Apache-2.0
#include "search/window_runs.h"

#include <anda/base/error.h>
#include <anda/base/math.h>
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>

#include "llm/blas.h"

namespace anda::sim {
namespace {

constexpr std::size_t rows_at_a_time = 512;  // enough for GeMMs at full speed
constexpr double mebibyte = 1024.0 * 1024.0;

std::size_t windows_of_part(std::size_t length) { return std::max<std::size_t>(1, rows_at_a_time / length); }

/// Numbers in a layer's weights, including the extra memory while they are read.
std::uint64_t layer_numbers(const DecoderConfig& model) {
  const ModelShape& shape = model.shape;
  const std::uint64_t projections = shape.hidden_size * (2 * shape.query_width() + 2 * shape.kv_width());
  const std::uint64_t matrix = shape.hidden_size * shape.intermediate_size;
  // Fused tensors are in memory whole and in parts; packed ones also as words.
  const std::uint64_t more = (model.fused ? 2 * matrix : 0) + (model.quantisation ? matrix : 0);
  return projections + (shape.gated ? 3 : 2) * matrix + more;
}

/// Numbers of working memory that a thread needs per token.
std::uint64_t row_numbers(const DecoderConfig& model, std::size_t length) {
  const ModelShape& shape = model.shape;
  return 3 * shape.hidden_size + 2 * shape.query_width() + 2 * shape.kv_width() + 2 * shape.intermediate_size +
         model.vocabulary + length;
}

}  // namespace

MemoryPlan plan_memory(const DecoderConfig& model, std::size_t length, std::size_t windows, unsigned threads,
                       std::uint64_t bytes) {
  const std::size_t of_part = std::min(windows_of_part(length), windows);
  const std::size_t parts = ceil_div(windows, of_part);
  MemoryPlan plan;
  plan.workers = static_cast<unsigned>(std::max<std::size_t>(1, std::min<std::size_t>(threads, parts)));
  plan.parts_at_a_time = parts;
  const std::uint64_t numbers = bytes / sizeof(float);
  const std::uint64_t worker = of_part * length * row_numbers(model, length);
  const std::uint64_t all = parameters_of(model.shape).total;
  if (all <= numbers && plan.workers * worker <= numbers - all) return plan;

  plan.place = WeightPlace::files;
  const std::uint64_t head = model.vocabulary * model.shape.hidden_size;
  const std::uint64_t part = of_part * length * model.shape.hidden_size;
  const std::uint64_t weights = std::max(layer_numbers(model), head);
  const std::uint64_t least = weights + worker + part;
  if (numbers < least) {
    throw Error::input(
        fmt::format("the model needs {:.2f} MiB of memory to run layer by layer, but may take {:.2f} MiB; "
                    "shorter windows (--length) take less",
                    static_cast<double>(least * sizeof(float)) / mebibyte, static_cast<double>(bytes) / mebibyte));
  }
  // Half of the remaining memory goes to threads, the rest to windows: each pass over the windows reads the model once.
  const std::uint64_t left = numbers - least;
  plan.workers = static_cast<unsigned>(std::min<std::uint64_t>(plan.workers, 1 + left / 2 / worker));
  const std::uint64_t for_windows = left - (plan.workers - 1) * worker + part;
  plan.parts_at_a_time = std::min<std::size_t>(parts, for_windows / part);
  return plan;
}

WindowRuns::WindowRuns(const Decoder& decoder, const std::vector<std::uint32_t>& tokens, std::size_t length,
                       unsigned threads, const MemoryPlan& plan, std::function<bool()> go_on)
    : decoder_(decoder), tokens_(tokens), length_(length), threads_(threads), plan_(plan), go_on_(std::move(go_on)) {
  const std::size_t of_part = windows_of_part(length);
  for (std::size_t first = 0; first < windows(); first += of_part) {
    parts_.emplace_back(first, std::min(of_part, windows() - first));
  }
}

void WindowRuns::over(std::size_t count, const Work& work) {
  // Windows are distributed to our own threads, which share everything except the GeMMs' threads; those get the
  // remaining processors.
  const auto workers = static_cast<unsigned>(std::max<std::size_t>(1, std::min<std::size_t>(plan_.workers, count)));
  blas().set_threads(static_cast<int>(std::max(1u, threads_ / workers)));

  std::atomic<std::size_t> next{0};
  std::mutex mutex;
  std::exception_ptr failure;
  std::atomic<bool> stop{false};
  const std::thread::id caller = std::this_thread::get_id();
  const auto run = [&] {
    DecoderWorkspace workspace;
    workspace.go_on = [&] {
      if (std::this_thread::get_id() == caller && !go_on_()) stop = true;
      return !stop;
    };
    try {
      for (std::size_t index = next++; index < count; index = next++) work(index, workspace);
    } catch (...) {
      const std::lock_guard<std::mutex> lock(mutex);
      if (!failure) failure = std::current_exception();
      stop = true;
      next = count;
    }
    const std::lock_guard<std::mutex> lock(mutex);
    gemm_s_ += workspace.gemm_s;
    rounding_s_ += workspace.rounding_s;
  };
  std::vector<std::thread> others;
  for (unsigned i = 1; i < workers; ++i) others.emplace_back(run);
  run();
  for (std::thread& thread : others) thread.join();
  if (failure) std::rethrow_exception(failure);
}

void WindowRuns::run_from_memory(const std::vector<std::size_t>& parts, const ActivationRounding& rounding,
                                 const Use& use) {
  over(parts.size(), [&](std::size_t index, DecoderWorkspace& workspace) {
    const auto [first, count] = parts_[parts[index]];
    decoder_.run(tokens_.data() + first * length_, count, length_, rounding, workspace, workspace.logits);
    use(first, workspace.logits);
  });
}

void WindowRuns::run_from_files(const std::vector<std::size_t>& parts, const ActivationRounding& rounding,
                                const Use& use) {
  std::vector<std::vector<float>> values(parts.size());
  over(parts.size(), [&](std::size_t index, DecoderWorkspace&) {
    const auto [first, count] = parts_[parts[index]];
    decoder_.embed(tokens_.data() + first * length_, count, length_, values[index]);
  });
  for (std::size_t layer = 0; layer < decoder_.config().shape.layers; ++layer) {
    const DecoderLayer weights = decoder_.read_layer(layer);
    over(parts.size(), [&](std::size_t index, DecoderWorkspace& workspace) {
      workspace.x.swap(values[index]);
      decoder_.run_layer(weights, layer, parts_[parts[index]].second, length_, rounding, workspace);
      workspace.x.swap(values[index]);
    });
  }
  const std::vector<float> head = decoder_.read_head();
  over(parts.size(), [&](std::size_t index, DecoderWorkspace& workspace) {
    const auto [first, count] = parts_[parts[index]];
    decoder_.finish(head, count * length_, values[index], workspace.logits);
    use(first, workspace.logits);
  });
}

void WindowRuns::run(const std::vector<std::size_t>& parts, const ActivationRounding& rounding, const Use& use) {
  if (decoder_.place() == WeightPlace::memory) {
    run_from_memory(parts, rounding, use);
    return;
  }
  for (std::size_t first = 0; first < parts.size(); first += plan_.parts_at_a_time) {
    const std::size_t end = std::min(parts.size(), first + plan_.parts_at_a_time);
    const auto at = [&](std::size_t index) { return parts.begin() + static_cast<std::ptrdiff_t>(index); };
    run_from_files({at(first), at(end)}, rounding, use);
  }
}

}  // namespace anda::sim
