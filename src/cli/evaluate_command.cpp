// SPDX-License-Identifier: Apache-2.0
#include "cli/evaluate_command.h"

#include <anda/base/error.h>
#include <anda/numeric/weight.h>
#include <fmt/format.h>

#include <boost/program_options.hpp>
#include <chrono>
#include <cmath>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <system_error>

#include "cli/command_line.h"
#include "cli/model_options.h"
#include "config/load.h"
#include "config/precision_config.h"
#include "data/npy.h"
#include "files/atomic_file.h"
#include "files/same_file.h"
#include "report/text_grid.h"
#include "search/builtin_evaluator.h"
#include "search/precisions.h"
#include "text/scalar.h"
#include "text/text.h"

namespace anda::sim {
namespace {

namespace po = boost::program_options;

constexpr const char* usage =
    "Usage: anda-sim evaluate MODEL_FOLDER --tokens FILE [--precision M,M,M,M]...\n"
    "                         [options]\n"
    "\n"
    "Measures the perplexity of an OPT or LLaMA model (config.json,\n"
    "model.safetensors or shards of it) with weights rounded to integers and the\n"
    "inputs of every FP-INT GeMM rounded to FP16 or Anda format; all else is FP32.\n"
    "The loss is against FP16 activations with the same weights.\n"
    "\n";
constexpr const char* examples =
    "\n"
    "Examples:\n"
    "  anda-sim evaluate opt-125m --tokens t.npy --precision 7,6,6,6\n"
    "  anda-sim evaluate opt-125m --tokens t.npy --precision 5 --precision 6 --json\n"
    "  anda-sim evaluate opt-125m --tokens t.npy --precision loss-1.yaml\n";

po::options_description make_options() {
  const auto text = [](const char* name) { return po::value<std::string>()->value_name(name); };
  po::options_description options("Options");
  add_model_options(options);
  options.add_options()  //
      ("precision", text("BITS"),
       "mantissa bits of A_qkv,A_o,A_u,A_d, or one number for all; fp16; fp32 (not rounded); or a configuration "
       "(.yaml), whose precision it is. May be repeated")                                                         //
      ("group-size", text("N"), "values that share an exponent (64)")                                             //
      ("weight-bits", text("N"), "bits of a weight (4)")                                                          //
      ("weight-group", text("N"), "weights along k that share a scale (128)")                                     //
      ("logits", text("FILE"), "write the logits of the one --precision as .npy: windows x length x vocabulary")  //
      ("json", "print JSON instead of a table")                                                                   //
      ("times", "tell the seconds of GeMMs and of rounding activations too")                                      //
      ("help,h", "show this help");
  return options;
}

/// What --precision says.
struct Wanted {
  enum class Kind { fp32, fp16, anda };
  Kind kind = Kind::fp16;
  Combination bits{};
  std::optional<PrecisionConfig> config{};  ///< of a file, instead of bits
  std::string path{};

  std::string text() const {
    if (config) return path;
    if (kind == Kind::anda) return combination_text(bits);
    return kind == Kind::fp16 ? "fp16" : "fp32";
  }

