// SPDX-License-Identifier: Apache-2.0
#include <anda/dram/dram_config.h>

#include <utility>

#include <cmath>

#include <anda/dram/address_map.h>
#include <anda/dram/request_trace.h>

namespace anda {

namespace {

bool is_power_of_two(std::uint64_t value) { return value != 0 && (value & (value - 1)) == 0; }

/// Collects the problems of the struct at a path.
class Rules {
 public:
  Rules(const std::string& path, Problems& problems) : path_(path), problems_(problems) {}

  template <class T>
  void require(bool holds, const char* key, T value, const std::string& rule) {
    if (!holds) problems_.push_back({join_key(path_, key), "is " + number_text(value) + ", must be " + rule});
  }

 private:
  const std::string& path_;
  Problems& problems_;
};

}  // namespace

void DramOrganisation::check(const std::string& path, Problems& problems) const {
  Rules rules(path, problems);
  rules.require(is_power_of_two(bank_groups), "bank_groups", bank_groups, "a power of two");
  rules.require(is_power_of_two(banks_per_group), "banks_per_group", banks_per_group, "a power of two");
  rules.require(banks() <= 64, "banks_per_group", banks_per_group,
                "at most " + number_text(64 / bank_groups) + ": a channel has at most 64 banks");
  rules.require(row_command_bus || pseudo_channels == 1, "pseudo_channels", pseudo_channels,
                "1 without row_command_bus: pseudo-channels share two command buses");
}

void DramTiming::check(const std::string& path, Problems& problems) const {
  Rules rules(path, problems);
  rules.require(ras + rp <= rc, "tRC_cycles", rc,
                "at least tRAS_cycles + tRP_cycles = " + number_text(ras) + " + " + number_text(rp));
  rules.require(rcd <= ras, "tRAS_cycles", ras, "at least tRCD_cycles = " + number_text(rcd));
  rules.require(ccd_s <= ccd_l, "tCCD_L_cycles", ccd_l, "at least tCCD_S_cycles = " + number_text(ccd_s));
  rules.require(rrd_s <= rrd_l, "tRRD_L_cycles", rrd_l, "at least tRRD_S_cycles = " + number_text(rrd_s));
  rules.require(wtr_s <= wtr_l, "tWTR_L_cycles", wtr_l, "at least tWTR_S_cycles = " + number_text(wtr_s));
  rules.require(rrd_s <= faw, "tFAW_cycles", faw, "at least tRRD_S_cycles = " + number_text(rrd_s));
}

void DramPolicy::check(const std::string& path, Problems& problems) const {
  if (!dram::parse_address_order(address_order)) {
    problems.push_back(
        {join_key(path, "address_order"),
         "is `" + address_order +
             "`, must be channel, bank_group, column and bank in any order, then row, separated by spaces"});
  }
  Rules rules(path, problems);
  rules.require(write_drain_start <= queue_requests, "write_drain_start", write_drain_start,
                "at most queue_requests = " + number_text(queue_requests));
  rules.require(write_drain_stop < write_drain_start, "write_drain_stop", write_drain_stop,
                "below write_drain_start = " + number_text(write_drain_start));
}

void DramEnergy::check(const std::string& path, Problems& problems) const {
  if (model == DramEnergyModel::flat) return;
  Rules rules(path, problems);
  rules.require(activate_pj > 0, "activate_pj", activate_pj, "given for per_command");
  rules.require(read_pj > 0, "read_pj", read_pj, "given for per_command");
  rules.require(write_pj > 0, "write_pj", write_pj, "given for per_command");
}

void DramConfig::check(const std::string& path, Problems& problems) const {
  Rules rules(path, problems);
  for (const auto& [key, value] : {std::pair{"channel_bits", channel_bits}, std::pair{"burst_length", burst_length}}) {
    rules.require((value & (value - 1)) == 0, key, value, "a power of two");
  }
  rules.require(refresh_cycle_ns < refresh_interval_ns, "refresh_cycle_ns", refresh_cycle_ns,
                "below refresh_interval_ns = " + number_text(refresh_interval_ns));
  if (!request_trace.empty() && !dram::RequestTrace::format_of(request_trace)) {
    problems.push_back({join_key(path, "request_trace"), "is `" + request_trace + "`, must end in .stl or .trace"});
  }
  if (level != DramLevel::detailed || channel_bits % 8 != 0) return;

  rules.require(refresh_bank_cycle_ns <= refresh_cycle_ns, "refresh_bank_cycle_ns", refresh_bank_cycle_ns,
                "at most refresh_cycle_ns = " + number_text(refresh_cycle_ns));
  rules.require(channels % organisation.pseudo_channels == 0, "channels", channels,
                "a multiple of organisation.pseudo_channels = " + number_text(organisation.pseudo_channels));
  rules.require(policy.mapping != DramMapping::channel_ranges || !policy.xor_channels, "policy.xor_channels", 1,
                "0 (false) with policy.mapping: channel_ranges");
  rules.require(
      policy.mapping != DramMapping::channel_ranges || capacity_bytes % (std::uint64_t{channels} * burst_bytes()) == 0,
      "capacity_bytes", capacity_bytes,
      "with policy.mapping: channel_ranges a multiple of channels × " + number_text(burst_bytes()) + " bytes");
  rules.require(!policy.xor_channels || is_power_of_two(channels), "channels", channels,
                "a power of two with policy.xor_channels");
  rules.require(burst_length % organisation.beats_per_clock == 0, "burst_length", burst_length,
                "a multiple of organisation.beats_per_clock = " + number_text(organisation.beats_per_clock));
  const bool whole_bursts =
      organisation.row_bytes % burst_bytes() == 0 && is_power_of_two(organisation.row_bytes / burst_bytes());
  rules.require(whole_bursts, "organisation.row_bytes", organisation.row_bytes,
                "a power of two of bursts of " + number_text(burst_bytes()) + " bytes");
  rules.require(organisation.row_bytes / burst_bytes() <= 65536, "organisation.row_bytes", organisation.row_bytes,
                "at most 65536 bursts");
  if (burst_length % organisation.beats_per_clock != 0) return;

  const std::uint32_t burst = burst_cycles();
  rules.require(timing.ccd_s >= burst, "timing.tCCD_S_cycles", timing.ccd_s,
                "at least the " + number_text(burst) + " cycles of a burst");
  rules.require(timing.rtw + timing.cwl >= timing.cl + burst, "timing.tRTW_cycles", timing.rtw,
                "at least tCL_cycles + the cycles of a burst - tCWL_cycles = " + number_text(timing.cl) + " + " +
                    number_text(burst) + " - " + number_text(timing.cwl));
  const double access_ns = access_cycles() * 1e9 / clock_hz();
  rules.require(
      latency_ns >= access_ns * (1 - 1e-9), "latency_ns", latency_ns,
      "at least timing.tRCD_cycles + timing.tCL_cycles and all organisation.activate_command_cycles but the first, " +
          number_text(access_ns) + " ns");
  const double interval_cycles = refresh_interval_ns * 1e-9 * clock_hz();
  rules.require(policy.refresh != DramRefresh::per_bank || interval_cycles >= organisation.banks() * timing.rrefd,
                "refresh_interval_ns", refresh_interval_ns,
                "at least timing.tRREFD_cycles for each of " + number_text(organisation.banks()) + " banks");
  rules.require(policy.refresh == DramRefresh::none || interval_cycles >= organisation.banks(), "refresh_interval_ns",
                refresh_interval_ns, "at least one cycle for each bank");
}

}  // namespace anda
