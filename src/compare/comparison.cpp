// SPDX-License-Identifier: Apache-2.0
#include "compare/comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <anda/base/error.h>
#include <cmath>
#include <limits>

#include "report/human.h"
#include "report/text_grid.h"
#include "text/terminal.h"

namespace anda::sim {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t name_columns = 20;
constexpr const char* geometric_mean = "geometric mean";

/// Fields of Ratios, with their names in compare.json and compare.csv.
struct RatioColumn {
  const char* key;
  const char* title;
  double Comparison::Ratios::*value;
};
constexpr std::array<RatioColumn, 3> ratio_columns{{
    {"speedup", "speedup", &Comparison::Ratios::speedup},
    {"area_efficiency", "area efficiency", &Comparison::Ratios::area_efficiency},
    {"energy_efficiency", "energy efficiency", &Comparison::Ratios::energy_efficiency},
}};
constexpr std::array<const char*, 4> energy_parts{"compute", "sram", "dram", "total"};

/// Fields of Figures, with their names in compare.json and compare.csv.
struct FigureColumn {
  const char* key;
  double Comparison::Figures::*value;
};
constexpr std::array<FigureColumn, 8> figure_columns{{
    {"time_s", &Comparison::Figures::time_s},
    {"effective_tops", &Comparison::Figures::effective_tops},
    {"area_mm2", &Comparison::Figures::area_mm2},
    {"tops_per_mm2", &Comparison::Figures::tops_per_mm2},
    {"energy_compute_pj", &Comparison::Figures::energy_compute_pj},
    {"energy_sram_pj", &Comparison::Figures::energy_sram_pj},
    {"energy_dram_pj", &Comparison::Figures::energy_dram_pj},
    {"energy_total_pj", &Comparison::Figures::energy_total_pj},
}};

/// NaN stands for an unknown value.
Json json_of(double value) { return std::isnan(value) ? Json() : Json(value); }
std::string csv_of(double value) { return std::isnan(value) ? "" : fmt::format("{}", value); }

double figure_of(const nlohmann::json& value) {
  return value.is_null() ? std::numeric_limits<double>::quiet_NaN() : value.get<double>();
}

Json ratios_json(const Comparison::Ratios& ratios) {
  Json json;
  for (const RatioColumn& column : ratio_columns) json[column.key] = json_of(ratios.*column.value);
  for (std::size_t i = 0; i < energy_parts.size(); ++i)
    json["energy_share"][energy_parts[i]] = json_of(ratios.energy[i]);
  return json;
}

/// A field of a CSV file, quoted if necessary.
std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + "\"";
}

}  // namespace

Comparison::Comparison(std::string name, std::vector<std::string> systems, std::vector<std::string> models,
                       std::string config_sha256)
    : name_(std::move(name)),
      systems_(std::move(systems)),
      models_(std::move(models)),
      config_sha256_(std::move(config_sha256)),
      workloads_(models_.size()),
      figures_(systems_.size() * models_.size()),
      traces_(models_.size()) {}

void Comparison::agree(Origin& first, const std::string& value, const char* what, const std::string& origin) {
  if (first.of.empty()) first = {origin, value};
  if (first.value == value) return;
  throw Error::input(
      fmt::format("{} and {} were made with different {}; they cannot be compared", first.of, origin, what));
}

