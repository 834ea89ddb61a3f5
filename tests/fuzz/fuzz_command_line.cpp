// SPDX-License-Identifier: Apache-2.0
// The arguments of a command, a line each.

#include <boost/program_options.hpp>
#include <vector>

#include "cli/command_line.h"
#include "fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::vector<std::string> args(1);
  for (const char c : fuzz::text_of(data, size)) {
    if (c == '\n') {
      args.emplace_back();
    } else {
      args.back() += c;
    }
  }
  namespace po = boost::program_options;
  po::options_description options("Options");
  options.add_options()("set", po::value<std::string>(), "")("out,o", po::value<std::string>(), "")("quiet,q", "");
  fuzz::must_take_or_refuse([&] {
    const anda::sim::CommandLine line("anda-sim fuzz", options, args, {1, {"set"}});
    line.number("out", 1, 10);
  });
  return 0;
}
