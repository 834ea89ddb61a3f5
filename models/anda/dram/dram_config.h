// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_DRAM_DRAM_CONFIG_H
#define ANDA_DRAM_DRAM_CONFIG_H

#include <cstdint>
#include <string>

#include <anda/base/describe.h>

namespace anda {

/// Modelling detail of the external memory.
enum class DramLevel {
  fast,     ///< one data path with the bandwidth left by refresh
  detailed  ///< every burst, with banks, buses and refresh
};
inline constexpr ChoiceTable<DramLevel, 2> dram_levels{{{"fast", DramLevel::fast}, {"detailed", DramLevel::detailed}}};

/// Structure of a channel. No effect at level fast.
struct DramOrganisation {
  std::uint32_t pseudo_channels = 2;
  std::uint32_t bank_groups = 4;
  std::uint32_t banks_per_group = 4;
  std::uint32_t row_bytes = 1024;
  std::uint32_t beats_per_clock = 2;
  std::uint32_t activate_command_cycles = 2;
  bool row_command_bus = true;

  std::uint32_t banks() const { return bank_groups * banks_per_group; }

  template <class Self, class Visitor>
  static void describe(Self& self, Visitor& visit) {
    visit.number("pseudo_channels", self.pseudo_channels, Range<std::uint32_t>{1, 2},
                 "number of `channels` that share command buses and take turns on them; 1: none");
    visit.number("bank_groups", self.bank_groups, Range<std::uint32_t>{1, 16}, "bank groups per channel");
    visit.number("banks_per_group", self.banks_per_group, Range<std::uint32_t>{1, 16}, "banks per bank group");
    visit.number("row_bytes", self.row_bytes, Range<std::uint32_t>{64, 1u << 16}, "size of a row (page) of a channel");
    visit.number("beats_per_clock", self.beats_per_clock, Range<std::uint32_t>{1, 16},
                 "data beats per cycle of the command clock, in whose cycles `timing` is given");
    visit.number("activate_command_cycles", self.activate_command_cycles, Range<std::uint32_t>{1, 2},
                 "command bus cycles of an activation");
    visit.flag("row_command_bus", self.row_command_bus,
               "separate command bus for activations and precharges, as in HBM; false: one bus for all commands");
  }

  void check(const std::string& path, Problems& problems) const;
};

/// Minimum intervals between commands, by their JEDEC names, in cycles of the command clock. No effect at level fast.
/// Refresh times are in ns and separate.
struct DramTiming {
  std::uint32_t cl = 14;
  std::uint32_t cwl = 5;
  std::uint32_t rcd = 14;
  std::uint32_t rp = 14;
  std::uint32_t ras = 34;
  std::uint32_t rc = 48;
  std::uint32_t ccd_s = 2;
  std::uint32_t ccd_l = 4;
  std::uint32_t rrd_s = 4;
  std::uint32_t rrd_l = 6;
  std::uint32_t faw = 16;
  std::uint32_t wtr_s = 6;
  std::uint32_t wtr_l = 8;
  std::uint32_t rtw = 13;
  std::uint32_t wr = 16;
  std::uint32_t rtp = 5;
  std::uint32_t rrefd = 8;

  template <class Self, class Visitor>
  static void describe(Self& self, Visitor& visit) {
    const Range<std::uint32_t> cycles{1, 10000};
    visit.number("tCL_cycles", self.cl, cycles, "read to its first data");
    visit.number("tCWL_cycles", self.cwl, cycles, "write to its first data");
    visit.number("tRCD_cycles", self.rcd, cycles, "activation to read or write of the row");
    visit.number("tRP_cycles", self.rp, cycles, "precharge to activation of the bank");
    visit.number("tRAS_cycles", self.ras, cycles, "activation to precharge of the bank");
    visit.number("tRC_cycles", self.rc, cycles, "activation to activation of the bank");
    visit.number("tCCD_S_cycles", self.ccd_s, cycles, "read to read and write to write, in different bank groups");
    visit.number("tCCD_L_cycles", self.ccd_l, cycles, "the same, within a bank group");
    visit.number("tRRD_S_cycles", self.rrd_s, cycles, "activation to activation, in different bank groups");
    visit.number("tRRD_L_cycles", self.rrd_l, cycles, "the same, within a bank group");
    visit.number("tFAW_cycles", self.faw, cycles, "window with at most four activations");
    visit.number("tWTR_S_cycles", self.wtr_s, cycles, "last data of a write to a read in another bank group");
    visit.number("tWTR_L_cycles", self.wtr_l, cycles, "the same, within a bank group");
    visit.number("tRTW_cycles", self.rtw, cycles, "read to write");
    visit.number("tWR_cycles", self.wr, cycles, "last data of a write to precharge of the bank");
    visit.number("tRTP_cycles", self.rtp, cycles, "read to precharge of the bank");
    visit.number("tRREFD_cycles", self.rrefd, cycles,
                 "refresh of a bank to refresh or activation of another, with per-bank refresh");
  }

