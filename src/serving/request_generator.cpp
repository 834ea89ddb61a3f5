// SPDX-License-Identifier: Apache-2.0
#include "serving/request_generator.h"

#include <algorithm>
#include <cmath>

#include "serving/request_trace.h"

namespace anda::sim {
namespace {

constexpr double two_pi = 6.283185307179586;

class FirstRequests : public RequestSource {
 public:
  /// `count`: 0 for all.
  FirstRequests(std::unique_ptr<RequestSource> source, std::uint64_t count)
      : source_(std::move(source)), count_(count) {}

  bool next(Request& request) override {
    if ((count_ != 0 && read_ == count_) || !source_->next(request)) return false;
    request.number = read_++;
    return true;
  }
  std::string note() const override { return source_->note(); }

 private:
  std::unique_ptr<RequestSource> source_;
  std::uint64_t count_;
  std::uint64_t read_ = 0;
};

}  // namespace

bool RequestGenerator::next(Request& request) {
  if (made_ == config_.count) return false;
  if (made_ > 0) now_ += gap();
  request.number = made_++;
  request.arrival_s = now_;
  request.prompt = length(config_.prompt);
  request.output = length(config_.output);
  request.priority = std::min(static_cast<std::uint32_t>(uniform() * config_.priorities), config_.priorities - 1);
  return true;
}

double RequestGenerator::gap() {
  const double mean = 1 / config_.rate_per_s;
  switch (config_.arrivals) {
    case Arrivals::even:
      return mean;
    case Arrivals::poisson:
      return -std::log(uniform()) * mean;
    case Arrivals::gamma:
      break;
  }
  const double shape = 1 / (config_.cv * config_.cv);
  return gamma(shape) / shape * mean;
}

std::uint64_t RequestGenerator::length(const LengthConfig& lengths) {
  const auto least = static_cast<double>(lengths.least);
  const auto most = static_cast<double>(lengths.most);
  double tokens = lengths.mean;
  if (lengths.distribution == Lengths::uniform) {
    tokens = std::floor(least + uniform() * (most - least + 1));
  } else if (lengths.distribution == Lengths::log_normal) {
    // Log-normal with mean m and coefficient of variation c: sigma² = ln(1 + c²), mu = ln m − sigma² / 2.
    const double variance = std::log1p(lengths.cv * lengths.cv);
    tokens = std::exp(std::log(lengths.mean) - variance / 2 + std::sqrt(variance) * normal());
  }
  return static_cast<std::uint64_t>(std::llround(std::clamp(tokens, least, most)));
}

/// Uniform in the open interval (0, 1).
double RequestGenerator::uniform() { return (static_cast<double>(random_() >> 11) + 0.5) * 0x1p-53; }

/// Standard normal, by the Box-Muller method.
double RequestGenerator::normal() {
  const double radius = std::sqrt(-2 * std::log(uniform()));
  return radius * std::cos(two_pi * uniform());
}

/// Gamma with scale 1, by Marsaglia and Tsang's method (2000).
double RequestGenerator::gamma(double shape) {
  if (shape < 1) {
    const double raised = gamma(shape + 1);
    return raised * std::pow(uniform(), 1 / shape);
  }
  const double d = shape - 1.0 / 3;
  const double c = 1 / std::sqrt(9 * d);
  for (;;) {
    const double x = normal();
    const double v = 1 + c * x;
    if (v <= 0) continue;
    const double cube = v * v * v;
    if (std::log(uniform()) < x * x / 2 + d - d * cube + d * std::log(cube)) return d * cube;
  }
}

std::unique_ptr<RequestSource> open_requests(const RequestsConfig& config) {
  if (config.trace.empty()) return std::make_unique<RequestGenerator>(config);
  return std::make_unique<FirstRequests>(open_request_trace(config.trace, config.format, config.rate_scale),
                                         config.limit);
}

}  // namespace anda::sim
