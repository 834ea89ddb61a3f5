// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_REPORT_RUN_WRITER_H
#define ANDA_SIM_REPORT_RUN_WRITER_H

#include <functional>
#include <string>
#include <vector>

#include "files/file_set.h"
#include "files/output_folder.h"
#include "report/run_info.h"
#include "system/op_record.h"
#include "system/op_spool.h"

namespace anda::sim {

class Evaluation;
class OpsCsv;
class OpsSqlite;
class ReportJson;

/// Writes the files of a run into a folder: config.yaml (the effective configuration), ops.csv and report.json. They
/// appear under their names, together with the other files of files(), once all are complete. An aborted run leaves
/// nothing behind and older files unchanged. Memory use does not grow with the trace.
class RunWriter {
 public:
  /// Maximum number of ops of a system that report.json lists one by one; beyond it, ops of a kind are combined.
  static constexpr std::uint64_t most_single_ops = 5000;

  /// Creates the folder if it is missing. Throws Error (run) if the folder cannot be written or is in use by another
  /// run, and Error (input) if one of `inputs` would be overwritten.
  RunWriter(const std::string& folder, std::size_t systems, RunInfo info, std::vector<NamedInput> inputs = {});
  /// Also writes ops.sqlite. Call before finish().
  void add_sqlite();
  /// Receives the records of ops.
  OpSpools& ops() { return ops_; }

  /// Writes the files. Call once, after the last record. `go_on`, polled regularly, ends it with Error (run) by
  /// returning false.
  void finish(const SimulationResult& result, const std::function<bool()>& go_on = nullptr);

  const RunInfo& info() const { return info_; }
  const std::string& folder() const { return folder_.path(); }
  /// Accepts further files of the run.
  FileSet& files() { return files_; }

 private:
  void write_ops(std::size_t system, const Evaluation& evaluation, OpsCsv& csv, ReportJson& json, OpsSqlite* sqlite,
                 const std::function<bool()>& go_on);

  OutputFolder folder_;
  FileSet files_;
  AtomicFile& report_file_;
  AtomicFile& ops_file_;
  AtomicFile& config_file_;
  RunInfo info_;
  OpSpools ops_;
  std::string sqlite_path_;  ///< empty: no ops.sqlite
};

}  // namespace anda::sim

#endif
