// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_WORKLOAD_TRACE_WRITER_H
#define ANDA_SIM_WORKLOAD_TRACE_WRITER_H

#include <cstdint>
#include <ostream>
#include <string>

#include "workload/gemm.h"

namespace anda::sim {

/// The layout of a trace beyond its rows. The optional columns must be chosen before the first row is known; a row that
/// needs a column that is not there is rejected, never truncated.
struct TraceFormat {
  std::string comment;  ///< first line, without its #; empty: none
  bool count = false;
  bool weight_bits = false;
};

/// Writes all GeMMs in the format that TraceReader reads, in constant memory, and returns their number. Throws
/// anda::Error: `run` if `out` fails, `input` for a GeMM that a trace cannot hold.
std::uint64_t write_trace(GemmSource& source, std::ostream& out, const TraceFormat& format = {});

/// Does the same into a file, which appears complete or not at all.
std::uint64_t write_trace_file(GemmSource& source, const std::string& path, const TraceFormat& format = {});

}  // namespace anda::sim

#endif
