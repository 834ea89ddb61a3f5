// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_SERVING_REQUEST_GENERATOR_H
#define ANDA_SIM_SERVING_REQUEST_GENERATOR_H

#include <memory>
#include <random>

#include "config/serving_config.h"
#include "serving/request.h"

namespace anda::sim {

/// Generates requests with random arrivals and lengths. A seed gives the same requests on every machine.
class RequestGenerator : public RequestSource {
 public:
  explicit RequestGenerator(const RequestsConfig& config) : config_(config), random_(config.seed) {}

  bool next(Request& request) override;

 private:
  double gap();
  std::uint64_t length(const LengthConfig& lengths);
  double uniform();
  double normal();
  double gamma(double shape);

  RequestsConfig config_;
  std::mt19937_64 random_;
  std::uint64_t made_ = 0;
  double now_ = 0;
};

/// Opens the configured requests: a trace or a generator.
std::unique_ptr<RequestSource> open_requests(const RequestsConfig& config);

}  // namespace anda::sim

#endif
