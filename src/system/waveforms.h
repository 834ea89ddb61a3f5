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

/// The waveforms of a run. The kernel opens and writes a VCD file by itself and does not look whether that goes well:
/// it gets a pipe, from whose other end a thread writes the file.
class Waveforms {
 public:
  explicit Waveforms(AtomicFile& file);
  Waveforms(const Waveforms&) = delete;
  Waveforms& operator=(const Waveforms&) = delete;
  ~Waveforms();

  sc_core::sc_trace_file& trace_file() { return *trace_file_; }
  /// Whether the file could not be written so far.
  bool failed() const { return failed_; }
  /// Once, after the simulation: ends the waveforms. Throws Error (run) if they could not be written to the last byte.
  void close();

 private:
  void open_pipe();
  void copy();
  void end();

  AtomicFile& file_;
  TemporaryFolder folder_;  ///< of the pipe
  FileDescriptor pipe_;
  sc_core::sc_trace_file* trace_file_ = nullptr;
  std::thread copier_;
  std::atomic<bool> ended_{false};
  std::atomic<bool> failed_{false};
  std::exception_ptr failure_;
};

}  // namespace anda::sim

#endif