  void check(const std::string& path, Problems& problems) const;
};

enum class DramMapping {
  interleaved,    ///< bursts are interleaved across the channels as in address_order
  channel_ranges  ///< each channel has one contiguous address range
};
inline constexpr ChoiceTable<DramMapping, 2> dram_mappings{
    {{"interleaved", DramMapping::interleaved}, {"channel_ranges", DramMapping::channel_ranges}}};

enum class DramScheduler {
  fr_fcfs,  ///< ready commands first, then the oldest request
  fcfs      ///< each bank in order of arrival
};
inline constexpr ChoiceTable<DramScheduler, 2> dram_schedulers{
    {{"fr_fcfs", DramScheduler::fr_fcfs}, {"fcfs", DramScheduler::fcfs}}};

enum class DramPagePolicy {
  open,     ///< a row stays open until another one is needed
  closed,   ///< the last waiting access to a row closes it
  adaptive  ///< the last waiting access closes it only if a request waits for another row of the bank
};
inline constexpr ChoiceTable<DramPagePolicy, 3> dram_page_policies{
    {{"open", DramPagePolicy::open}, {"closed", DramPagePolicy::closed}, {"adaptive", DramPagePolicy::adaptive}}};

enum class DramRefresh {
  all_bank,  ///< all banks of a channel at once, every tREFI
  per_bank,  ///< one bank after another, each once per tREFI
  none
};
inline constexpr ChoiceTable<DramRefresh, 3> dram_refreshes{
    {{"all_bank", DramRefresh::all_bank}, {"per_bank", DramRefresh::per_bank}, {"none", DramRefresh::none}}};

/// Which channels refresh at the same time.
enum class DramRefreshPhase {
  together,               ///< all channels
  pseudo_channels_apart,  ///< the second of two pseudo-channels half an interval before the first
  apart                   ///< one after another, spread evenly over the interval
};
inline constexpr ChoiceTable<DramRefreshPhase, 3> dram_refresh_phases{
    {{"together", DramRefreshPhase::together},
     {"pseudo_channels_apart", DramRefreshPhase::pseudo_channels_apart},
     {"apart", DramRefreshPhase::apart}}};

/// Policies of the memory controller. No effect at level fast, except most_transactions.
struct DramPolicy {
  DramMapping mapping = DramMapping::interleaved;
  std::string address_order = "channel bank_group column bank row";
  bool xor_banks = false;
  bool xor_channels = false;
  DramScheduler scheduler = DramScheduler::fr_fcfs;
  DramPagePolicy page = DramPagePolicy::adaptive;
  DramRefresh refresh = DramRefresh::all_bank;
  DramRefreshPhase refresh_phase = DramRefreshPhase::together;
  std::uint32_t refreshes_postponed = 0;
  std::uint32_t queue_requests = 64;
  std::uint32_t write_drain_start = 56;
  std::uint32_t write_drain_stop = 8;
  std::uint32_t most_bypasses = 64;
  std::uint32_t most_transactions = 1024;