void Comparison::add(std::size_t system, std::size_t model, const nlohmann::json& report, const std::string& reported,
                     const std::string& origin) {
  try {
    const nlohmann::json& run = report.at("run");
    agree(version_, run.at("tool_version"), "versions of anda-sim", origin);
    agree(level_, run.at("level"), "levels of detail", origin);
    agree(technology_, run.at("technology_sha256"), "technologies", origin);
    agree(traces_.at(model), run.at("trace_sha256"), "workloads", origin);
    workloads_.at(model) = run.at("workload");
    for (const std::string note : run.value("notes", nlohmann::json::array())) {
      const std::string text = models_.at(model) + ": " + note;
      if (std::find(notes_.begin(), notes_.end(), text) == notes_.end()) notes_.push_back(text);
    }
    for (const nlohmann::json& entry : report.at("systems")) {
      if (entry.at("name") != reported) continue;
      Figures& figures = figures_.at(model * systems_.size() + system);
      const nlohmann::json& energy = entry.at("energy_pj");
      figures.cycles = entry.at("cycles");
      figures.time_s = entry.at("time_s");
      figures.effective_tops = figure_of(entry.at("effective_tops"));
      figures.area_mm2 = figure_of(entry.at("area_mm2").at("total"));
      figures.tops_per_mm2 = figure_of(entry.at("tops_per_mm2"));
      figures.energy_compute_pj = figure_of(energy.at("compute"));
      figures.energy_sram_pj = figure_of(energy.at("sram"));
      figures.energy_dram_pj = figure_of(energy.at("dram"));
      figures.energy_total_pj = figure_of(energy.at("total"));
      return;
    }
  } catch (const nlohmann::json::exception& error) {
    throw Error::run(fmt::format("{}: is not a report of this version of anda-sim: {}", origin, error.what()));
  }
  throw Error::run(fmt::format("{}: has no system {}", origin, reported));
}

const Comparison::Figures& Comparison::figures(std::size_t system, std::size_t model) const {
  return figures_.at(model * systems_.size() + system);
}

Comparison::Ratios Comparison::ratios(std::size_t system, std::size_t model) const {
  const Figures& base = figures(0, model);
  const Figures& own = figures(system, model);
  const double total = base.energy_total_pj;
  return {base.time_s / own.time_s,
          own.tops_per_mm2 / base.tops_per_mm2,
          base.energy_total_pj / own.energy_total_pj,
          {own.energy_compute_pj / total, own.energy_sram_pj / total, own.energy_dram_pj / total,
           own.energy_total_pj / total}};
}

Comparison::Ratios Comparison::mean(std::size_t system) const {
  Ratios mean;
  const double count = static_cast<double>(models_.size());
  for (std::size_t model = 0; model < models_.size(); ++model) {
    const Ratios one = ratios(system, model);
    for (const RatioColumn& column : ratio_columns) mean.*column.value += std::log(one.*column.value) / count;
    for (std::size_t i = 0; i < energy_parts.size(); ++i) mean.energy[i] += one.energy[i] / count;
  }
  for (const RatioColumn& column : ratio_columns) mean.*column.value = std::exp(mean.*column.value);
  return mean;
}

void Comparison::print_means(std::ostream& out) const {
  const bool several = models_.size() > 1;
  TextGrid grid({several ? "mean of models" : "system", "speedup", "area\nefficiency", "energy\nefficiency",
                 "energy:\ncompute", "SRAM", "DRAM", "total"});
  for (std::size_t i = 0; i < systems_.size(); ++i) {
    const Ratios ratios = mean(i);
    std::vector<std::string> cells{shortened(systems_[i], name_columns)};
    std::vector<Ink> inks{Ink::plain};
    for (const RatioColumn& column : ratio_columns) {
      cells.push_back(ratio_text(known(ratios.*column.value)));
      inks.push_back(ratio_ink(known(ratios.*column.value)));
    }
    for (const double share : ratios.energy) cells.push_back(percent_text(known(share)));
    grid.row(std::move(cells), std::move(inks));
  }
  out << '\n';
  grid.print(out);
  const std::string energy = "energy in shares of " + shortened(systems_.front(), name_columns) + "'s";
  out << wrapped(several ? "geometric means; " + energy + ", arithmetic means" : energy, line_columns(out)) << '\n';
}

