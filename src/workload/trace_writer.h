// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_WORKLOAD_TRACE_WRITER_H
#define ANDA_SIM_WORKLOAD_TRACE_WRITER_H

#include <cstdint>
#include <ostream>
#include <string>

#include "workload/gemm.h"

namespace anda::sim {

/// What a trace holds besides its rows. The optional columns must be chosen before the first row is known;
/// a row that needs one that isn't there is refused, never shortened.
struct TraceFormat {
  std::string comment;  ///< first line, without its #; empty: none
  bool count = false;
  bool weight_bits = false;
};

/// Writes all GeMMs in the format that TraceReader reads, in constant memory, and returns how many.
/// Throws anda::Error: `run` when `out` takes no more, `input` for what a trace can't hold.
std::uint64_t write_trace(GemmSource& source, std::ostream& out, const TraceFormat& format = {});

/// The same into a file, which is there in full or not at all.
std::uint64_t write_trace_file(GemmSource& source, const std::string& path, const TraceFormat& format = {});

}  // namespace anda::sim

#endif
