// SPDX-License-Identifier: Apache-2.0
#include "cli/evaluate_command.h"

#include <anda/base/error.h>
#include <anda/numeric/weight.h>
#include <fmt/format.h>

#include <algorithm>
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

#include "cli/attention_options.h"
#include "cli/command_line.h"
#include "cli/model_options.h"
#include "cli/wanted_precision.h"
#include "config/format_file.h"
#include "data/npy.h"
#include "files/atomic_file.h"
#include "files/same_file.h"
#include "report/text_grid.h"
#include "search/builtin_evaluator.h"

namespace anda::sim {
namespace {

namespace po = boost::program_options;

constexpr const char* evaluate_usage =
    "Usage: anda-sim evaluate MODEL_FOLDER --tokens FILE [--precision M,M,M,M]...\n"
    "                         [options]\n"
    "\n"
    "Measures the perplexity of a language model (config.json, model.safetensors or\n"
    "its shards) with weights rounded to integers, or with those of GPTQ, AWQ,\n"
    "AutoRound or compressed-tensors. The inputs of every FP-INT GeMM are rounded to\n"
    "FP16 or Anda format; keys, values, queries and probabilities on request. The\n"
    "rest is FP32.\n"
    "The loss is relative to FP16 activations with the same weights.\n"
    "\n";
constexpr const char* evaluate_examples =
    "\n"
    "Examples:\n"
    "  anda-sim evaluate opt-125m --tokens t.npy --precision 7,6,6,6\n"
    "  anda-sim evaluate opt-125m --tokens t.npy --precision 5 --precision 6 --json\n"
    "  anda-sim evaluate opt-125m --tokens t.npy --precision loss-1.yaml\n"
    "  anda-sim evaluate opt-125m --tokens t.npy --keys int4 --values int4\n";

po::options_description evaluate_options() {
  const auto text = [](const char* name) { return po::value<std::string>()->value_name(name); };
  po::options_description options("Options");
  add_model_options(options);
  add_attention_options(options);
  options.add_options()  //
      ("precision", text("BITS"),
       "mantissa bits of A_qkv,A_o,A_u,A_d, or one number for all; fp16; fp32 (not rounded); or a configuration "
       "(.yaml) with precision and kv_cache. May be repeated")  //
      ("activations", text("FORMAT"),
       "an operand format (anda-sim formats) for the inputs of all FP-INT GeMMs: a name, a YAML file or a map of YAML. "
       "May be repeated")                                                                         //
      ("weights", text("FORMAT"), "the same for weights, in place of integers; rows along k")     //
      ("group-size", text("N"), "values that share an exponent (64)")                             //
      ("weight-bits", text("N"), "bits of a weight (4)")                                          //
      ("weight-group", text("N"), "weights along k that share a scale (128)")                     //
      ("positions", text("N"), "also report the perplexity of every N positions of the windows")  //
      ("logits", text("FILE"),
       "write the logits as .npy: windows x length x vocabulary; needs exactly one --precision")  //
      ("json", "print JSON instead of a table")                                                   //
      ("times", "also report the time of GeMMs and of rounding activations")                      //
      ("help,h", "show this help");
  return options;
}

BuiltinEvaluatorConfig make_config(const CommandLine& options) {
  constexpr std::uint64_t most = std::numeric_limits<std::uint32_t>::max();
  if (options.files().empty()) options.refuse("the model folder is missing");
  BuiltinEvaluatorConfig config = model_config(options, options.files().front());
  config.group_size = static_cast<std::uint32_t>(options.number("group-size", config.group_size, most));
  WeightFormat format;
  format.bits = static_cast<std::uint32_t>(options.number("weight-bits", format.bits, max_weight_bits));
  format.scale_group = static_cast<std::uint32_t>(options.number("weight-group", format.scale_group, most));
  const auto refuse_formats = [&](const std::string& why, const std::string& other = "") {
    for (const char* name : {"weight-bits", "weight-group", "weights"}) {
      if (options.has(name) && name != other) options.refuse(fmt::format("--{} {}", name, why));
    }
  };
  if (options.has("weights")) {
    refuse_formats("and --weights are mutually exclusive", "weights");
    if (options.has("stored-weights")) options.refuse("--weights and --stored-weights are mutually exclusive");
    config.weights.reset();
    config.weight_format = load_format(options.text("weights"), "option --weights");
  } else if (options.has("stored-weights")) {
    refuse_formats("and --stored-weights are mutually exclusive");
  } else {
    config.weights = format;
  }
  const auto quantised = read_decoder_config(config.model + "/config.json").quantisation;
  if (quantised)
    refuse_formats("is for weights that are no integers yet, but " + quantised->source + ", tells that they are");
  config.attention = attention_formats(options);
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

void write_logits(BuiltinEvaluator& evaluator, const WantedPrecision& wanted, const std::string& path) {
  const std::vector<float> logits = evaluator.logits(wanted.rounding(evaluator));
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
  Measurement measured;
  double loss = 0;
};

/// Rows of all precisions, the baseline's measurement and the time breakdown.
struct EvaluatedPrecisions {
  std::vector<Row> rows;
  Measurement baseline;
  double elapsed_s = 0;
  double processor_s = 0;
  double gemm_s = 0;
  double rounding_s = 0;
};

EvaluatedPrecisions evaluate(BuiltinEvaluator& evaluator, const std::vector<WantedPrecision>& wanted,
                             bool plain_attention) {
  using Clock = std::chrono::steady_clock;
  EvaluatedPrecisions result;
  const Clock::time_point start = Clock::now();
  const std::clock_t cpu_start = std::clock();
  std::optional<Measurement> baseline;
  for (const WantedPrecision& one : wanted) {
    const bool is_baseline = one.kind == WantedPrecision::Kind::fp16 && plain_attention;
    const Measurement measured = is_baseline && baseline ? *baseline : evaluator.measure(one.rounding(evaluator));
    if (is_baseline) baseline = measured;
    result.rows.push_back({one.text(), measured, 0});
  }
  result.elapsed_s = std::chrono::duration<double>(Clock::now() - start).count();
  result.processor_s = static_cast<double>(std::clock() - cpu_start) / CLOCKS_PER_SEC;
  result.gemm_s = evaluator.gemm_s();
  result.rounding_s = evaluator.rounding_s();
  result.baseline = baseline ? *baseline : evaluator.measure(evaluator.fp16());
  const double base = result.baseline.perplexity;
  for (Row& row : result.rows) row.loss = (row.measured.perplexity - base) / base;
  return result;
}

/// Calls each(first, end) for each part of a window that --positions requests.
template <class Each>
void over_parts(const BuiltinEvaluator& evaluator, std::size_t positions, Each each) {
  for (std::size_t first = 0; first < evaluator.length(); first += positions) {
    const std::size_t end = std::min(first + positions, evaluator.length());
    if (end > 1) each(first, end);  // token 0 is not predicted
  }
}

std::string percent_text(double loss) {
  return fmt::format("{:.3f} %", std::round(1e5 * loss) / 1e3 + 0.0);  // no −0
}

void print_json(std::ostream& out, const BuiltinEvaluator& evaluator, const EvaluatedPrecisions& evaluation,
                std::size_t positions, bool times) {
  using Json = nlohmann::ordered_json;
  const auto by_position = [&](const Measurement& measured) {
    Json parts = Json::array();
    over_parts(evaluator, positions, [&](std::size_t first, std::size_t end) {
      parts.push_back({{"from", first}, {"to", end - 1}, {"perplexity", measured.perplexity_of(first, end)}});
    });
    return parts;
  };
  Json report{
      {"windows", evaluator.windows()}, {"length", evaluator.length()}, {"baseline", evaluation.baseline.perplexity}};
  if (evaluator.weight_place() == WeightPlace::files) report["weights_in"] = "files";
  if (positions != 0) report["baseline_positions"] = by_position(evaluation.baseline);
  report["results"] = Json::array();
  for (const Row& row : evaluation.rows) {
    Json result{{"precision", row.precision}, {"perplexity", row.measured.perplexity}, {"loss", row.loss}};
    if (positions != 0) result["positions"] = by_position(row.measured);
    report["results"].push_back(result);
  }
  if (times) {
    report["seconds"] = {{"elapsed", evaluation.elapsed_s},
                         {"processor", evaluation.processor_s},
                         {"gemm", evaluation.gemm_s},
                         {"rounding", evaluation.rounding_s}};
  }
  out << report.dump(2) << "\n";
}

void print_table(std::ostream& out, const BuiltinEvaluator& evaluator, const std::vector<Row>& rows) {
  TextGrid grid(
      {fmt::format("{} windows of {} tokens", evaluator.windows(), evaluator.length()), "perplexity", "loss"});
  for (const Row& row : rows) {
    grid.row({row.precision, fmt::format("{:.4f}", row.measured.perplexity), percent_text(row.loss)});
  }
  grid.print(out);
}

/// Prints perplexities by position: the baseline's, and each precision's with its loss there.
void print_positions(std::ostream& out, const BuiltinEvaluator& evaluator, const EvaluatedPrecisions& evaluation,
                     std::size_t positions) {
  std::vector<std::string> headings{"positions", "baseline"};
  for (const Row& row : evaluation.rows) headings.insert(headings.end(), {row.precision, "loss"});
  TextGrid grid(headings);
  over_parts(evaluator, positions, [&](std::size_t first, std::size_t end) {
    const double base = evaluation.baseline.perplexity_of(first, end);
    std::vector<std::string> cells{fmt::format("{} … {}", first, end - 1), fmt::format("{:.4f}", base)};
    for (const Row& row : evaluation.rows) {
      const double perplexity = row.measured.perplexity_of(first, end);
      cells.insert(cells.end(), {fmt::format("{:.4f}", perplexity), percent_text((perplexity - base) / base)});
    }
    grid.row(std::move(cells));
  });
  out << '\n';
  grid.print(out);
}

void check_options(const CommandLine& options, const std::vector<WantedPrecision>& wanted) {
  if (options.has("logits") && wanted.size() > 1) options.refuse("--logits needs exactly one --precision");
  if (options.has("logits") && options.text("logits").empty()) options.refuse("option --logits is empty");
  const bool has_file =
      std::any_of(wanted.begin(), wanted.end(), [](const WantedPrecision& one) { return one.config.has_value(); });
  for (const char* name : {"keys", "values", "queries", "probabilities"}) {
    if (has_file && options.has(name)) {
      options.refuse(
          fmt::format("--{} and a --precision FILE.yaml are mutually exclusive: the file gives the rounding of the "
                      "attention (kv_cache, precision.A_q, precision.A_p)",
                      name));
    }
  }
}

}  // namespace

CommandHelp evaluate_help() { return {evaluate_usage, evaluate_options(), evaluate_examples}; }

int evaluate_command(const std::vector<std::string>& args, std::ostream& out) {
  const CommandHelp help = evaluate_help();
  const CommandLine options("anda-sim evaluate", help.options, args, {1, {"precision", "activations"}});
  if (options.has("help")) {
    print_help(out, help);
    return 0;
  }
  std::vector<WantedPrecision> wanted;
  for (const std::string& text : options.all("precision")) wanted.push_back(parse_precision(options, text));
  for (const std::string& text : options.all("activations")) wanted.push_back(parse_activations(text));
  if (wanted.empty()) wanted.emplace_back();
  check_options(options, wanted);
  const std::size_t positions = options.number("positions", 0, std::numeric_limits<std::uint32_t>::max());

  const BuiltinEvaluatorConfig config = make_config(options);
  if (options.has("logits")) refuse_overwriting(options.text("logits"), inputs_of(config));
  BuiltinEvaluator evaluator(config);
  const EvaluatedPrecisions evaluation = evaluate(evaluator, wanted, !config.attention.any());
  if (options.has("logits")) write_logits(evaluator, wanted.front(), options.text("logits"));

  if (options.has("json")) {
    print_json(out, evaluator, evaluation, positions, options.has("times"));
    return 0;
  }
  print_table(out, evaluator, evaluation.rows);
  if (positions != 0) print_positions(out, evaluator, evaluation, positions);
  if (options.has("times")) {
    out << fmt::format(
        "{:.2f} s; {:.2f} s of processor time, including {:.2f} s in FP-INT GeMMs and {:.3f} s in rounding their "
        "inputs\n",
        evaluation.elapsed_s, evaluation.processor_s, evaluation.gemm_s, evaluation.rounding_s);
  }
  return 0;
}

}  // namespace anda::sim