  Precisions precisions(const BuiltinEvaluator& evaluator) const {
    if (!config) return {bits, {}};
    try {
      return precisions_of(*config, evaluator.decoder_config().shape.layers);
    } catch (const Error& error) {
      throw Error(error.kind(), path + ": " + error.what());
    }
  }
};

bool is_configuration(const std::string& text) {
  return text.size() > 5 && text.compare(text.size() - 5, 5, ".yaml") == 0;
}

Wanted parse_precision(const CommandLine& options, const std::string& text) {
  Wanted wanted;
  if (text == "fp16") return wanted;
  if (text == "fp32") {
    wanted.kind = Wanted::Kind::fp32;
    return wanted;
  }
  wanted.kind = Wanted::Kind::anda;
  if (is_configuration(text)) {
    wanted.config = load_run_config(text, {}).precision;
    wanted.path = text;
    return wanted;
  }
  const std::vector<std::string> parts = list_parts(text);
  if (parts.size() != 1 && parts.size() != wanted.bits.size()) {
    options.refuse(
        fmt::format("option --precision: {} must be one number or four, fp16, fp32 or a FILE.yaml", shown(text)));
  }
  for (std::size_t i = 0; i < wanted.bits.size(); ++i) {
    const std::string& part = parts[parts.size() == 1 ? 0 : i];
    std::uint64_t value = 0;
    const std::string problem = parse_whole_number(part, mantissa_range.min, mantissa_range.max, value);
    if (!problem.empty()) options.refuse(fmt::format("option --precision: {} {}", shown(part), problem));
    wanted.bits[i] = static_cast<std::uint32_t>(value);
  }
  return wanted;
}

BuiltinEvaluatorConfig make_config(const CommandLine& options) {
  constexpr std::uint64_t most = std::numeric_limits<std::uint32_t>::max();
  if (options.files().empty()) options.refuse("the folder of the model is missing");
  BuiltinEvaluatorConfig config = model_config(options, options.files().front());
  config.group_size = static_cast<std::uint32_t>(options.number("group-size", config.group_size, most));
  WeightFormat format;
  format.bits = static_cast<std::uint32_t>(options.number("weight-bits", format.bits, max_weight_bits));
  format.scale_group = static_cast<std::uint32_t>(options.number("weight-group", format.scale_group, most));
  if (options.has("stored-weights")) {
    for (const char* name : {"weight-bits", "weight-group"}) {
      if (options.has(name)) options.refuse(fmt::format("--stored-weights and --{} exclude each other", name));
    }
  } else {
    config.weights = format;
  }
  return config;
}

std::vector<NamedInput> inputs_of(const BuiltinEvaluatorConfig& config) {
  std::vector<NamedInput> inputs{{config.tokens, "the token file"}, {config.model + "/config.json", "of the model"}};
  std::error_code error;
  for (std::filesystem::directory_iterator entry(config.model, error), end; !error && entry != end;
       entry.increment(error)) {
    if (entry->path().extension() == ".safetensors") inputs.push_back({entry->path().string(), "of the model"});
  }
  return inputs;
}

double perplexity_of(BuiltinEvaluator& evaluator, const Wanted& wanted, std::optional<double>& baseline) {
  switch (wanted.kind) {
    case Wanted::Kind::fp32:
      return evaluator.fp32_perplexity();
    case Wanted::Kind::anda:
      return evaluator.perplexity(wanted.precisions(evaluator));
    case Wanted::Kind::fp16:
      break;
  }
  if (!baseline) baseline = evaluator.baseline();
  return *baseline;
}

void write_logits(BuiltinEvaluator& evaluator, const Wanted& wanted, const std::string& path) {
  ActivationRounding rounding;
  if (wanted.kind == Wanted::Kind::fp16) rounding = evaluator.fp16();
  if (wanted.kind == Wanted::Kind::anda) rounding = evaluator.anda(wanted.precisions(evaluator));
  const std::vector<float> logits = evaluator.logits(rounding);
  Array array{NumberType::float32,
              {evaluator.windows(), evaluator.length(), evaluator.decoder_config().vocabulary},
              std::vector<std::uint8_t>(logits.size() * sizeof(float))};
  std::memcpy(array.data.data(), logits.data(), array.data.size());
  AtomicFile file(path);
  write_npy(file.stream(), array);
  file.commit();
}

struct Row {
  std::string precision;
  double perplexity = 0;
  double loss = 0;
};

void print_table(std::ostream& out, const BuiltinEvaluator& evaluator, const std::vector<Row>& rows) {
  TextGrid grid(
      {fmt::format("{} windows of {} tokens", evaluator.windows(), evaluator.length()), "perplexity", "loss"});
  for (const Row& row : rows) {
    const double percent = std::round(1e5 * row.loss) / 1e3 + 0.0;  // no −0
    grid.row({row.precision, fmt::format("{:.4f}", row.perplexity), fmt::format("{:.3f} %", percent)});
  }
  grid.print(out);
}

}  // namespace

CommandHelp evaluate_help() { return {usage, make_options(), examples}; }

int evaluate_command(const std::vector<std::string>& args, std::ostream& out) {
  using Clock = std::chrono::steady_clock;
  const CommandHelp help = evaluate_help();
  const CommandLine options("anda-sim evaluate", help.options, args, {1, {"precision"}});
  if (options.has("help")) {
    print_help(out, help);
    return 0;
  }
  std::vector<Wanted> wanted;
  for (const std::string& text : options.all("precision")) wanted.push_back(parse_precision(options, text));
  if (wanted.empty()) wanted.emplace_back();
  if (options.has("logits") && wanted.size() > 1) options.refuse("--logits goes with one --precision");
  if (options.has("logits") && options.text("logits").empty()) options.refuse("option --logits is empty");

  const BuiltinEvaluatorConfig config = make_config(options);
  if (options.has("logits")) refuse_overwriting(options.text("logits"), inputs_of(config));
  BuiltinEvaluator evaluator(config);
  const Clock::time_point start = Clock::now();
  const std::clock_t cpu_start = std::clock();
  std::optional<double> baseline;
  std::vector<Row> rows;
  for (const Wanted& one : wanted) rows.push_back({one.text(), perplexity_of(evaluator, one, baseline), 0});
  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  const double cpu_s = static_cast<double>(std::clock() - cpu_start) / CLOCKS_PER_SEC;
  const double gemm_s = evaluator.gemm_s();
  const double rounding_s = evaluator.rounding_s();
  if (!baseline) baseline = evaluator.baseline();
  for (Row& row : rows) row.loss = (row.perplexity - *baseline) / *baseline;
  if (options.has("logits")) write_logits(evaluator, wanted.front(), options.text("logits"));

  if (options.has("json")) {
    nlohmann::ordered_json report{{"windows", evaluator.windows()},
                                  {"length", evaluator.length()},
                                  {"baseline", *baseline},
                                  {"results", nlohmann::ordered_json::array()}};
    for (const Row& row : rows) {
      report["results"].push_back({{"precision", row.precision}, {"perplexity", row.perplexity}, {"loss", row.loss}});
    }
    if (options.has("times")) {
      report["seconds"] = {{"elapsed", seconds}, {"processor", cpu_s}, {"gemm", gemm_s}, {"rounding", rounding_s}};
    }
    out << report.dump(2) << "\n";
    return 0;
  }
  print_table(out, evaluator, rows);
  if (options.has("times")) {
    out << fmt::format(
        "{:.2f} s; {:.2f} s of processor time, of it {:.2f} s in FP-INT GeMMs and {:.3f} s in rounding their inputs\n",
        seconds, cpu_s, gemm_s, rounding_s);
  }
  return 0;
}

}  // namespace anda::sim
