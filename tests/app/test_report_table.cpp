// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <catch2/catch.hpp>
#include <sstream>

#include <anda/base/stall_cause.h>

#include "app/report_test_data.h"
#include "report/human.h"
#include "report/progress.h"
#include "report/table.h"
#include "report/text_grid.h"
#include "text/terminal.h"

using namespace anda::sim;

namespace {

std::string tables_of(const report_test::Run& run, const RunInfo& info = report_test::info(),
                      Tables which = Tables::details) {
  std::ostringstream out;
  print_tables(out, info, Evaluation(run.result, info.dram, info.technology), which);
  return out.str();
}

bool table_mentions(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

std::size_t widest_line(const std::string& text) {
  std::size_t widest = 0;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) widest = std::max(widest, columns_of(line));
  return widest;
}

}  // namespace

TEST_CASE("Numbers for people have four digits and their unit") {
  CHECK(si_text(std::uint64_t{0}, "") == "0");
  CHECK(si_text(std::uint64_t{999}, "") == "999");
  CHECK(si_text(std::uint64_t{1000}, "") == "1.000 k");
  CHECK(si_text(std::uint64_t{1234567890}, "") == "1.235 G");
  CHECK(si_text(0.0, "s") == "0 s");
  CHECK(si_text(4.2e-7, "s") == "420.0 ns");
  CHECK(si_text(999.96e-6, "s") == "1.000 ms");
  CHECK(si_text(0.0543, "W") == "54.30 mW");
  CHECK(si_text(1e-12, "s") == "0.001 ns");
  CHECK(human_text(std::uint64_t{999}, "bytes") == "999 B");
  CHECK(human_text(std::uint64_t{1024}, "bytes") == "1.024 kB");
  CHECK(human_text(std::uint64_t{5000000000}, "bytes") == "5.000 GB");
  CHECK(percent_text(0.97123) == "97.1 %");
  CHECK(percent_text(0.0) == "0.0 %");
  CHECK(percent_text(0.00001) == "<0.1 %");
  CHECK(percent_text(0.99999) == ">99.9 %");
  CHECK(percent_text(1.0) == "100.0 %");
  CHECK(ratio_text(2.4931) == "2.493×");
  CHECK(plain_text(MetricValue{}) == "n/a");
  CHECK(human_text(1.5e12, "pJ") == "1.500 J");
  CHECK(human_text(MetricValue{}, "s") == "n/a");
  CHECK(clock_text(59.6) == "1:00");
  CHECK(clock_text(3723) == "1:02:03");
}

TEST_CASE("Ratios that four digits show as 1 are neither good nor bad") {
  CHECK(ratio_ink(1.0004) == Ink::plain);
  CHECK(ratio_ink(0.9994) == Ink::bad);
  CHECK(ratio_ink(0.9996) == Ink::plain);
  CHECK(ratio_ink(1.001) == Ink::good);
  CHECK(ratio_ink(0.5) == Ink::bad);
  CHECK(ratio_ink(MetricValue{}) == Ink::plain);
}

TEST_CASE("Colours surround cells, not the space between them, and only on coloured streams") {
  TextGrid grid({"system", "speedup"});
  grid.title("all");
  grid.row({"anda", "2.000×"}, {Ink::plain, Ink::good});
  grid.row({"fp-fp", "1.000×"});
  std::ostringstream plain;
  grid.print(plain, 80);
  CHECK(plain.str() == "system  speedup\nall\nanda     2.000×\nfp-fp    1.000×\n");
  std::ostringstream coloured;
  set_colour(coloured, true);
  grid.print(coloured, 80);
  CHECK(coloured.str() ==
        "\x1b[1msystem\x1b[0m  \x1b[1mspeedup\x1b[0m\n\x1b[1mall\x1b[0m\nanda     \x1b[32m2.000×\x1b[0m\nfp-fp    "
        "1.000×\n");
  set_colour(coloured, false);
  coloured.str("");
  grid.print(coloured, 80);
  CHECK(coloured.str() == plain.str());
}

TEST_CASE("Texts are cut by characters, not bytes") {
  CHECK(shortened("short", 5) == "short");
  CHECK(shortened("µµµµµµ", 6) == "µµµµµµ");
  CHECK(shortened("µµµµµµ", 4) == "µµµ…");
  CHECK(shortened("a\nb\x1b", 10) == "a b ");
}

