// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <new>
#include <string>
#include <string_view>
#include <systemc>
#include <vector>

#include <anda/base/error.h>

#include "cli/cache_command.h"
#include "cli/compare_command.h"
#include "cli/config_command.h"
#include "cli/evaluate_command.h"
#include "cli/glossary_command.h"
#include "cli/registers_command.h"
#include "cli/run_command.h"
#include "cli/search_command.h"
#include "cli/trace_command.h"
#include "text/characters.h"
#include "text/nearest.h"
#include "text/text.h"

namespace {

constexpr int exit_failed = 1;
constexpr int exit_wrong_input = 2;

struct Command {
  const char* name;
  const char* meaning;
  int (*run)(const std::vector<std::string>& args, std::ostream& out);
};

constexpr Command commands[] = {
    {"run", "simulate a configuration and report cycles, energy and area", anda::sim::run_command},
    {"compare", "set systems against each other on a list of models", anda::sim::compare_command},
    {"search", "find the mantissa lengths that cost least within a loss of accuracy", anda::sim::search_command},
    {"cache", "look after the results of simulated GeMMs that are kept", anda::sim::cache_command},
    {"config", "print the effective configuration, or check one", anda::sim::config_command},
    {"trace", "write the GeMMs of a language model as a trace", anda::sim::trace_command},
    {"evaluate", "measure the perplexity of a language model with activations in Anda format",
     anda::sim::evaluate_command},
    {"glossary", "print what each number of the reports means", anda::sim::glossary_command},
    {"registers", "print the registers and descriptors that software sees", anda::sim::registers_command},
};

void print_help(std::ostream& out) {
  out << "Usage: anda-sim COMMAND [arguments]\n\nSimulates the Anda LLM accelerator and its baselines.\n\nCommands:\n";
  for (const Command& command : commands) {
    out << "  " << command.name << std::string(12 - std::string(command.name).size(), ' ') << command.meaning << "\n";
  }
  out << "\nanda-sim COMMAND --help tells more. Exit status: 0 done, 1 the run failed, 2 the input is wrong.\n"
         "anda-sim --version prints the version.\n";
}

int dispatch(const std::vector<std::string>& args) {
  const std::string name = args.empty() ? "" : args.front();
  if (name == "--help" || name == "-h" || name == "help") {
    print_help(std::cout);
    return 0;
  }
  if (name == "--version") {
    std::cout << "anda-sim " ANDA_VERSION "\n";
    return 0;
  }
  std::vector<std::string> names;
  for (const Command& command : commands) {
    if (name == command.name) return command.run({args.begin() + 1, args.end()}, std::cout);
    names.emplace_back(command.name);
  }
  if (name.empty()) {
    print_help(std::cerr);
    return exit_wrong_input;
  }
  throw anda::Error::input("anda-sim: unknown command " + anda::sim::shown(name) +
                           anda::sim::did_you_mean(name, names) + " (anda-sim --help shows the commands)");
}

/// Words of the C++ library and of the SystemC kernel, which come as a text from the processes of a simulation.
bool tells_of_memory(const std::string& message) {
  return message == std::bad_alloc().what() || message.find("failed to allocate stack memory") != std::string::npos;
}

int failed(const std::string& message) {
  std::cerr << "error: " << (tells_of_memory(message) ? "out of memory" : anda::sim::for_terminal(message)) << "\n";
  return exit_failed;
}

/// Where memory is so short that not even an exception can be told of.
[[noreturn]] void end_without_memory() {
  try {
    if (const std::exception_ptr error = std::current_exception()) std::rethrow_exception(error);
  } catch (const std::bad_alloc&) {
    constexpr std::string_view message = "error: out of memory\n";
    static_cast<void>(::write(STDERR_FILENO, message.data(), message.size()) > 0);
    ::_exit(exit_failed);
  } catch (...) {  // a fault of the program, which a debugger shall see
  }
  std::abort();
}

/// What runs before the constructors of the libraries, one of which (SystemC's) takes memory.
[[gnu::section(".preinit_array"), gnu::used]] void (*const before_libraries)() = [] {
  std::set_terminate(end_without_memory);
};

}  // namespace

int sc_main(int argc, char* argv[]) {
  try {
    const int status = dispatch({argv + 1, argv + argc});
    if (!std::cout.flush()) throw anda::Error::run("cannot write to the standard output");
    return status;
  } catch (const anda::Error& error) {
    if (error.kind() == anda::Error::Kind::run) return failed(error.what());
    std::cerr << "error: " << anda::sim::for_terminal(error.what()) << "\n";
    return exit_wrong_input;
  } catch (const std::bad_alloc&) {
    return failed("out of memory");
  } catch (const std::exception& error) {
    return failed(error.what());
  }
}

// In place of the library's main, to have the kernel's banner silenced.
int main(int argc, char* argv[]) {
  // A limit of file sizes is an error of the write, as a full disk is.
  std::signal(SIGXFSZ, SIG_IGN);
  setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 1);
  return sc_core::sc_elab_and_sim(argc, argv);
}
