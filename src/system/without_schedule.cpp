// SPDX-License-Identifier: Apache-2.0
#include "system/without_schedule.h"

#include <poll.h>

#include <memory>

#include <anda/base/error.h>

#include "system/survey.h"
#include "system/system_process.h"

namespace anda::sim {
namespace {

constexpr int milliseconds_to_wait = 50;

class NoSink : public OpSink {
 public:
  void take(std::size_t, const OpRecord&) override {}
};

}  // namespace

std::vector<Counts> counts_without_schedule(const RunConfig& config, double total_macs, const Progress& progress,
                                            const std::string& cache) {
  RunConfig plain = config;
  plain.precision.schedule.clear();
  plain.functional = {};
  plain.clear_named_outputs();
  SystemProcess process("the systems without precision.schedule", [&](const Progress& done) {
    const std::unique_ptr<GemmStore> store = cache.empty() ? nullptr : std::make_unique<GemmStore>(cache);
    NoSink sink;
    SimulationResult result = simulate(
        plain, [&plain] { return open_workload(plain); }, total_macs, sink, done, nullptr, nullptr, store.get());
    return std::make_pair(std::move(result), std::uint64_t{0});
  });
  while (!process.finished()) {
    if (!progress(process.done())) throw Error::run("interrupted");
    pollfd pipe{process.descriptor(), POLLIN, 0};
    if (::poll(&pipe, 1, milliseconds_to_wait) > 0) process.take();
  }
  if (process.failure()) std::rethrow_exception(process.failure());
  std::vector<Counts> counts;
  for (SystemResult& system : process.result().systems) counts.push_back(std::move(system.totals));
  return counts;
}

}  // namespace anda::sim
