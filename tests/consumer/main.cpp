// SPDX-License-Identifier: Apache-2.0
// A user's SystemC program with habits of its own: nested modules with odd names, a time resolution, a global quantum
// and a report handler of its own, pauses, and sc_stop at the end. It prints one line, and nothing else may be printed.
#include <anda/accelerator/accelerator.h>
#include <anda/accelerator/tiling.h>
#include <anda/base/access.h>
#include <anda/dram/dram.h>
#include <tlm_utils/simple_initiator_socket.h>

#include <cstdio>
#include <string>

namespace {

int reports = 0;

void count_report(const sc_core::sc_report& report, const sc_core::sc_actions& actions) {
  if (actions == sc_core::SC_DO_NOTHING) return;
  ++reports;
  std::fprintf(stderr, "%s: %s\n", report.get_msg_type(), report.get_msg());
}

/// A machine with its memory and a program that runs one GeMM.
struct Tile : sc_core::sc_module {
  tlm_utils::simple_initiator_socket<Tile> control;
  anda::Accelerator accelerator;
  anda::Dram memory;
  sc_core::sc_signal<bool> interrupt;
  std::uint32_t cycles = 0;

  Tile(sc_core::sc_module_name name, const anda::AcceleratorConfig& config)
      : sc_module(name), control("42"), accelerator("1 x", config), memory("mem[0]", {}), interrupt("irq/line") {
    SC_HAS_PROCESS(Tile);
    SC_THREAD(program);
    control.bind(accelerator.control);
    accelerator.memory.bind(memory.socket);
    accelerator.interrupt.bind(interrupt);
  }

  void program() {
    const anda::AcceleratorConfig& config = accelerator.config();
    anda::GemmDescriptor gemm{100, 200, 3000, 7, 0, 4, {}, {0, 1 << 24, 1 << 25, 1 << 26}};
    const anda::GemmTask task{gemm.m, gemm.n, gemm.k, {7, 64}, {0, 64}, {4, 128}};
    gemm.step = anda::choose_step(anda::Tiling::automatic, config, task);
    auto words = gemm.encode();
    access(tlm::TLM_WRITE_COMMAND, ANDA_INSTRUCTION_MEMORY, words.data(), sizeof words);
    write(ANDA_REG_INTERRUPT_ENABLE, ANDA_INTERRUPT_ENABLE_DONE);
    write(ANDA_REG_DESCRIPTOR_COUNT, 1);
    write(ANDA_REG_CONTROL, ANDA_CONTROL_START);
    wait(interrupt.posedge_event());
    access(tlm::TLM_READ_COMMAND, ANDA_COUNTER_CYCLES, &cycles, sizeof cycles);
    sc_core::sc_pause();
  }

  void write(std::uint64_t offset, std::uint32_t value) { access(tlm::TLM_WRITE_COMMAND, offset, &value, 4); }
  void access(tlm::tlm_command command, std::uint64_t offset, void* data, std::size_t bytes) {
    sc_core::sc_time delay;
    if (anda::access(control, command, offset, data, bytes, delay) != tlm::TLM_OK_RESPONSE) ++reports;
  }
};

struct Cluster : sc_core::sc_module {
  Tile first;
  Tile second;

  Cluster(sc_core::sc_module_name name, const anda::AcceleratorConfig& a, const anda::AcceleratorConfig& b)
      : sc_module(name), first("tile", a), second("tile_é", b) {}
};

}  // namespace

int sc_main(int, char**) {
  sc_core::sc_report_handler::set_handler(count_report);
  sc_core::sc_set_time_resolution(100, sc_core::SC_FS);
  // What the kernel says of the blanks in these names and of sc_stop().
  sc_core::sc_report_handler::set_actions("illegal characters", sc_core::SC_DO_NOTHING);
  sc_core::sc_report_handler::set_actions("/OSCI/SystemC", sc_core::SC_DO_NOTHING);
  tlm::tlm_global_quantum::instance().set(sc_core::sc_time(1, sc_core::SC_US));
  anda::AcceleratorConfig clocked;
  clocked.level = anda::Level::cycle;
  Cluster left("cluster-0", {}, clocked);
  Cluster right("cluster 1", clocked, {});

  Tile* const tiles[] = {&left.first, &left.second, &right.first, &right.second};
  bool finished = false;
  while (!finished) {
    sc_core::sc_start(sc_core::sc_time(777, sc_core::SC_NS));
    finished = true;
    for (const Tile* tile : tiles) finished = finished && tile->cycles != 0;
  }
  sc_core::sc_stop();
  std::printf("%u %u %u %u cycles, %d reports\n", tiles[0]->cycles, tiles[1]->cycles, tiles[2]->cycles,
              tiles[3]->cycles, reports);
  return 0;
}