void Comparison::print_models(std::ostream& out) const {
  for (const RatioColumn& column : ratio_columns) {
    std::vector<std::string> headings{column.title};
    for (const std::string& system : systems_) headings.push_back(shortened(system, name_columns));
    TextGrid grid(headings);
    for (std::size_t model = 0; model < models_.size(); ++model) {
      std::vector<std::string> cells{shortened(models_[model], name_columns)};
      std::vector<Ink> inks{Ink::plain};
      for (std::size_t i = 0; i < systems_.size(); ++i) {
        const MetricValue ratio = known(ratios(i, model).*column.value);
        cells.push_back(ratio_text(ratio));
        inks.push_back(ratio_ink(ratio));
      }
      grid.row(std::move(cells), std::move(inks));
    }
    out << '\n';
    grid.print(out);
  }
}

void Comparison::print(std::ostream& out, bool details) const {
  out << wrapped(fmt::format("{} · {} systems on {} model{} · against {}", shortened(name_, 60), systems_.size(),
                             models_.size(), models_.size() == 1 ? "" : "s", shortened(systems_.front(), name_columns)),
                 line_columns(out))
      << '\n';
  print_means(out);
  if (details) print_models(out);
  for (const std::string& note : notes_) out << '\n' << note_text(note, out);
}

void Comparison::write_json(std::ostream& out) const {
  Json json;
  json["schema_version"] = compare_schema_version;
  json["name"] = name_;
  json["tool_version"] = version_.value;
  json["level"] = level_.value;
  json["technology_sha256"] = technology_.value;
  if (!config_sha256_.empty()) json["config_sha256"] = config_sha256_;
  json["baseline"] = systems_.front();
  json["notes"] = notes_;
  json["models"] = Json::array();
  for (std::size_t model = 0; model < models_.size(); ++model) {
    Json entry;
    entry["name"] = models_[model];
    entry["workload"] = workloads_[model];
    entry["trace_sha256"] = traces_[model].value;
    for (std::size_t i = 0; i < systems_.size(); ++i) {
      Json system;
      system["name"] = systems_[i];
      system["cycles"] = figures(i, model).cycles;
      for (const FigureColumn& column : figure_columns) system[column.key] = json_of(figures(i, model).*column.value);
      system.update(ratios_json(ratios(i, model)));
      entry["systems"].push_back(std::move(system));
    }
    json["models"].push_back(std::move(entry));
  }
  json["means"] = Json::array();
  for (std::size_t i = 0; i < systems_.size(); ++i) {
    Json entry;
    entry["name"] = systems_[i];
    entry.update(ratios_json(mean(i)));
    json["means"].push_back(std::move(entry));
  }
  out << json.dump(2, ' ', false, Json::error_handler_t::replace) << '\n';
}

void Comparison::write_csv(std::ostream& out) const {
  out << "model,system,cycles";
  for (const FigureColumn& column : figure_columns) out << ',' << column.key;
  for (const RatioColumn& column : ratio_columns) out << ',' << column.key;
  for (const char* part : energy_parts) out << ",energy_share_" << part;
  out << '\n';
  const auto end_of_row = [&](const Ratios& ratios) {
    for (const RatioColumn& column : ratio_columns) out << ',' << csv_of(ratios.*column.value);
    for (const double share : ratios.energy) out << ',' << csv_of(share);
    out << '\n';
  };
  for (std::size_t model = 0; model < models_.size(); ++model) {
    for (std::size_t i = 0; i < systems_.size(); ++i) {
      out << csv_field(models_[model]) << ',' << csv_field(systems_[i]) << ',' << figures(i, model).cycles;
      for (const FigureColumn& column : figure_columns) out << ',' << csv_of(figures(i, model).*column.value);
      end_of_row(ratios(i, model));
    }
  }
  for (std::size_t i = 0; i < systems_.size(); ++i) {
    out << geometric_mean << ',' << csv_field(systems_[i]) << std::string(1 + figure_columns.size(), ',');
    end_of_row(mean(i));
  }
}

}  // namespace anda::sim
