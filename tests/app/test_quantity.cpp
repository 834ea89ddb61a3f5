// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "text/quantity.h"

using namespace anda::sim;

// tests/python/test_scalar.py compares more of them with the scripts' own reader.
TEST_CASE("A number with a unit is in the unit of its key") {
  CHECK(quantity_text("2MiB", "bytes") == std::string("2097152"));
  CHECK(quantity_text("2 MB", "max_burst_bytes") == std::string("2000000"));
  CHECK(quantity_text("1.5GHz", "clock_hz") == std::string("1500000000"));
  CHECK(quantity_text("3.9pJ", "pj_per_bit") == std::string("3.9"));
  CHECK(quantity_text("3.9pJ/bit", "pj_per_bit") == std::string("3.9"));
  CHECK(quantity_text("0.3us", "latency_ns") == std::string("300"));
  CHECK(quantity_text("0.1ns", "latency_ns") == std::string("0.1"));
  CHECK(quantity_text("2Gbit/s", "data_rate_bit_per_s") == std::string("2000000000"));
  CHECK(quantity_text("0.41mm²", "area_mm2") == std::string("0.41"));
}

TEST_CASE("A unit that does not fit the key is not accepted") {
  for (const char* text : {"2097152", "2GHz", "2", "MiB", "2Mi", "-", "", "2 M iB", "1e3KB", "2MiBx", "0x2MiB"}) {
    CAPTURE(text);
    CHECK_FALSE(quantity_text(text, "bytes"));
  }
  CHECK_FALSE(quantity_text("2MiB", "rows"));
  CHECK(unit_of_key("rows").empty());
  CHECK(unit_of_key("refresh_interval_ns") == "ns");
  CHECK(unit_of_key("fill_cycles") == "cycles");
  CHECK_FALSE(takes_unit("fill_cycles"));
}
