// SPDX-License-Identifier: Apache-2.0
#include "search/search_report.h"

#include <fmt/format.h>

#include "report/human.h"
#include "report/text_grid.h"
#include "text/terminal.h"

namespace anda::sim {
namespace {

using Json = nlohmann::ordered_json;

double saving(const BitOperations& operations, const Precisions& precisions) {
  return static_cast<double>(operations.fp16()) / static_cast<double>(operations.total(precisions));
}

std::string loss_text(double loss) { return fmt::format("{:.3f} %", loss * 100); }

std::string precisions_text(const Precisions& precisions) {
  std::size_t own = 0;
  for (const Combination& layer : precisions.layers) {
    if (layer != precisions.all) ++own;
  }
  const std::string text = lengths_text(precisions);
  return own == 0 ? text : fmt::format("{}, {} layer{}", text, own, own == 1 ? " differs" : "s differ");
}

Json result_json(const ReportedResult& result, const BitOperations& operations, const PrecisionSearch& search) {
  const ToleranceResult& found = result.found;
  const auto described = [&](const Candidate& candidate) {
    Json json = search.describe(candidate);
    json["bops_saving"] = saving(operations, candidate.precisions);
    return json;
  };
  Json json;
  json["tolerance"] = found.tolerance;
  json["meets_tolerance"] = found.meets();
  json["file"] = found.meets() ? Json(config_file_name(found.tolerance)) : Json(nullptr);
  json["iterations"] = found.modules.iterations;
  json["best"] = described(found.modules.best);
  json["best_uniform"] = found.modules.uniform ? described(*found.modules.uniform) : Json(nullptr);
  if (found.layers) {
    json["per_layer"] = described(found.layers->best);
    json["per_layer"]["iterations"] = found.layers->iterations;
  }
  if (result.simulated) {
    const LoopResult& simulated = *result.simulated;
    json["simulation"] = {{"cycles", simulated.cycles},
                          {"time_s", simulated.time_s},
                          {"energy_total_pj", simulated.energy_pj},
                          {"speedup", simulated.speedup},
                          {"area_efficiency", simulated.area_efficiency},
                          {"energy_efficiency", simulated.energy_efficiency}};
  }
  return json;
}

/// What early stopping has saved, if it has.
std::string stopped_text(const PrecisionSearch& search) {
  if (search.stopped() == 0) return "";
  return fmt::format("; {} ended early, all took {:.0f} % of their tokens", search.stopped(),
                     100 * search.asked_share() / static_cast<double>(search.asked()));
}

}  // namespace

std::string percent_digits(double share) { return fmt::format("{:.10g}", share * 100); }

std::string config_file_name(double tolerance) { return "loss-" + percent_digits(tolerance) + ".yaml"; }

void write_found_config(std::ostream& out, const SearchInfo& info, const PrecisionConfig& base,
                        const ToleranceResult& found) {
  const Candidate& best = found.outcome().best;
  const PrecisionConfig precision = precision_config(base, best.precisions);
  out << fmt::format("# Found by anda-sim search: loses {} of the baseline's perplexity, {} % allowed.\n",
                     loss_text(best.loss), percent_digits(found.tolerance))
      << "base: config.yaml\n"
      << "name: " << Json(fmt::format("{}, {} % loss", info.run.name, percent_digits(found.tolerance))).dump() << '\n';
  const auto list = [](std::uint32_t qkv, std::uint32_t o, std::uint32_t u, std::uint32_t d) {
    return combination_text({qkv, o, u, d});
  };
  const AttentionLengths& attention = best.precisions.attention;
  for (const std::size_t i : {2U, 3U}) {
    if (attention[i] == 0) continue;
    if (i == 2 || attention[2] == 0) out << "kv_cache:\n";
    out << fmt::format("  {}: {{bits: {}}}\n", i == 2 ? "k" : "v", attention[i]);
  }
  if (precision.layers.empty() && attention[0] == 0 && attention[1] == 0) {
    out << "precision: " << combination_text(best.precisions.all) << '\n';
    return;
  }
  out << fmt::format("precision:\n  A_qkv: {}\n  A_o: {}\n  A_u: {}\n  A_d: {}\n", precision.a_qkv, precision.a_o,
                     precision.a_u, precision.a_d);
  for (const std::size_t i : {0U, 1U}) {
    if (attention[i] != 0) out << fmt::format("  {}: {}\n", attention_dimensions[i], attention[i]);
  }
  if (!precision.layers.empty()) out << "  layers:\n";
  for (const auto& [number, layer] : precision.layers) {
    out << fmt::format("    {}: {}\n", number, list(*layer.a_qkv, *layer.a_o, *layer.a_u, *layer.a_d));
  }
}

void write_search_json(std::ostream& out, const SearchInfo& info, const std::vector<ReportedResult>& results,
                       const BitOperations& operations, PrecisionSearch& search) {
  Json json;
  json["schema_version"] = search_schema_version;
  json["tool_version"] = info.run.tool_version;
  json["name"] = info.run.name;
  json["workload"] = info.run.workload;
  json["trace_sha256"] = info.run.trace_sha256;
  json["config_sha256"] = info.run.config_sha256;
  json["technology_sha256"] = info.run.technology_sha256;
  json["evaluator"] = info.evaluator;
  json["objective"] = name_of(objectives, info.objective);
  json["baseline_perplexity"] = search.baseline();
  json["evaluations"] = search.looked_at();
  if (search.stopped() != 0) {
    json["early_stop"] = {{"evaluations", search.asked()},
                          {"stopped", search.stopped()},
                          {"share", search.asked_share() / static_cast<double>(search.asked())}};
  }
  json["bops_fp16"] = operations.fp16();
  json["results"] = Json::array();
  for (const ReportedResult& result : results) json["results"].push_back(result_json(result, operations, search));
  json["front"] = Json::array();
  for (const Candidate& candidate : search.front()) json["front"].push_back(search.describe(candidate));
  out << json.dump(2, ' ', false, Json::error_handler_t::replace) << '\n';
}

void print_search(std::ostream& out, const SearchInfo& info, const std::vector<ReportedResult>& results,
                  const BitOperations& operations, PrecisionSearch& search) {
  const std::size_t columns = line_columns(out);
  out << wrapped(fmt::format("{} · {} · objective {}", shortened(info.run.name, 60), shortened(info.run.workload, 60),
                             name_of(objectives, info.objective)),
                 columns)
      << '\n'
      << wrapped(fmt::format("baseline perplexity {:.5g}, {} evaluations, {} of them new{}", search.baseline(),
                             search.looked_at(), search.asked(), stopped_text(search)),
                 columns)
      << "\n\n";
  const bool simulated = !results.empty() && results.front().simulated.has_value();
  std::vector<std::string> headings{"tolerance",   "mantissa bits", "perplexity",     "loss",
                                    "BOPs\nsaved", "best uniform",  "its BOPs\nsaved"};
  if (simulated) headings.insert(headings.end(), {"speedup", "area\nefficiency", "energy\nefficiency"});
  TextGrid grid(headings);
  for (const ReportedResult& result : results) {
    const ToleranceResult& found = result.found;
    const Candidate& best = found.outcome().best;
    const Json known = search.describe(best);
    std::vector<std::string> cells{percent_digits(found.tolerance) + " %",
                                   precisions_text(best.precisions) + (found.meets() ? "" : ", not met"),
                                   fmt::format("{:.5g}", known.at("perplexity").get<double>()), loss_text(best.loss),
                                   ratio_text(saving(operations, best.precisions))};
    if (found.modules.uniform) {
      const Precisions& uniform = found.modules.uniform->precisions;
      cells.insert(cells.end(), {lengths_text(uniform), ratio_text(saving(operations, uniform))});
    } else {
      cells.insert(cells.end(), {"none", "n/a"});
    }
    if (result.simulated) {
      cells.insert(cells.end(), {ratio_text(result.simulated->speedup), ratio_text(result.simulated->area_efficiency),
                                 ratio_text(result.simulated->energy_efficiency)});
    } else if (simulated) {
      cells.insert(cells.end(), {"n/a", "n/a", "n/a"});
    }
    grid.row(std::move(cells));
  }
  grid.print(out);
}

}  // namespace anda::sim
