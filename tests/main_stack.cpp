// SPDX-License-Identifier: Apache-2.0
// With the address sanitizer only. SystemC tells it of switches between stacks, but gives no bounds for the stack that
// sc_main runs on, and says nothing where a process ends. The sanitizer would then take an exception in sc_main for one
// on another stack, and the marks of the frames that it leaves would show as errors of later ones. Here both are put
// in.
#ifdef __SANITIZE_ADDRESS__
#include <algorithm>
#include <cstddef>
#include <dlfcn.h>
#include <pthread.h>
#include <sanitizer/common_interface_defs.h>
#include <vector>

namespace {

struct Stack {
  const char* bottom = nullptr;
  std::size_t bytes = 0;

  bool holds(const void* address) const { return address >= bottom && address < bottom + bytes; }
};

Stack find_main_stack() {
  pthread_attr_t attributes;
  if (pthread_getattr_np(pthread_self(), &attributes) != 0) return {};
  void* bottom = nullptr;
  Stack stack;
  pthread_attr_getstack(&attributes, &bottom, &stack.bytes);
  pthread_attr_destroy(&attributes);
  stack.bottom = static_cast<const char*>(bottom);
  return stack;
}

/// Those that were switched to, the main one first.
std::vector<Stack>& stacks() {
  static std::vector<Stack> stacks{find_main_stack()};
  return stacks;
}

}  // namespace

extern "C" void __sanitizer_start_switch_fiber(void** fake_stack, const void* bottom, std::size_t bytes) {
  using Switch = void (*)(void**, const void*, std::size_t);
  static const auto next = reinterpret_cast<Switch>(dlsym(RTLD_NEXT, "__sanitizer_start_switch_fiber"));
  Stack to{static_cast<const char*>(bottom), bytes};
  if (bytes == 0) {
    to = stacks().front();
  } else if (std::none_of(stacks().begin(), stacks().end(), [&](const Stack& of) { return of.bottom == to.bottom; })) {
    stacks().push_back(to);
  }
  next(fake_stack, to.bottom, to.bytes);
}

/// The kernel's hook in the switch away from a process that has ended; it is called on the stack that goes on. One that
/// was never switched to before has told nobody its bounds; the sanitizer learns of it with its next switch.
extern "C" void* sc_cor_qt_aborthelp(void*, void*, void*) {
  const void* const here = __builtin_frame_address(0);
  const auto found = std::find_if(stacks().begin(), stacks().end(), [&](const Stack& of) { return of.holds(here); });
  if (found != stacks().end()) {
    __sanitizer_start_switch_fiber(nullptr, found->bottom, found->bytes);
    __sanitizer_finish_switch_fiber(nullptr, nullptr, nullptr);
  }
  return nullptr;
}
#endif
