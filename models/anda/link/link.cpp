// SPDX-License-Identifier: Apache-2.0
#include <anda/link/link.h>

#include <cmath>

#include <anda/base/clock.h>
#include <anda/base/simulated_time.h>
#include <anda/tlm/target_access.h>

namespace anda {

namespace {

/// Every address is legal here; only later targets can map it.
constexpr TargetAccess writes{~std::uint64_t{0}, 1, true, true};

double ticks_of(double seconds) { return seconds / sc_core::sc_get_time_resolution().to_seconds(); }

}  // namespace

Counters LinkCounts::counters(const LinkCounts& these) {
  Counters counters;
  counters.add("link.bytes", "bytes", "bytes carried, summed over the links that each crosses", these.bytes);
  counters.add("link.busy_ps", "ps", "time in which links carry bytes, summed over links", these.busy_ps);
  counters.add("link.transactions", "transactions", "packets carried, summed over the links that each crosses",
               these.transactions);
  return counters;
}

Link::Link(sc_core::sc_module_name name, const LinkConfig& config, LinkCounts* totals)
    : sc_module(name),
      in("in"),
      out("out"),
      ps_per_byte_(1e12 / checked(config).bytes_per_s),
      byte_ticks_(static_cast<std::uint64_t>(ticks_of(1 / config.bytes_per_s))),
      byte_part_(rounded(std::ldexp(std::fmod(ticks_of(1 / config.bytes_per_s), 1), part_bits))),
      latency_ticks_(static_cast<std::uint64_t>(std::llround(ticks_of(config.latency_ns * 1e-9)))),
      one_sent_("one_sent"),
      totals_(totals),
      counters_(LinkCounts::counters(counts_)) {
  in.register_b_transport(this, &Link::b_transport);
  in.register_transport_dbg(this, &Link::transport_dbg);
}

std::uint64_t Link::free_at() const { return later(free_at_ticks_, free_at_part_ >> (part_bits - 1)); }

/// Occupies the link for some bytes. Fractions of a tick carry over, so that many small transactions take as long as
/// one large one.
void Link::occupy(std::uint64_t bytes) {
  const std::uint64_t now = sc_core::sc_time_stamp().value();
  if (now > free_at()) {
    free_at_ticks_ = now;
    free_at_part_ = 0;
  }
  const std::uint64_t part = free_at_part_ + bytes * byte_part_;
  free_at_ticks_ = later(free_at_ticks_, bytes * byte_ticks_ + (part >> part_bits));
  free_at_part_ = part & ((std::uint64_t{1} << part_bits) - 1);
}

/// Counts the bytes; the busy time is that of all bytes so far, rounded once.
void Link::count(std::uint64_t bytes) {
  const std::uint64_t before = counts_.busy_ps;
  counts_.bytes += bytes;
  counts_.busy_ps = rounded(to_double(counts_.bytes) * ps_per_byte_);
  ++counts_.transactions;
  if (totals_ == nullptr) return;
  totals_->bytes += bytes;
  totals_->busy_ps += counts_.busy_ps - before;
  ++totals_->transactions;
}

void Link::b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  const tlm::tlm_response_status status =
      payload.is_read() ? tlm::TLM_COMMAND_ERROR_RESPONSE : refusal(payload, writes);
  if (status != tlm::TLM_OK_RESPONSE) {
    payload.set_response_status(status);
    return;
  }
  synchronise(delay);
  const std::uint64_t bytes = payload.get_data_length();
  const std::uint64_t number = taken_++;
  occupy(bytes);
  const std::uint64_t left = free_at();
  count(bytes);
  wait_until(left);
  while (sent_ != number) sc_core::wait(one_sent_);
  const std::uint64_t now = sc_core::sc_time_stamp().value();
  const std::uint64_t arrives = later(left, latency_ticks_);
  delay = sc_core::sc_time::from_value(arrives > now ? arrives - now : 0);
  out->b_transport(payload, delay);
  payload.set_dmi_allowed(false);  // a link has no memory for DMI
  ++sent_;
  one_sent_.notify(sc_core::SC_ZERO_TIME);
}

}  // namespace anda
