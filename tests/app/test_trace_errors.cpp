// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstring>
#include <string>
#include <vector>

#include "app/trace_test_files.h"
#include "workload/open_workload.h"
#include "workload/trace_reader.h"

using namespace anda::sim;
using namespace trace_test;

namespace {

/// A wrong file: where the error stands ("" for the file as a whole) and what it says.
struct WrongTrace {
  std::string text;
  std::string place;
  std::string fragment;
};

std::string error_of(const std::string& path) {
  return message_of([&] {
    const auto source = open_trace(path);
    Gemm gemm;
    while (source->next(gemm)) {
    }
  });
}

std::string row(const std::string& fields) { return "name,layer,tensor,m,k,n\nq,0,A,1,2,3\n" + fields + "\n"; }
std::string optional_row(const std::string& fields) {
  return "name,layer,tensor,m,k,n,count,weight_bits\n" + fields + "\n";
}

const std::string header = "name,layer,tensor,m,k,n\n";
const std::string legal_dimension = "must be a whole number 1 … 16777216";

}  // namespace

TEST_CASE("Every invalid trace is refused with its place, the text and the legal range") {
  const std::vector<WrongTrace> cases = {
      // The file as a whole.
      {"", "", "the file is empty; its first row must name the columns: name,layer"},
      {"\xEF\xBB\xBF", "", "only comments and blank lines"},
      {"# only\n\n", "", "only comments and blank lines"},
      {header, "", "has no GeMM"},
      {"name,layer,tensor,m,k,n", "", "has no GeMM"},
      {header + "#q,0,A,1,2,3\n\n", "", "has no GeMM"},
      // The header.
      {"name,layer,tensor,m,k\nq,0,A,1,2\n", ":1", "missing column n;"},
      {"#\nname,tensor,m\nq,0,A\n", ":2", "missing columns layer, k, n;"},
      {"name,layer,tensor,m,k,n,m\n", ":1:25", "column m is given twice"},
      {"name,layer,tensors,m,k,n\n", ":1:12", "unknown column \"tensors\"; did you mean `tensor`?"},
      {"name,layer,tensor,M,k,n\n", ":1:19", "unknown column \"M\"; did you mean `m`?"},
      {"name,layer,tensor,m,k,n,weight_bit\n", ":1:25", "did you mean `weight_bits`?"},
      {"name,layer,tensor,m,k,n,frequency\n", ":1:25", "unknown column \"frequency\"; the first row names"},
      {"name,layer,tensor,m,k,n,\n", ":1:25", "unknown column \"\""},
      {"q,0,A,1,2,3\n", ":1:1", "unknown column \"q\""},
      // The number of fields.
      {row("q,0,A,1,2"), ":3:10", "the row has 5 fields, must have 6: name,layer,tensor,m,k,n"},
      {header + "q,0,A,1,2,3\nq,0,A,1", ":3:8",
       "has 4 fields, must have 6: name,layer,tensor,m,k,n; the file seems to "
       "be cut short here"},
      {header + "q,0,A,1,2,", ":2:11", "column n: \"\" is empty; " + legal_dimension},
      {row("q,0,A,1,2,3,4"), ":3:13", "the row has 7 fields, must have 6"},
      {row("q,0,A,1,2,3,"), ":3:13", "the row has 7 fields, must have 6"},
      {row("q"), ":3:2", "the row has 1 fields"},
      // Texts.
      {row(",0,A,1,2,3"), ":3:1", "column name: \"\" is empty"},
      {row("q,0,\"\",1,2,3"), ":3:5", "column tensor: \"\" is empty"},
      // Numbers.
      {row("q,0,A,x,2,3"), ":3:7", "column m: \"x\" is not a whole number; " + legal_dimension},
      {row("q,0,A,-5,2,3"), ":3:7", "column m: \"-5\" is negative; " + legal_dimension},
      {row("q,0,A,0,2,3"), ":3:7", "column m: \"0\" is too small; " + legal_dimension},
      {row("q,0,A,1,0,3"), ":3:9", "column k: \"0\" is too small"},
      {row("q,0,A,1,2,0"), ":3:11", "column n: \"0\" is too small"},
      {row("q,0,A,1.5,2,3"), ":3:7", "column m: \"1.5\" is not a whole number"},
      {row("q,0,A,1,2,1e3"), ":3:11", "column n: \"1e3\" is not a whole number"},
      {row("q,0,A,1,2,0x10"), ":3:11", "column n: \"0x10\" is not a whole number"},
      {row("q,0,A,1,2,+1"), ":3:11", "is not a whole number"},
      {row("q,0,A,1,2,-"), ":3:11", "column n: \"-\" is not a whole number"},
      {row("q,0,A,1,2,3 4"), ":3:11", "\"3 4\" is not a whole number"},
      {row("q,0,A,1,2,\"4,096\""), ":3:11", "\"4,096\" is not a whole number"},
      {row("q,0,A,nan,2,3"), ":3:7", "is not a whole number"},
      {row("q,0,A,16777217,2,3"), ":3:7", "column m: \"16777217\" is too large; " + legal_dimension},
      {row("q,0,A,1,9223372036854775808,3"), ":3:9", "column k: \"9223372036854775808\" is too large"},
      {row("q,0,A,1,2,18446744073709551617"), ":3:11", "column n: \"18446744073709551617\" is too large"},
      {row("q,0,A,1,2," + std::string(100, '9')), ":3:11", "\"" + std::string(40, '9') + "…\" is too large"},
      {row("Größe,0,A,1,2,x"), ":3:15", "column n: \"x\""},  // columns count characters, not bytes
      {row("q,-1,A,1,2,3"), ":3:3", "column layer: \"-1\" is negative; must be a whole number 0 … 65535"},
      {row("q,65536,A,1,2,3"), ":3:3", "column layer: \"65536\" is too large"},
      {row("q,,A,1,2,3"), ":3:3", "column layer: \"\" is empty"},
      {optional_row("q,0,A,1,2,3,0,4"), ":2:13",
       "column count: \"0\" is too small; must be a whole number 1 … 4294967296"},
      {optional_row("q,0,A,1,2,3,4294967297,4"), ":2:13", "column count: \"4294967297\" is too large"},
      {optional_row("q,0,A,1,2,3,1,0"), ":2:15",
       "column weight_bits: \"0\" is too small; must be a whole number 1 … 8"},
      {optional_row("q,0,A,1,2,3,1,9"), ":2:15", "column weight_bits: \"9\" is too large"},
      {row("q,0,A,16777216,16777216,16385"), ":3:7", "m·k·n·count = 16777216·16777216·16385·1, must be at most 2^62"},
      {row("q,0,A,16777216,16777216,16777216"), ":3:7", "must be at most 2^62"},
      {optional_row("q,0,A,16777216,16777216,16384,2,"), ":2:7", "must be at most 2^62"},
      // Quotes.
      {row("\"q,0,A,1,2,3"), ":3:1", "the quote is not closed"},
      {row("\"q\"x,0,A,1,2,3"), ":3:4", "text after a closing quote"},
      {row("q,0,A,\"\"4096\"\",2,3"), ":3:9", "the field has doubled quotes; write 4096 or \"4096\""},
      // What spreadsheets and editors leave.
      {row(",,,,,"), ":3", "the row has empty fields only, as spreadsheets write blank rows; delete it"},
      {row(" , ,,,,"), ":3", "the row has empty fields only"},
      {",,,\n", ":1", "the row has empty fields only"},
      {row("q,0,A,1\xC2\xA0,2,3"), ":3:7", "it holds a no-break space (U+00A0): delete that"},
      {"name,layer,tensor,\xC2\xA0m,k,n\n", ":1:19", "it holds a no-break space (U+00A0)"},
      {row("q,0,A,007,2,3"), ":3:7", "is not a whole number; must be a whole number 1 … 16777216; numbers are decimal"},
      {row("q\xC2\x9B,0,A,1,2,3"), ":3:2", "control character U+009B"},
      {row("q\xE2\x80\xAE,0,A,1,2,3"), ":3:2", "control character U+202E"},
      {row("a\"q\",0,A,1,2,3"), ":3:2", "quote within a field"},
      // No text file.
      {row(std::string("q,0,A,1,2\0,3", 12)), ":3:10", "NUL byte"},
      {std::string(200000, '\0'), ":1:1", "NUL byte"},
      {"\xFF\xFEn\0a\0", ":1:1", "UTF-16"},
      {row("\xE9,0,A,1,2,3"), ":3:1", "byte \\xe9 is not UTF-8 text"},
      {row("\xC0\x80,0,A,1,2,3"), ":3:1", "not UTF-8 text"},           // overlong
      {row("q\xED\xA0\x80,0,A,1,2,3"), ":3:2", "not UTF-8 text"},      // surrogate
      {row("q\xF4\x90\x80\x80,0,A,1,2,3"), ":3:2", "not UTF-8 text"},  // beyond U+10FFFF
      {row("q\x1B[2J,0,A,1,2,3"), ":3:2", "control character \\x1b"},
      {"\x1F\x8B\x08", ":1:1", "control character \\x1f"},
      {"name,layer,tensor,m,k,n\rq,0,A,1,2,3\r", ":1:24", "carriage return within a line"},
      {header + std::string(max_line_bytes + 1, 'x') + "\n", ":2", "line is longer than 65536 bytes"},
      {header + std::string(max_line_bytes + 1, 'x'), ":2", "line is longer than 65536 bytes"},
      {header + std::string(3000000, 'x'), ":2", "line is longer than 65536 bytes"},
      {"\xEF\xBB\xBF" + std::string(max_line_bytes + 1, 'x') + "\r\n", ":1", "line is longer than 65536 bytes"},
      {header + std::string(max_line_bytes - 1, 'x') + "ä,0\n", ":2", "line is longer than 65536 bytes"},
  };
  const Folder folder;
  for (const WrongTrace& wrong : cases) {
    const std::string path = folder.file("t.csv", wrong.text);
    const std::string message = error_of(path);
    INFO(wrong.text.substr(0, 200));
    CHECK_THAT(message, Catch::StartsWith(path + wrong.place + ": "));
    CHECK_THAT(message, Catch::Contains(wrong.fragment));
    CHECK(message.size() < 500);
  }
}

