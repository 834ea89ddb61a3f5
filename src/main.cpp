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

#include "cli/commands.h"
#include "text/characters.h"
#include "text/nearest.h"
#include "text/text.h"

namespace {

constexpr int exit_failed = 1;
constexpr int exit_wrong_input = 2;

int dispatch(const std::vector<std::string>& args) {
  const std::string name = args.empty() ? "" : args.front();
  if (name == "help" && args.size() == 2) return dispatch({args[1], "--help"});
  if (name == "--help" || name == "-h" || name == "help") {
    anda::sim::print_overview(std::cout);
    return 0;
  }
  if (name == "--version") {
    std::cout << "anda-sim " ANDA_VERSION "\n";
    return 0;
  }
  std::vector<std::string> names;
  for (const anda::sim::Command& command : anda::sim::commands()) {
    if (name == command.name) return command.run({args.begin() + 1, args.end()}, std::cout);
    names.emplace_back(command.name);
  }
  if (name.empty()) {
    anda::sim::print_overview(std::cerr);
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