TEST_CASE("Columns of a grid are aligned whatever the bytes of a character") {
  TextGrid grid({"name", "two\nlines", "µs"});
  grid.row({"a", "1", "1000"});
  grid.title("a title");
  grid.row({"µµµµµµ", "23", "4"});
  std::ostringstream out;
  grid.print(out);
  CHECK(out.str() ==
        "          two\n"
        "name    lines    µs\n"
        "a           1  1000\n"
        "a title\n"
        "µµµµµµ     23     4\n");
}

TEST_CASE("Columns that do not fit follow below, next to the first one") {
  TextGrid grid({"name", "one", "two", "three"});
  grid.title("a title");
  grid.row({"abc", "1", "22", "333"});
  const auto printed = [&grid](std::size_t columns) {
    std::ostringstream out;
    grid.print(out, columns);
    return out.str();
  };
  CHECK(printed(21) == "name  one  two  three\na title\nabc     1   22    333\n");
  CHECK(printed(20) ==
        "name  one  two\na title\nabc     1   22\n"
        "\n"
        "name  three\na title\nabc     333\n");
  CHECK(printed(1) ==
        "name  one\na title\nabc     1\n\nname  two\na title\nabc    22\n\nname  three\na title\nabc     333\n");
}

TEST_CASE("Text wraps between words") {
  CHECK(wrapped("note: one two three", 9, "  ") == "note: one\n  two\n  three");
  CHECK(wrapped("µµµ µµµ", 7) == "µµµ µµµ");
  CHECK(wrapped("µµµ µµµ", 6) == "µµµ\nµµµ");
  CHECK(wrapped("a_long_word b", 4) == "a_long_word\nb");
  CHECK(wrapped("", 4).empty());
}

TEST_CASE("The summary has a row for each system and the ratios, and no tensors") {
  const std::string text = tables_of(report_test::run(4), report_test::info(), Tables::summary);
  INFO(text);
  CHECK(table_mentions(text, "by hand · two tensors · level fast\n"));
  CHECK(table_mentions(text, "460.0 µs"));
  CHECK(table_mentions(text, "against fp-fp"));
  CHECK_FALSE(table_mentions(text, "A_qkv"));
  CHECK_FALSE(table_mentions(text, "power (mW)"));
  CHECK(tables_of(report_test::run(4)).compare(0, text.size(), text) == 0);
}

TEST_CASE("The tables show tensors, totals, stalls that occur, components and ratios") {
  const std::string text = tables_of(report_test::run(4));
  INFO(text);
  CHECK(table_mentions(text, "by hand · two tensors · level fast\n"));
  CHECK(table_mentions(text, "fp-fp (baseline)\n"));
  CHECK(table_mentions(text, "  A_qkv"));
  CHECK(table_mentions(text, "  total"));
  CHECK(table_mentions(text, "460.0 µs"));
  CHECK(table_mentions(text, "1.870×"));
  CHECK(table_mentions(text, "against fp-fp"));
  // Units stand once, in the heading.
  CHECK(table_mentions(text, "power (mW)"));
  CHECK_FALSE(table_mentions(text, " mW"));
  CHECK(widest_line(text) <= 120);
  CHECK(text.back() == '\n');
  CHECK_FALSE(table_mentions(text, "\x1b"));
}

TEST_CASE("A cause of stalls that never occurs has no column") {
  report_test::Run run = report_test::run(2);
  CHECK(table_mentions(tables_of(run), "buffer"));
  const auto without = [](Counts& counts) { counts[2] = 0; };
  for (SystemResult& system : run.result.systems) {
    without(system.totals);
    for (auto& [tensor, counts] : system.tensors) without(counts);
  }
  const std::string text = tables_of(run);
  CHECK_FALSE(table_mentions(text, "full"));
  CHECK(table_mentions(text, "stall"));
}