  template <class Self, class Visitor>
  static void describe(Self& self, Visitor& visit) {
    visit.choice("mapping", self.mapping, dram_mappings,
                 "interleaved: by address_order; channel_ranges: one address range per channel, in which address_order "
                 "applies without its channel");
    visit.text("address_order", self.address_order,
               "fields of a burst's address from the lowest bits: the words channel, bank_group, column and bank in "
               "any order, then row");
    visit.flag("xor_banks", self.xor_banks, "XOR bank and bank group with the lowest bits of the row");
    visit.flag("xor_channels", self.xor_channels, "XOR the channel with all address bits above it");
    visit.choice("scheduler", self.scheduler, dram_schedulers,
                 "fr_fcfs: ready commands first, then the oldest request; fcfs: each bank in order of arrival");
    visit.choice("page", self.page, dram_page_policies,
                 "open: a row stays open until another is needed; closed: the last waiting access to a row closes it; "
                 "adaptive: it does so only if a request waits for another row of the bank");
    visit.choice("refresh", self.refresh, dram_refreshes,
                 "all_bank: all banks of a channel together; per_bank: one bank at a time; none: never");
    visit.choice("refresh_phase", self.refresh_phase, dram_refresh_phases,
                 "together: all channels refresh at the same time; pseudo_channels_apart: the two pseudo-channels of a "
                 "channel half an interval apart; apart: one channel after another, so that a transfer over many "
                 "channels nearly always meets one in refresh");
    visit.number("refreshes_postponed", self.refreshes_postponed, Range<std::uint32_t>{0, 8},
                 "all_bank refreshes postponed while requests wait and made up for when none waits");
    visit.number("queue_requests", self.queue_requests, Range<std::uint32_t>{1, 4096},
                 "depth in bursts of a channel's read queue, and of its write queue");
    visit.number("write_drain_start", self.write_drain_start, Range<std::uint32_t>{1, 4096},
                 "queued writes at which reads stop and writes drain");
    visit.number("write_drain_stop", self.write_drain_stop, Range<std::uint32_t>{0, 4095},
                 "queued writes at which waiting reads resume");
    visit.number("most_bypasses", self.most_bypasses, Range<std::uint32_t>{1, 1000000},
                 "accesses to an open row that may overtake an older request of the same bank");
    visit.number("most_transactions", self.most_transactions, Range<std::uint32_t>{1, 1u << 20},
                 "maximum number of non-blocking transactions accepted but not yet answered; others wait for END_REQ. "
                 "At any level");
  }

  void check(const std::string& path, Problems& problems) const;
};

enum class DramEnergyModel {
  flat,        ///< pj_per_bit for each bit that a burst moves
  per_command  ///< by activations, reads, writes, refreshes and time
};
inline constexpr ChoiceTable<DramEnergyModel, 2> dram_energy_models{
    {{"flat", DramEnergyModel::flat}, {"per_command", DramEnergyModel::per_command}}};

/// Energy of the memory's commands.
struct DramEnergy {
  DramEnergyModel model = DramEnergyModel::flat;
  double pj_per_bit = 3.9;
  double activate_pj = 414;
  double read_pj = 402;
  double write_pj = 535;
  double refresh_pj = 30420;
  double refresh_bank_pj = 1901;
  double background_mw = 33;
  std::string source =
      "pj_per_bit: HBM2 access energy that the paper uses; commands: currents of DRAMsim3, array without I/O";

  template <class Self, class Visitor>
  static void describe(Self& self, Visitor& visit) {
    visit.choice(
        "model", self.model, dram_energy_models,
        "flat: pj_per_bit for each bit that a burst moves; per_command: the keys below it. Level detailed counts the "
        "commands; level fast assumes one activation for the bursts of each row and one refresh per tREFI");
    visit.number("pj_per_bit", self.pj_per_bit, Range<double>{0, 1e6},
                 "energy of each bit that a burst moves, with model flat");
    visit.number("activate_pj", self.activate_pj, Range<double>{0, 1e9}, "one activation and its precharge");
    visit.number("read_pj", self.read_pj, Range<double>{0, 1e9}, "one read burst");
    visit.number("write_pj", self.write_pj, Range<double>{0, 1e9}, "one write burst");
    visit.number("refresh_pj", self.refresh_pj, Range<double>{0, 1e9}, "one refresh of all banks of a channel");
    visit.number("refresh_bank_pj", self.refresh_bank_pj, Range<double>{0, 1e9}, "one refresh of one bank");
    visit.number("background_mw", self.background_mw, Range<double>{0, 1e6},
                 "constant power of one channel while a GeMM runs");
    visit.text("source", self.source, "source of the figures");
  }

