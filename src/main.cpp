// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <algorithm>
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
#include "text/terminal.h"
#include "text/text.h"

namespace {

constexpr int exit_failed = 1;
constexpr int exit_wrong_input = 2;

constexpr const char* color_option = "--color";

/// Takes --color WHEN, which stands before or after any command, out of the arguments and does what it says: colours
/// the standard output and the standard error, each where it is a terminal, always, or never.
void choose_colour(std::vector<std::string>& args) {
  std::string when = "auto";
  for (auto arg = args.begin(); arg != args.end();) {
    const std::string prefix = std::string(color_option) + "=";
    if (arg->compare(0, prefix.size(), prefix) == 0) {
      when = arg->substr(prefix.size());
    } else if (*arg == color_option) {
      arg = args.erase(arg);
      if (arg == args.end()) throw anda::Error::input("anda-sim: option --color needs auto, always or never");
      when = *arg;
    } else {
      ++arg;
      continue;
    }
    arg = args.erase(arg);
  }
  const std::vector<std::string> known{"auto", "always", "never"};
  if (std::find(known.begin(), known.end(), when) == known.end()) {
    throw anda::Error::input("anda-sim: option --color is " + anda::sim::shown(when) +
                             ", must be auto, always or never" + anda::sim::did_you_mean(when, known));
  }
  const auto wanted = [&when](int descriptor) {
    return when == "always" || (when == "auto" && anda::sim::wants_colour(descriptor));
  };
  anda::sim::set_colour(std::cout, wanted(STDOUT_FILENO));
  anda::sim::set_colour(std::cerr, wanted(STDERR_FILENO));
}

void print_error(const std::string& message) {
  std::cerr << anda::sim::inked("error:", anda::sim::Ink::error, std::cerr) << " " << anda::sim::for_terminal(message)
            << "\n";
}

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
  print_error(tells_of_memory(message) ? "out of memory" : message);
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
    anda::sim::set_colour(std::cerr, anda::sim::wants_colour(STDERR_FILENO));  // for an error of --color itself
    std::vector<std::string> args{argv + 1, argv + argc};
    choose_colour(args);
    const int status = dispatch(args);
    if (!std::cout.flush()) throw anda::Error::run("cannot write to the standard output");
    return status;
  } catch (const anda::Error& error) {
    if (error.kind() == anda::Error::Kind::run) return failed(error.what());
    print_error(error.what());
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
