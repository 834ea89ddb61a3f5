// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_SERVING_SEQUENCE_H
#define ANDA_SIM_SERVING_SEQUENCE_H

#include <cstdint>

#include "serving/request.h"

namespace anda::sim {

/// A request that is served.
struct Sequence {
  Request request;
  std::uint64_t generated = 0;  ///< output tokens so far
  std::uint64_t cached = 0;     ///< tokens whose keys and values are in the cache, or swapped
  std::uint64_t blocks = 0;     ///< of its own
  std::uint64_t shared = 0;     ///< leading hashes of the request whose prefixes it uses
  bool is_running = false;      ///< admitted, and not preempted since
  bool in_flight = false;       ///< part of an iteration that is not finished
  bool is_swapped = false;      ///< its cache is at the host

  double admitted_s = -1;  ///< first admission; before: −1
  double first_token_s = -1;
  double finished_s = -1;
  std::uint64_t reused = 0;  ///< tokens of the prompt that the cache had at the first admission
  std::uint64_t preemptions = 0;

  /// Tokens that are known and not in the cache; the last of them gives the next output token.
  std::uint64_t pending() const { return request.prompt + generated - cached; }
  /// Whether its prompt is done, so that one token at a time is computed.
  bool is_answering() const { return generated > 0 && pending() == 1; }
};

}  // namespace anda::sim

#endif
