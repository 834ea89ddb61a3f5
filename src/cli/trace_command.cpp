// SPDX-License-Identifier: Apache-2.0
#include "cli/trace_command.h"

#include <fmt/format.h>

#include <anda/base/error.h>
#include <boost/program_options.hpp>
#include <cerrno>
#include <iostream>
#include <memory>
#include <system_error>

#include "cli/command_line.h"
#include "files/same_file.h"
#include "text/characters.h"
#include "text/scalar.h"
#include "text/terminal.h"
#include "text/text.h"
#include "workload/convolution_reader.h"
#include "workload/gemm.h"
#include "workload/gemm_generator.h"
#include "workload/gemm_limits.h"
#include "workload/hugging_face.h"
#include "workload/model_shape.h"
#include "workload/scale_sim_reader.h"
#include "workload/trace_writer.h"

namespace anda::sim {
namespace {

namespace po = boost::program_options;

constexpr const char* trace_usage =
    "Usage: anda-sim trace (--model NAME | --config-json FILE | --scale-sim FILE)\n"
    "                      [options]\n"
    "\n"
    "Writes the FP-INT GeMMs of a language model as a CSV trace:\n"
    "name,layer,tensor,m,k,n, one GeMM C[m x n] = A[m x k] * W[k x n] per row, in\n"
    "execution order.\n"
    "\n";
constexpr const char* trace_examples =
    "\n"
    "Examples:\n"
    "  anda-sim trace --model LLaMA-13B --tokens 2048 -o llama-13b.csv\n"
    "  anda-sim trace --config-json config.json --phase decode --batch 8 --layers 1\n"
    "  anda-sim trace --scale-sim topology.csv -o trace.csv\n";

po::options_description trace_options() {
  const auto text = [](const char* name) { return po::value<std::string>()->value_name(name); };
  po::options_description options("Options");
  options.add_options()("model", text("NAME"), "a built-in model, see --list")                             //
      ("config-json", text("FILE"), "the config.json of a Hugging Face model, see docs/traces.md")         //
      ("scale-sim", text("FILE"), "a SCALE-Sim GEMM topology (Layer, M, N, K,) to convert")                //
      ("phase", text("PHASE"), "prefill (the default) or decode")                                          //
      ("tokens", text("N"), "tokens per sequence: the prompt in prefill, the context in decode (2048)")    //
      ("batch", text("B"), "sequences (1)")                                                                //
      ("layers", text("N"), "the first N layers only (all)")                                               //
      ("convolutions", "with --scale-sim: the file is a convolution topology; write the GeMMs of im2col")  //
      ("tensor", text("NAME"), "with --scale-sim: the tensor that the activations belong to (A)")          //
      ("out,o", text("FILE"), "the trace to write; - is the standard output, the default")                 //
      ("list", "show the built-in models")                                                                 //
      ("help,h", "show this help");
  return options;
}

void list_models(std::ostream& out) {
  out << fmt::format("{:<12}{:>12}{:>14}{:>8}{:>7}  {}\n", "model", "hidden size", "intermediate", "layers", "heads",
                     "feed-forward");
  for (const ModelShape& model : built_in_models()) {
    if (model.experts.count != 0) continue;  // they cannot be listed as GeMMs
    out << fmt::format("{:<12}{:>12}{:>14}{:>8}{:>7}  {}\n", model.name, model.hidden_size, model.intermediate_size,
                       model.layers, model.heads, model.gated ? "gate, up, down" : "fc1, fc2");
  }
}

Phase phase_of(const CommandLine& options) {
  const std::string text = options.text("phase", "prefill");
  if (text == "prefill") return Phase::prefill;
  if (text == "decode") return Phase::decode;
  options.refuse(fmt::format("option --phase: {} is not a phase; must be prefill or decode", shown(text)));
}

/// Checks that exactly one of the options that name a source is given.
void check_source(const CommandLine& options) {
  std::string given;
  for (const char* name : {"model", "config-json", "scale-sim"}) {
    if (!options.has(name)) continue;
    if (!given.empty())
      options.refuse(
          fmt::format("--{} and --{} are mutually exclusive: both give the source of the GeMMs", given, name));
    given = name;
    if (options.text(name).empty()) options.refuse(fmt::format("option --{} is empty", name));
  }
  if (given.empty()) options.refuse("one of --model NAME, --config-json FILE and --scale-sim FILE is needed");
  if (given == "scale-sim") {
    for (const char* name : {"phase", "tokens", "batch", "layers"}) {
      if (options.has(name))
        options.refuse(
            fmt::format("--{} cannot be combined with --scale-sim: the topology gives each GeMM's size", name));
    }
    if (options.has("tensor") && trimmed(options.text("tensor")).empty()) options.refuse("option --tensor is empty");
    return;
  }
  for (const char* name : {"tensor", "convolutions"}) {
    if (options.has(name)) options.refuse(fmt::format("--{} needs --scale-sim", name));
  }
}

struct TraceJob {
  std::unique_ptr<GemmSource> source;
  TraceFormat format;
  std::vector<std::string> notes{};
};

TraceJob make_job(const CommandLine& options) {
  check_source(options);
  TraceJob job;
  if (options.has("scale-sim")) {
    const std::string path = options.text("scale-sim");
    const std::string tensor = options.text("tensor", "A");
    if (options.has("convolutions")) {
      job.source = std::make_unique<ConvolutionReader>(path, tensor);
      job.format.count = true;  // needed by depth-wise convolutions
    } else {
      job.source = std::make_unique<ScaleSimReader>(path, tensor);
    }
    return job;
  }
  GeneratorOptions wanted;
  wanted.phase = phase_of(options);
  wanted.tokens = options.number("tokens", wanted.tokens, max_gemm_dimension);
  wanted.batch = options.number("batch", wanted.batch, max_gemm_dimension);
  wanted.layers = options.number("layers", wanted.layers, max_layer + 1);
  const ModelShape shape =
      options.has("model") ? find_model(options.text("model")) : read_hugging_face_config(options.text("config-json"));
  job.source = std::make_unique<GemmGenerator>(shape, wanted);
  job.notes = notes_on(shape, wanted);
  job.format.comment = fmt::format("{}, {} tokens, batch {}: {}", wanted.phase == Phase::prefill ? "prefill" : "decode",
                                   wanted.tokens, wanted.batch, shape.name);
  if (wanted.layers != 0) job.format.comment += fmt::format(", first {} of {} layers", wanted.layers, shape.layers);
  return job;
}

void flush(std::ostream& out) {
  errno = 0;
  if (out.flush()) return;
  throw Error::run("cannot write to the standard output" +
                   (errno == 0 ? "" : ": " + std::generic_category().message(errno)));
}

}  // namespace

CommandHelp trace_help() { return {trace_usage, trace_options(), trace_examples}; }

int trace_command(const std::vector<std::string>& args, std::ostream& out) {
  const CommandHelp help = trace_help();
  const CommandLine options("anda-sim trace", help.options, args, {});
  if (options.has("help")) {
    print_help(out, help);
  } else if (options.has("list")) {
    if (args.size() > 1) options.refuse("--list takes no other options");
    list_models(out);
  } else {
    TraceJob job = make_job(options);
    // Notes go to stderr, because the trace may go to the standard output.
    for (const std::string& note : job.notes) std::cerr << note_text(note, std::cerr);
    const std::string path = options.text("out", "-");
    if (path.empty()) options.refuse("option --out is empty");
    if (path == "-") {
      write_trace(*job.source, out, job.format);
    } else {
      refuse_overwriting(path,
                         {{options.text("config-json"), "the model"}, {options.text("scale-sim"), "the topology"}});
      const std::uint64_t rows = write_trace_file(*job.source, path, job.format);
      out << fmt::format("{}: {} GeMM{}\n", for_terminal(path), rows, rows == 1 ? "" : "s");
    }
  }
  flush(out);
  return 0;
}

}  // namespace anda::sim
