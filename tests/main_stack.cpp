// SPDX-License-Identifier: Apache-2.0
// With the address sanitizer only. SystemC tells it of every switch of stacks, but gives no bounds for the one that
// sc_main runs on. An exception that is thrown there after a simulation would then leave marks of the frames that it
// has left, which show as errors of later ones. Here the bounds are put in.
#ifdef __SANITIZE_ADDRESS__
#include <cstddef>
#include <dlfcn.h>
#include <pthread.h>
#include <sanitizer/common_interface_defs.h>

namespace {

struct Stack {
  void* bottom = nullptr;
  std::size_t bytes = 0;

  Stack() {
    pthread_attr_t attributes;
    if (pthread_getattr_np(pthread_self(), &attributes) != 0) return;
    pthread_attr_getstack(&attributes, &bottom, &bytes);
    pthread_attr_destroy(&attributes);
  }
};

const Stack main_stack;

}  // namespace

extern "C" void __sanitizer_start_switch_fiber(void** fake_stack, const void* bottom, std::size_t bytes) {
  using Switch = void (*)(void**, const void*, std::size_t);
  static const auto next = reinterpret_cast<Switch>(dlsym(RTLD_NEXT, "__sanitizer_start_switch_fiber"));
  if (bytes == 0) {
    bottom = main_stack.bottom;
    bytes = main_stack.bytes;
  }
  next(fake_stack, bottom, bytes);
}
#endif