TEST_CASE("Many systems, long names and every cause of stalls fit in 120 columns") {
  report_test::Run run = report_test::run(3);
  run.result.inference.emplace();
  for (const anda::StallCause& cause : anda::stall_causes) {
    const auto& counters = run.result.counters;
    if (std::any_of(counters.begin(), counters.end(), [&](const auto& known) { return known.name == cause.counter; })) {
      continue;
    }
    run.result.counters.push_back({cause.counter, anda::stall_unit, "waits"});
    for (SystemResult& system : run.result.systems) {
      system.totals.push_back(1);
      for (auto& [tensor, counts] : system.tensors) counts.push_back(1);
    }
  }
  SystemResult& second = run.result.systems[1];
  second.name = "a-system-with-a-long-name";
  for (std::uint64_t& count : second.totals) count = 18446744073709551615u / 4096;
  second.tensors[0].first = "a_tensor_of_a_long_name";
  while (second.tensors.size() < 100) {
    second.tensors.emplace_back("t" + std::to_string(second.tensors.size()), second.tensors[0].second);
  }
  RunInfo info = report_test::info();
  info.name = std::string(300, 'n');
  const std::string text = tables_of(run, info);
  INFO(text);
  CHECK(widest_line(text) <= 120);
  CHECK(table_mentions(text, "… and 84 more, see report.json"));
}

TEST_CASE("One system alone has no ratios") {
  report_test::Run run = report_test::run(1);
  run.result.systems.pop_back();
  const std::string text = tables_of(run);
  CHECK_FALSE(table_mentions(text, "speedup"));
  CHECK_FALSE(table_mentions(text, "baseline"));
}

TEST_CASE("A trace without rows prints n/a rather than numbers") {
  CHECK(table_mentions(tables_of(report_test::run(0)), "n/a"));
}

TEST_CASE("The progress bar prints ten times a second at most, and only on a terminal") {
  std::ostringstream out;
  const auto start = ProgressBar::Clock::now();
  {
    ProgressBar bar("run", out, ProgressBar::Style::bar);
    for (int ms = 0; ms < 1000; ms += 10) bar.update(ms / 1000.0, start + std::chrono::milliseconds(ms + 1));
  }
  const std::string text = out.str();
  std::size_t prints = 0;
  for (std::size_t at = text.find("elapsed"); at != std::string::npos; at = text.find("elapsed", at + 1)) ++prints;
  CHECK(prints >= 9);
  CHECK(prints <= 10);
  CHECK(text.substr(text.size() - 4) == "\r\x1b[K");

  std::ostringstream file;
  ProgressBar quiet("run", file, ProgressBar::Style::none);
  quiet.update(0.5, start + std::chrono::seconds(10));
  quiet.clear();
  CHECK(file.str().empty());
}

TEST_CASE("The progress bar shows percent, elapsed time and time left") {
  CHECK(ProgressBar::line("LLaMA-13B", 0.5, 30) ==
        "LLaMA-13B  [###############               ]  50 %  0:30 elapsed, 0:30 left");
  CHECK(ProgressBar::line("x", 0, 2) == "x  [                              ]   0 %  0:02 elapsed");
  CHECK(ProgressBar::line("x", 2, 2) == "x  [##############################] 100 %  0:02 elapsed, 0:00 left");
}

TEST_CASE("The progress bar is shorter than a line of any terminal") {
  for (std::size_t columns = 0; columns < 130; ++columns) {
    for (const double done : {0.0, 0.001, 0.37, 1.0}) {
      const std::string line = ProgressBar::line("LLaMA-13B with a very long name", done, 4000, columns);
      CAPTURE(columns, line);
      CHECK(columns_of(line) <= (columns == 0 ? 0 : columns - 1));
      CHECK((columns < 6 || line.find('%') != std::string::npos));
    }
  }
  CHECK(ProgressBar::line("LLaMA-13B", 0.5, 30, 60) == "LLaMA-13B  [#######        ]  50 %  0:30 elapsed, 0:30 left");
}

TEST_CASE("Progress for programs is written in lines") {
  std::ostringstream out;
  const auto start = ProgressBar::Clock::now();
  {
    ProgressBar bar("run", out, ProgressBar::Style::lines);
    bar.update(0.25, start + std::chrono::milliseconds(1));
    bar.update(0.3, start + std::chrono::milliseconds(2));
    bar.update(1.5, start + std::chrono::milliseconds(500));
  }
  CHECK(out.str() == "progress 0.2500\nprogress 1.0000\n");
}