TEST_CASE("Rows before a wrong one are handed out") {
  const Folder folder;
  TraceReader reader(folder.file("t.csv", row("q,0,A,1,2,x")));
  Gemm gemm;
  CHECK(reader.next(gemm));
  CHECK_THROWS_AS(reader.next(gemm), anda::Error);
}

TEST_CASE("Files that cannot be read are named with the system's reason") {
  const Folder folder;
  CHECK(error_of(folder.path("none.csv")) ==
        folder.path("none.csv") + ": cannot open the file: No such file or directory");
  CHECK(error_of("") == "\"\": cannot open the file: No such file or directory");
  CHECK(error_of(folder.path()) == folder.path() + ": is a folder, a file is needed");
  if (::geteuid() != 0) {  // root reads everything
    const std::string secret = folder.file("secret.csv", header);
    REQUIRE(::chmod(secret.c_str(), 0) == 0);
    CHECK(error_of(secret) == secret + ": cannot open the file: Permission denied");
  }
  // No process has its page 0 mapped: Linux answers the read with EIO.
  CHECK(error_of("/proc/self/mem") == "/proc/self/mem:1: cannot read further: Input/output error");
}

TEST_CASE("A read error in the middle of the file names the line") {
  // A terminal whose other side is gone hands out what was written, then EIO.
  const int terminal = ::posix_openpt(O_RDWR | O_NOCTTY);
  if (terminal < 0 || ::grantpt(terminal) != 0 || ::unlockpt(terminal) != 0) return;
  const int other = ::open(::ptsname(terminal), O_RDWR | O_NOCTTY);
  if (other < 0) return;
  const std::string text = "name,layer,tensor,m,k,n\nq,0,A,1,2,3\nq,0,A,1";
  REQUIRE(::write(other, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  ::close(other);

  CsvReader csv(InputFile(FileDescriptor(terminal), "terminal"));
  csv.expect_header("");
  TraceReader reader(std::move(csv));
  Gemm gemm;
  CHECK(reader.next(gemm));
  CHECK(message_of([&] { reader.next(gemm); }) == "terminal:3: cannot read further: Input/output error");
}
