// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_SERVING_REQUEST_H
#define ANDA_SIM_SERVING_REQUEST_H

#include <anda/base/error.h>

#include <cstdint>
#include <string>
#include <vector>

namespace anda::sim {

/// Tokens that one of a request's hashes stands for: Mooncake's blocks.
inline constexpr std::uint64_t hash_tokens = 512;

/// A prompt that arrives and asks for an answer of so many tokens.
struct Request {
  std::uint64_t number = 0;                ///< from 0, in order of arrival
  double arrival_s = 0;                    ///< after the first request of the trace
  std::uint64_t prompt = 0;                ///< tokens, at least 1
  std::uint64_t output = 0;                ///< tokens, at least 1
  std::uint32_t priority = 0;              ///< 0 is the most urgent
  std::vector<std::uint64_t> hashes = {};  ///< of each block of hash_tokens tokens and all before it
  Place place = {};                        ///< of its line, for messages
};

/// Where requests come from, one after another in order of arrival; holds no more than one.
class RequestSource {
 public:
  RequestSource() = default;
  RequestSource(const RequestSource&) = delete;
  RequestSource& operator=(const RequestSource&) = delete;
  virtual ~RequestSource() = default;

  /// Puts the next request into `request`; false at the end. Throws Error (input) with file and line.
  virtual bool next(Request& request) = 0;
  /// What may surprise who reads the results, once all requests were read; empty: nothing.
  virtual std::string note() const { return ""; }
};

}  // namespace anda::sim

#endif
