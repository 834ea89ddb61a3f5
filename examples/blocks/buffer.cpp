// SPDX-License-Identifier: Apache-2.0
// The activation buffer alone, as a scratchpad: one master writes one half at the DMA's socket while another reads
// the other half at the array's. The credits of the halves keep the two apart; debug access reaches the whole buffer.
#include <anda/buffer/activation_buffer.h>

#include <cstdio>

#include "memory.h"

int sc_main(int, char**) {
  anda::ActivationBufferConfig config;
  config.mantissa_bytes = 4096;
  config.word_bits = 128;           // 16 bytes per cycle in,
  config.read_words_per_cycle = 2;  // 32 bytes per cycle out
  const anda::Clock clock(1e9);
  anda::ActivationBuffer buffer("buffer", config, clock);
  anda::HalfCredits& credits = buffer.credits;
  const std::uint64_t half_bytes = config.half_address_bytes();
  constexpr std::size_t block = 1024;
  constexpr std::uint32_t blocks = 6;

  // Blocks written and read, which tell the full halves; the credits tell when a half became free.
  sc_core::sc_event changed("changed");
  std::uint32_t written = 0;
  std::uint32_t seen = 0;
  std::uint32_t wrong = 0;
  Master writer("writer", [&](Master& self) {
    for (; written < blocks; ++written) {
      const std::uint32_t half = written % 2;
      while (credits.free_from(half) == anda::HalfCredits::never) sc_core::wait(changed);
      std::vector<unsigned char> bytes(block, static_cast<unsigned char>(written + 1));
      credits.acquire(half);
      wrong += self.write(half * half_bytes, bytes.data(), block) ? 0U : 1U;
      changed.notify(sc_core::SC_ZERO_TIME);
    }
  });
  Master reader("reader", [&](Master& self) {
    for (; seen < blocks; ++seen) {
      while (written <= seen) sc_core::wait(changed);
      const std::uint32_t half = seen % 2;
      std::vector<unsigned char> bytes(block);
      wrong += self.read(half * half_bytes, bytes.data(), block) ? 0U : 1U;
      for (const unsigned char byte : bytes) wrong += byte != seen + 1 ? 1U : 0U;
      credits.release(half, clock.cycle_after(sc_core::SC_ZERO_TIME));
      changed.notify(sc_core::SC_ZERO_TIME);
    }
  });
  Master nobody("nobody", [](Master&) {});
  writer.socket.bind(buffer.dma);
  reader.socket.bind(buffer.array);
  nobody.socket.bind(buffer.results);
  sc_core::sc_start();

  std::vector<unsigned char> last(block);
  const std::uint64_t address = (blocks - 1) % 2 * half_bytes;
  if (!anda::debug_access(nobody.socket, tlm::TLM_READ_COMMAND, address, last.data(), block)) ++wrong;
  for (const unsigned char byte : last) wrong += byte != blocks ? 1U : 0U;
  // A block is 64 words: 64 cycles in, 32 out. Reading overlaps with writing except for the last block.
  const auto cycles = clock.cycle_after(sc_core::SC_ZERO_TIME);
  if (cycles != blocks * 64 + 32) ++wrong;
  std::printf("%u blocks through two halves in %llu cycles, %u wrong\n", seen, static_cast<unsigned long long>(cycles),
              wrong);
  return wrong != 0;
}
