// SPDX-License-Identifier: Apache-2.0
#include "timeline/event_writer.h"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <systemc>

namespace anda::sim {

std::string json_text(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string exact_us(std::uint64_t ticks) {
  // The kernel's resolution is a power of ten.
  const double resolution_us = sc_core::sc_get_time_resolution().to_seconds() * 1e6;
  const auto digits = static_cast<int>(std::lround(-std::log10(resolution_us)));
  if (digits <= 0) return std::to_string(ticks) + std::string(static_cast<std::size_t>(-digits), '0');
  std::uint64_t scale = 1;
  for (int i = 0; i < digits; ++i) scale *= 10;
  return fmt::format("{}.{:0{}}", ticks / scale, ticks % scale, digits);
}

void EventWriter::event(const std::string& text) {
  out_ << (first_ ? "\n" : ",\n") << text;
  first_ = false;
}

void EventWriter::name_process(const std::string& name) {
  event(fmt::format(R"({{"ph":"M","name":"process_name","pid":{},"args":{{"name":{}}}}})", process_, json_text(name)));
  event(fmt::format(R"({{"ph":"M","name":"process_sort_index","pid":{0},"args":{{"sort_index":{0}}}}})", process_));
}

void EventWriter::name_thread(std::uint32_t thread, const std::string& name) {
  event(fmt::format(R"({{"ph":"M","name":"thread_name","pid":{},"tid":{},"args":{{"name":{}}}}})", process_,
                    number_of(thread), json_text(name)));
  event(fmt::format(R"({{"ph":"M","name":"thread_sort_index","pid":{},"tid":{},"args":{{"sort_index":{}}}}})", process_,
                    number_of(thread), thread));
}

void EventWriter::slice(std::uint32_t thread, const std::string& name, std::uint64_t from_ticks, std::uint64_t to_ticks,
                        const std::string& args) {
  const std::string text = json_text(name);
  event(fmt::format(R"({{"ph":"B","name":{},"pid":{},"tid":{},"ts":{},"args":{{{}}}}})", text, process_,
                    number_of(thread), exact_us(from_ticks), args));
  event(fmt::format(R"({{"ph":"E","name":{},"pid":{},"tid":{},"ts":{}}})", text, process_, number_of(thread),
                    exact_us(to_ticks)));
}

void EventWriter::counter(const std::string& name, std::uint64_t ticks, const std::string& args) {
  event(fmt::format(R"({{"ph":"C","name":{},"pid":{},"ts":{},"args":{{{}}}}})", json_text(name), process_,
                    exact_us(ticks), args));
}

}  // namespace anda::sim
