// SPDX-License-Identifier: Apache-2.0
#include "search/search_report.h"

#include <fmt/format.h>

#include <algorithm>

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

/// Gain of a schedule over the best choice for all positions: cost of that choice / cost of the schedule.
Json gain_of(const Json& constant, const Json& schedule) {
  Json gain;
  for (const char* key : {"bops", "cycles", "energy_pj", "edp_pj_s"}) {
    gain[key] = constant.at(key).get<double>() / schedule.at(key).get<double>();
  }
  return gain;
}

Json schedule_json(const ToleranceResult& found, const BitOperations& operations, const PrecisionSearch& search) {
  Json json = search.describe(found.schedule->best);
  json["bops_saving"] = saving(operations, found.schedule->best.precisions);
  json["iterations"] = found.schedule->iterations;
  json["gain"] = gain_of(search.describe(found.modules.best), json);
  return json;
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
  if (found.schedule) json["schedule"] = schedule_json(found, operations, search);
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

/// "A_qkv: 5, A_o: 4, A_u: 4, A_d: 4, K: 3"
std::string named_lengths(const SegmentLengths& lengths) {
  std::string text;
  for (std::size_t i = 0; i < lengths.all.size(); ++i) {
    text += fmt::format("{}{}: {}", i == 0 ? "" : ", ", tensor_types[i], lengths.all[i]);
  }
  for (std::size_t i = 0; i < lengths.attention.size(); ++i) {
    if (lengths.attention[i] != 0) text += fmt::format(", {}: {}", attention_dimensions[i], lengths.attention[i]);
  }
  return text;
}

/// Prints the schedules found: lengths and loss of each part of a sequence, and the gain.
void print_schedules(std::ostream& out, const std::vector<ReportedResult>& results, const PrecisionSearch& search) {
  TextGrid grid({"tolerance", "from position", "mantissa bits", "loss there", "fewer\ncycles", "less\nenergy"});
  for (const ReportedResult& result : results) {
    if (!result.found.schedule) continue;
    const Candidate& best = result.found.schedule->best;
    const Json gain = gain_of(search.describe(result.found.modules.best), search.describe(best));
    std::vector<std::uint32_t> positions{0};
    for (const std::uint32_t position : search.positions()) positions.push_back(position);
    SegmentLengths lengths{best.precisions.all, best.precisions.attention};
    for (std::size_t i = 0; i < positions.size(); ++i) {
      const auto entry = best.precisions.schedule.find(positions[i]);
      if (entry != best.precisions.schedule.end()) lengths = entry->second;
      grid.row({i == 0 ? percent_digits(result.found.tolerance) + " %" : "", std::to_string(positions[i]),
                lengths_text({lengths.all, {}, lengths.attention}), loss_text(best.segment_losses[i]),
                i == 0 ? ratio_text(gain.at("cycles").get<double>()) : "",
                i == 0 ? ratio_text(gain.at("energy_pj").get<double>()) : ""});
    }
  }
  out << '\n';
  grid.print(out);
}

/// What early stopping has saved; empty if nothing.
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
  if (precision.layers.empty() && precision.schedule.empty() && attention[0] == 0 && attention[1] == 0) {
    out << "precision: " << combination_text(best.precisions.all) << '\n';
    return;
  }
  out << fmt::format("precision:\n  A_qkv: {}\n  A_o: {}\n  A_u: {}\n  A_d: {}\n", precision.a_qkv, precision.a_o,
                     precision.a_u, precision.a_d);
  for (const std::size_t i : {0U, 1U}) {
    if (attention[i] != 0) out << fmt::format("  {}: {}\n", attention_dimensions[i], attention[i]);
  }
  if (!precision.schedule.empty()) out << "  schedule:\n";
  for (const auto& [position, lengths] : best.precisions.schedule) {
    out << fmt::format("    {}: {{{}}}\n", position, named_lengths(lengths));
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
  const bool scheduled = std::any_of(results.begin(), results.end(),
                                     [](const ReportedResult& result) { return result.found.schedule.has_value(); });
  if (scheduled) print_schedules(out, results, search);
}

}  // namespace anda::sim
