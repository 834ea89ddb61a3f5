// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_SERVING_REQUEST_H
#define ANDA_SIM_SERVING_REQUEST_H

#include <anda/base/error.h>

#include <cstdint>
#include <string>
#include <vector>

namespace anda::sim {

/// Tokens per prefix hash of a request: the block size of Mooncake's traces.
inline constexpr std::uint64_t hash_tokens = 512;

/// An arriving prompt and the length of its answer.
struct Request {
  std::uint64_t number = 0;                ///< from 0, in order of arrival
  double arrival_s = 0;                    ///< relative to the first request of the trace
  std::uint64_t prompt = 0;                ///< tokens, at least 1
  std::uint64_t output = 0;                ///< tokens, at least 1
  std::uint32_t priority = 0;              ///< 0 is the most urgent
  std::vector<std::uint64_t> hashes = {};  ///< per block of hash_tokens tokens, including all before it
  Place place = {};                        ///< its line in the trace, for messages
};

/// A source of requests in order of arrival; holds at most one at a time.
class RequestSource {
 public:
  RequestSource() = default;
  RequestSource(const RequestSource&) = delete;
  RequestSource& operator=(const RequestSource&) = delete;
  virtual ~RequestSource() = default;

  /// Stores the next request in `request`; returns false at the end. Throws Error (input) with file and line.
  virtual bool next(Request& request) = 0;
  /// What may surprise a reader of the results, available once all requests have been read; empty if nothing.
  virtual std::string note() const { return ""; }
};

}  // namespace anda::sim

#endif
