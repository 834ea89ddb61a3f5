// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_SERVING_SEQUENCE_H
#define ANDA_SIM_SERVING_SEQUENCE_H

#include <cstdint>

#include "serving/request.h"

namespace anda::sim {

/// A request being served.
struct Sequence {
  Request request;
  std::uint64_t generated = 0;  ///< output tokens so far
  std::uint64_t cached = 0;     ///< tokens whose keys and values are in the cache or swapped out
  std::uint64_t blocks = 0;     ///< blocks that it owns
  std::uint64_t shared = 0;     ///< leading hashes of the request whose prefixes it uses
  bool is_running = false;      ///< admitted, and not preempted since
  bool in_flight = false;       ///< part of an unfinished iteration
  bool is_swapped = false;      ///< its cache is on the host

  double admitted_s = -1;  ///< first admission; −1 until then
  double first_token_s = -1;
  double finished_s = -1;
  std::uint64_t reused = 0;  ///< prompt tokens found in the cache at first admission
  std::uint64_t preemptions = 0;

  /// Known tokens that are not in the cache; computing the last of them yields the next output token.
  std::uint64_t pending() const { return request.prompt + generated - cached; }
  /// Whether its prompt is complete, so that it decodes one token at a time.
  bool is_answering() const { return generated > 0 && pending() == 1; }
};

}  // namespace anda::sim

#endif
