// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_SYSTEM_WAVEFORMS_H
#define ANDA_SIM_SYSTEM_WAVEFORMS_H

#include <atomic>
#include <exception>
#include <systemc>
#include <thread>

#include "files/atomic_file.h"
#include "files/file_descriptor.h"
#include "files/temporary_folder.h"

namespace anda::sim {

/// The waveforms of a run. The kernel opens and writes a VCD file itself and does not check for errors, so it writes to
/// a pipe, from whose other end a thread writes the file.
class Waveforms {
 public:
  explicit Waveforms(AtomicFile& file);
  Waveforms(const Waveforms&) = delete;
  Waveforms& operator=(const Waveforms&) = delete;
  ~Waveforms();

  sc_core::sc_trace_file& trace_file() { return *trace_file_; }
  /// Whether writing the file has failed so far.
  bool failed() const { return failed_; }
  /// Ends the waveforms; call once, after the simulation. Throws Error (run) if they could not be written completely.
  void close();

 private:
  void open_pipe();
  void copy();
  void end();

  AtomicFile& file_;
  TemporaryFolder folder_;  ///< holds the pipe
  FileDescriptor pipe_;
  sc_core::sc_trace_file* trace_file_ = nullptr;
  std::thread copier_;
  std::atomic<bool> ended_{false};
  std::atomic<bool> failed_{false};
  std::exception_ptr failure_;
};

}  // namespace anda::sim

#endif