  void check(const std::string& path, Problems& problems) const;
};

/// The external memory. The defaults are one HBM2 stack of 256 GB/s; configs/dram gives their sources and further
/// memories.
struct DramConfig {
  DramLevel level = DramLevel::fast;
  std::uint64_t capacity_bytes = std::uint64_t{8} << 30;
  std::uint32_t channels = 16;
  std::uint32_t channel_bits = 64;
  std::uint32_t burst_length = 4;
  double data_rate_bit_per_s = 2.0e9;
  double latency_ns = 38;
  double refresh_cycle_ns = 260;
  double refresh_bank_cycle_ns = 160;
  double refresh_interval_ns = 3900;
  bool store_data = false;
  bool dmi = false;  ///< grants DMI to stored data; only for platforms that use it, so not a key of configuration files
  /// Answers BEGIN_REQ with an END_REQ call, never with the return value, for initiators that ignore return values;
  /// only for such platforms, so not a key of configuration files.
  bool end_request_by_call = false;
  /// Reuses known behaviour of a channel, with exact results, instead of simulating it again. Not a property of the
  /// memory, so not a key of its section.
  bool fast_forward = true;
  std::string request_trace;
  DramOrganisation organisation;
  DramTiming timing;
  DramPolicy policy;
  DramEnergy energy;

  /// Bytes per burst of one channel, the smallest unit of transfer.
  std::uint32_t burst_bytes() const { return channel_bits / 8 * burst_length; }
  /// Peak bandwidth of all channels in bytes per second, before refresh.
  double peak_bytes_per_s() const { return channels * (channel_bits / 8.0) * data_rate_bit_per_s; }
  /// Fraction of time in which the banks are not in refresh.
  double available() const { return 1.0 - refresh_cycle_ns / refresh_interval_ns; }
  /// Frequency of the command clock, in whose cycles `timing` is given.
  double clock_hz() const { return data_rate_bit_per_s / organisation.beats_per_clock; }
  /// Cycles from an activation to the first data of a read of its row, by the timing rules alone.
  std::uint32_t access_cycles() const { return organisation.activate_command_cycles - 1 + timing.rcd + timing.cl; }
  /// Data-bus cycles of a burst.
  std::uint32_t burst_cycles() const { return burst_length / organisation.beats_per_clock; }

  template <class Self, class Visitor>
  static void describe(Self& self, Visitor& visit) {
    visit.choice("level", self.level, dram_levels,
                 "timing detail of the memory; fast: one data path with the bandwidth left by refresh; detailed: every "
                 "burst with banks, buses and refresh. The accelerator's is accelerator.level");
    visit.number("capacity_bytes", self.capacity_bytes, Range<std::uint64_t>{1u << 20, std::uint64_t{1} << 48},
                 "memory capacity");
    visit.number("channels", self.channels, Range<std::uint32_t>{1, 1024},
                 "independent (pseudo-)channels, interleaved burst by burst");
    visit.number("channel_bits", self.channel_bits, Range<std::uint32_t>{8, 1024},
                 "data pins per channel; a power of two");
    visit.number("burst_length", self.burst_length, Range<std::uint32_t>{1, 64},
                 "data beats per burst; a power of two");
    visit.number("data_rate_bit_per_s", self.data_rate_bit_per_s, Range<double>{1e6, 1e12}, "data rate of one pin");
    visit.number("latency_ns", self.latency_ns, Range<double>{0, 1e6},
                 "from a read request to its first data on an idle memory: row activation, column access, controller");
    visit.number("refresh_cycle_ns", self.refresh_cycle_ns, Range<double>{0, 1e6},
                 "tRFC: duration of an all-bank refresh");
    visit.number("refresh_bank_cycle_ns", self.refresh_bank_cycle_ns, Range<double>{0, 1e6},
                 "tRFCsb: duration of the refresh of one bank");
    visit.number("refresh_interval_ns", self.refresh_interval_ns, Range<double>{1, 1e9},
                 "tREFI: interval between refreshes");
    visit.flag("store_data", self.store_data,
               "store written data; false: only sizes are modelled, and a read leaves the initiator's data unchanged");
    visit.text("request_trace", self.request_trace,
               "file for all requests, burst by burst, with the memory's name before the extension: .stl for DRAMSys, "
               "one per channel; .trace for Ramulator; empty: none");
    visit.section("organisation", self.organisation, "structure of a channel; without effect at level fast");
    visit.section("timing", self.timing,
                  "minimum intervals between commands, by their JEDEC names; without effect at level fast");
    visit.section("policy", self.policy,
                  "policies of the memory controller; without effect at level fast, except most_transactions");
    visit.section("energy", self.energy, "energy of the memory's commands");
  }

  void check(const std::string& path, Problems& problems) const;
};

}  // namespace anda

#endif
