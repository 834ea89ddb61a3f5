// SPDX-License-Identifier: Apache-2.0
#include <anda/buffer/read_port.h>

#include <catch2/catch.hpp>

using anda::ReadPort;

TEST_CASE("A read port delivers an operand from its arrival on, at its width in words per clock") {
  // 5 words at two a clock, in a panel of cycle 10: 2 + 2 + 1 words in the clocks 10, 11 and 12.
  const std::uint64_t arrival = 10;
  ReadPort port;
  port.begin(2);
  CHECK(port.free());
  port.fetch(3, 5, arrival);
  CHECK_FALSE(port.free());
  for (std::uint64_t cycle = 0; cycle < 10; ++cycle) {
    CHECK(port.tick(cycle) == 0);
    CHECK_FALSE(port.busy());
  }
  CHECK(port.tick(10) == 2);
  CHECK(port.busy());
  CHECK(port.tick(11) == 2);
  CHECK_FALSE(port.ready(11));
  CHECK(port.tick(12) == 1);
  CHECK(port.ready(12));
  CHECK_FALSE(port.free());  // the register holds it until the array takes it
  CHECK(port.tick(13) == 0);
  port.take();
  CHECK(port.free());
  CHECK_FALSE(port.ready(13));
}

TEST_CASE("Slots of padding take a clock and deliver no words") {
  const std::uint64_t arrival = 0;
  ReadPort port;
  port.begin(1);
  port.fetch(3, 1, arrival);
  CHECK(port.tick(0) == 1);
  CHECK(port.tick(1) == 0);
  CHECK_FALSE(port.ready(1));
  CHECK(port.tick(2) == 0);
  CHECK(port.ready(2));
}

TEST_CASE("A port waits for the arrival of a requested panel that memory reports later") {
  std::uint64_t arrival = ~std::uint64_t{0};
  ReadPort port;
  port.begin(1);
  port.fetch(1, 1, arrival);
  CHECK(port.tick(5) == 0);
  arrival = 7;
  CHECK(port.tick(6) == 0);
  CHECK(port.tick(7) == 1);
}
