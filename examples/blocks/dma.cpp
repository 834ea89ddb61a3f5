// SPDX-License-Identifier: Apache-2.0
// The DMA alone, under a custom program: it copies operands from a memory into two buffers and results back, with
// several outstanding transactions of 256 bytes.
#include <anda/buffer/activation_buffer.h>
#include <anda/buffer/weight_buffer.h>
#include <anda/dma/dma.h>

#include <algorithm>
#include <cstdio>
#include <numeric>

#include "memory.h"

namespace {

anda::Transfer transfer(anda::Operand operand, std::uint64_t memory, std::uint64_t bytes, std::uint64_t buffer) {
  anda::Transfer transfer;
  transfer.operand = operand;
  transfer.store = operand == anda::Operand::results;
  transfer.memory = {memory, bytes};
  transfer.address = buffer;
  transfer.words.data = bytes / 128;  // 1024-bit words of the buffers, for their counters
  return transfer;
}

}  // namespace

int sc_main(int, char**) {
  anda::Clock clock(285e6);
  anda::DmaConfig config;
  config.max_burst_bytes = 256;
  config.requests_in_flight = 2;
  anda::Dma dma("dma", config, clock, true);
  anda::ActivationBuffer activations("activations", {}, clock);
  anda::WeightBuffer weights("weights", {}, clock);
  Memory memory("memory", 1 << 16);
  std::iota(memory.bytes.begin(), memory.bytes.begin() + 8192, static_cast<unsigned char>(1));
  dma.memory.bind(memory.socket);
  dma.activation_buffer.bind(activations.dma);
  dma.weight_buffer.bind(weights.dma);
  dma.activation_credits.bind(activations.credits);
  dma.weight_credits.bind(weights.credits);

  // Nothing computes here: the array's ports have idle masters.
  Master array("array", [](Master&) {});
  Master array_weights("array_weights", [](Master&) {});
  Master results("results", [](Master&) {});
  array.socket.bind(activations.array);
  array_weights.socket.bind(weights.array);
  results.socket.bind(activations.results);

  std::uint64_t activations_arrived = 0;
  std::uint64_t weights_arrived = 0;
  sc_core::sc_spawn([&] {
    clock.begin();
    dma.begin();
    dma.load(transfer(anda::Operand::activations, 0, 4096, 512), 0, &activations_arrived);
    dma.load(transfer(anda::Operand::weights, 4096, 4096, 0), 0, &weights_arrived);
    dma.store(transfer(anda::Operand::results, 32768, 4096, 512), 0);
    dma.finish(dma.idle_from());
  });
  sc_core::sc_start();

  std::vector<unsigned char> seen(4096);
  bool good = anda::debug_access(array_weights.socket, tlm::TLM_READ_COMMAND, 0, seen.data(), seen.size()) &&
              std::equal(seen.begin(), seen.end(), memory.bytes.begin() + 4096) &&
              std::equal(memory.bytes.begin(), memory.bytes.begin() + 4096, memory.bytes.begin() + 32768);
  // 16 transactions of 256 bytes, two at a time: each pair takes 20 ns, 6 cycles of 3.5 ns, so 8 pairs take 48.
  good = good && activations_arrived == 48 && weights_arrived == 96;
  std::printf("activations in cycle %llu, weights in cycle %llu, %s\n",
              static_cast<unsigned long long>(activations_arrived), static_cast<unsigned long long>(weights_arrived),
              good ? "all bytes in place" : "wrong");
  return good ? 0 : 1;
}
