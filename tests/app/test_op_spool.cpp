// SPDX-License-Identifier: Apache-2.0
#include "system/op_spool.h"

#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <random>
#include <set>
#include <vector>

#include "app/trace_test_files.h"
#include "files/bytes.h"

using namespace anda::sim;
using trace_test::Folder;

namespace {

std::mt19937_64 random_numbers(7);

std::uint64_t any_number() { return random_numbers() >> (random_numbers() % 64); }

std::uint32_t any_small() { return static_cast<std::uint32_t>(any_number()); }

OpRecord any_record(std::uint64_t index) {
  OpRecord record;
  record.index = index;
  record.gemm = {std::string(random_numbers() % 40, 'n'),
                 any_small(),
                 "A" + std::to_string(random_numbers() % 3),
                 any_number(),
                 any_number(),
                 any_number(),
                 any_number(),
                 any_small()};
  record.task = {any_small(), any_small(), any_small(), {any_small(), any_small()}, {any_small(), any_small()}, {}};
  record.step = {any_small(), any_small(), any_small(), anda::LoopOrder::mnk};
  for (int i = 0; i < 50; ++i) record.counts.push_back(any_number());
  if (random_numbers() % 4 == 0) record.errors = DataErrors{0.1, 1e-300, 3, any_number(), 5, 6, 7, 8, 9, any_number()};
  return record;
}

bool same(const OpRecord& a, const OpRecord& b) {
  const auto numbers = [](const OpRecord& r) {
    return std::vector<std::uint64_t>{r.index,
                                      r.gemm.layer,
                                      r.gemm.m,
                                      r.gemm.n,
                                      r.gemm.k,
                                      r.gemm.count,
                                      r.gemm.weight_bits,
                                      r.task.m,
                                      r.task.n,
                                      r.task.k,
                                      r.task.input.mantissa_bits,
                                      r.task.input.group_size,
                                      r.task.output.mantissa_bits,
                                      r.task.output.group_size,
                                      r.task.weights.bits,
                                      r.task.weights.scale_group,
                                      r.step.m,
                                      r.step.n,
                                      r.step.k,
                                      static_cast<std::uint64_t>(r.step.order)};
  };
  if (numbers(a) != numbers(b) || a.gemm.name != b.gemm.name || a.gemm.tensor != b.gemm.tensor) return false;
  if (a.counts != b.counts || a.errors.has_value() != b.errors.has_value()) return false;
  return !a.errors ||
         (a.errors->signal == b.errors->signal && a.errors->noise == b.errors->noise &&
          a.errors->dot_overflows == b.errors->dot_overflows && a.errors->zeroed_outputs == b.errors->zeroed_outputs);
}

}  // namespace

TEST_CASE("Records leave the spool unchanged, with the number of their kind") {
  const Folder folder;
  // Some kinds more than are kept apart, and each of them several times.
  std::vector<OpRecord> kinds;
  for (std::size_t i = 0; i < OpSpool::most_kinds + 5; ++i) kinds.push_back(any_record(0));
  OpSpool spool(folder.path());
  std::vector<std::pair<OpRecord, std::size_t>> expected;
  for (std::uint64_t i = 0; i < 3 * kinds.size(); ++i) {
    const std::size_t kind = i < kinds.size() ? i : random_numbers() % kinds.size();
    OpRecord record = kinds[kind];
    record.index = any_number();
    record.gemm.name = std::string(random_numbers() % 300, 'x');
    record.gemm.layer = any_small();
    spool.add(record);
    expected.emplace_back(record, kind < OpSpool::most_kinds ? kind : OpSpool::no_kind);
  }
  CHECK(folder.files() == 0);  // it has no name

  spool.rewind();
  OpRecord record;
  std::size_t kind = 0;
  std::size_t wrong = 0;
  for (const auto& [wanted, of] : expected) {
    if (!spool.next(record, kind) || !same(record, wanted) || kind != of) ++wrong;
  }
  CHECK(wrong == 0);
  CHECK_FALSE(spool.next(record, kind));
}

TEST_CASE("Another process may have written a spool") {
  const Folder folder;
  OpSpool spool(folder.path());
  const OpRecord first = any_record(1);
  const OpRecord second = any_record(2);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    spool.add(first);
    spool.add(second);
    ::_exit(spool.finish() == 2 ? 0 : 1);
  }
  int status = 1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(status == 0);
  spool.adopt(2);
  spool.rewind();
  OpRecord record;
  std::size_t kind = 0;
  REQUIRE(spool.next(record, kind));
  CHECK(same(record, first));
  REQUIRE(spool.next(record, kind));
  CHECK(same(record, second));
  CHECK(kind == 1);
  CHECK_FALSE(spool.next(record, kind));
}

TEST_CASE("Damaged records are an error of the reader") {
  std::string bytes;
  ByteWriter out(bytes);
  const std::uint64_t numbers[] = {0, 1, 127, 128, 16383, 16384, ~std::uint64_t{0}};
  for (const std::uint64_t number : numbers) out.put(number);
  out.put(std::string("text"));
  out.put_raw(0.1);
  ByteReader in(bytes);
  for (const std::uint64_t number : numbers) CHECK(in.get() == number);
  std::string text;
  double real = 0;
  in.get(text);
  in.get_raw(real);
  CHECK(text == "text");
  CHECK(real == 0.1);
  CHECK(in.at_end());
  CHECK_THROWS_AS(in.get(), anda::Error);

  CHECK_THROWS_AS(ByteReader(std::string(11, '\xff')).get(), anda::Error);  // more than 64 bits
  const std::string short_text = std::string("\x05") + "abcd";
  CHECK_THROWS_AS(ByteReader(short_text).get(text), anda::Error);
  CHECK_THROWS_AS(ByteReader("1234567").get_raw(real), anda::Error);
}
