// SPDX-License-Identifier: Apache-2.0
#include "workload/trace_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <anda/base/error.h>
#include <cerrno>
#include <iterator>
#include <string_view>
#include <system_error>

#include "files/atomic_file.h"
#include "text/characters.h"
#include "text/text.h"

namespace anda::sim {
namespace {

constexpr std::size_t chunk_bytes = 1u << 16;

/// Whether TraceReader accepts the text, which may contain tabs.
bool is_line_text(std::string text) {
  std::replace(text.begin(), text.end(), '\t', ' ');
  return is_plain_text(text);
}

void append_text(std::string& line, std::string_view text) {
  const bool needs_quotes = text.find_first_of(",\"") != std::string_view::npos ||
                            trimmed(text).size() != text.size() || (!text.empty() && text.front() == '#');
  if (!needs_quotes) {
    line += text;
    return;
  }
  line += '"';
  for (const char c : text) {
    line += c;
    if (c == '"') line += c;
  }
  line += '"';
}

void append_row(std::string& lines, const Gemm& gemm, const TraceFormat& format) {
  if (gemm.name.empty() || gemm.tensor.empty() || !is_line_text(gemm.name) || !is_line_text(gemm.tensor)) {
    throw Error::input(fmt::format("GeMM {} of tensor {}: a trace cannot hold empty or unprintable names",
                                   shown(gemm.name), shown(gemm.tensor)));
  }
  if ((gemm.count != 1 && !format.count) || (gemm.weight_bits != 0 && !format.weight_bits)) {
    throw Error::input(fmt::format("GeMM {}: the trace is written without its column {}", shown(gemm.name),
                                   format.count || gemm.count == 1 ? "weight_bits" : "count"));
  }
  append_text(lines, gemm.name);
  fmt::format_to(std::back_inserter(lines), FMT_STRING(",{},"), gemm.layer);
  append_text(lines, gemm.tensor);
  fmt::format_to(std::back_inserter(lines), FMT_STRING(",{},{},{}"), gemm.m, gemm.k, gemm.n);
  if (format.count) fmt::format_to(std::back_inserter(lines), FMT_STRING(",{}"), gemm.count);
  if (format.weight_bits) {
    lines += ',';  // empty: use the configuration's
    if (gemm.weight_bits != 0) fmt::format_to(std::back_inserter(lines), FMT_STRING("{}"), gemm.weight_bits);
  }
  lines += '\n';
}

void put(std::ostream& out, std::string& lines) {
  errno = 0;
  out.write(lines.data(), static_cast<std::streamsize>(lines.size()));
  lines.clear();
  if (out) return;
  throw Error::run("cannot write the trace" + (errno == 0 ? "" : ": " + std::generic_category().message(errno)));
}

}  // namespace

std::uint64_t write_trace(GemmSource& source, std::ostream& out, const TraceFormat& format) {
  std::string lines;
  if (!format.comment.empty()) {
    std::string comment = format.comment;
    if (!is_line_text(comment)) comment = shown(comment);
    lines += "# " + comment + "\n";
  }
  lines += "name,layer,tensor,m,k,n";
  if (format.count) lines += ",count";
  if (format.weight_bits) lines += ",weight_bits";
  lines += '\n';
  std::uint64_t rows = 0;
  Gemm gemm;
  while (source.next(gemm)) {
    append_row(lines, gemm, format);
    ++rows;
    if (lines.size() >= chunk_bytes) put(out, lines);
  }
  put(out, lines);
  return rows;
}

std::uint64_t write_trace_file(GemmSource& source, const std::string& path, const TraceFormat& format) {
  AtomicFile file(path);
  const std::uint64_t rows = write_trace(source, file.stream(), format);
  file.commit();
  return rows;
}

}  // namespace anda::sim
