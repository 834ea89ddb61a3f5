// SPDX-License-Identifier: Apache-2.0
#include "cli/formats_command.h"

#include <anda/base/error.h>
#include <anda/numeric/fp16.h>
#include <fmt/format.h>

#include <cmath>
#include <cstring>
#include <memory>
#include <nlohmann/json.hpp>

#include "config/format_file.h"
#include "data/npy.h"
#include "report/text_grid.h"
#include "text/terminal.h"

namespace anda::sim {
namespace {

namespace po = boost::program_options;
using Format = std::shared_ptr<const OperandFormat>;

constexpr std::uint64_t usual_elements = 4096;
constexpr std::uint64_t most_elements = std::uint64_t{1} << 32;

constexpr const char* usage =
    "Usage: anda-sim formats [--format FORMAT]... [options]\n"
    "\n"
    "Lists operand formats with the bits of a value, everything counted, and measures\n"
    "what they leave of the values of a file. docs/formats.md describes them.\n"
    "\n";
constexpr const char* examples =
    "\n"
    "Examples:\n"
    "  anda-sim formats\n"
    "  anda-sim formats --json --elements 128\n"
    "  anda-sim formats --format mxfp4 --format mine.yaml --measure activations.npy\n"
    "  anda-sim formats --format '{name: b5, family: bfp, mantissa_bits: 4}'\n";

po::options_description make_options() {
  const auto text = [](const char* name) { return po::value<std::string>()->value_name(name); };
  po::options_description options("Options");
  options.add_options()  //
      ("format", text("FORMAT"),
       "a name, a YAML file or a map of YAML; may be repeated (all of configs/formats)")                          //
      ("elements", text("N"), "values of a row, over which shared bits are spread, and rows of a tensor (4096)")  //
      ("measure", text("FILE"), "a .npy of float16 or float32: round its rows, along its last axis")              //
      ("json", "print JSON instead of a table")                                                                   //
      ("help,h", "show this help");
  return options;
}

/// Values of a .npy file, and the number of values in a row.
struct Values {
  std::vector<float> all;
  std::size_t row = 0;
};

Values read_values(const std::string& path) {
  const NpyLayout layout = read_npy_layout(path);
  const Array array = read_npy(path, layout.shape);
  if (array.type == NumberType::int8) throw Error::input(path + ": holds int8, must hold float16 or float32");
  Values values;
  values.all.resize(array.data.size() / bytes_of(array.type));
  if (array.type == NumberType::float32) {
    if (!array.data.empty()) std::memcpy(values.all.data(), array.data.data(), array.data.size());
  } else {
    for (std::size_t i = 0; i < values.all.size(); ++i) {
      Fp16 half;
      std::memcpy(&half.bits, array.data.data() + i * sizeof half.bits, sizeof half.bits);
      values.all[i] = to_float(half);
    }
  }
  values.row = layout.shape.empty() ? 1 : static_cast<std::size_t>(layout.shape.back());
  if (values.all.empty()) throw Error::input(path + ": holds no values");
  return values;
}

FormatError measure(const OperandFormat& format, const Values& values, const std::string& path) {
  FormatError error;
  std::vector<float> rounded;
  const Format fitted = format.fitted(values.all.data(), values.all.size() / values.row, values.row);
  const OperandFormat& used = fitted ? *fitted : format;
  for (std::size_t first = 0; first < values.all.size(); first += values.row) {
    const float* from = values.all.data() + first;
    rounded.assign(from, from + values.row);
    try {
      used.round_row(rounded.data(), values.row);
    } catch (const Error& problem) {
      throw Error::input(
          fmt::format("{}: row {}: {}: {}", path, first / values.row, format.description().name, problem.what()));
    }
    error.add(from, rounded.data(), values.row);
  }
  return error;
}

/// Average bits per value of a square matrix.
double bits_per_value(const OperandFormat& format, std::uint64_t elements) {
  const auto rows = static_cast<double>(elements);
  return (static_cast<double>(format.layout().bits(elements)) +
          static_cast<double>(format.layout().codebook_bits) / rows) /
         rows;
}

nlohmann::ordered_json json_of(const OperandFormat& format, std::uint64_t elements) {
  const FormatLayout& layout = format.layout();
  nlohmann::ordered_json json{{"name", format.description().name},
                              {"family", name_of(format_families, format.description().family)},
                              {"element_bits", layout.element_bits},
                              {"group", layout.is_float ? 1 : layout.block}};
  json["shared"] = nlohmann::ordered_json::array();
  for (const SharedField& field : layout.shared) json["shared"].push_back({{"name", field.name}, {"bits", field.bits}});
  json["shared_bits"] = layout.shared_bits();
  if (layout.row_bits != 0) json["row_bits"] = layout.row_bits;
  if (layout.codebook_bits != 0) json["codebook_bits"] = layout.codebook_bits;
  json["bits_per_value"] = bits_per_value(format, elements);
  json["decoder"] = format.description().decoder;
  json["source"] = format.description().source;
  return json;
}

std::string group_text(const FormatLayout& layout) {
  if (layout.is_float) return "–";
  return layout.block == 0 ? "row" : std::to_string(layout.block);
}

void print_json(std::ostream& out, const std::vector<Format>& formats, std::uint64_t elements, const Values* values,
                const std::string& path) {
  nlohmann::ordered_json report{{"elements", elements}, {"formats", nlohmann::ordered_json::array()}};
  for (const Format& format : formats) {
    nlohmann::ordered_json json = json_of(*format, elements);
    if (values != nullptr) {
      const FormatError error = measure(*format, *values, path);
      const double sqnr = error.sqnr_db();
      json["sqnr_db"] = std::isfinite(sqnr) ? nlohmann::ordered_json(sqnr) : nlohmann::ordered_json();
      json["largest_error"] = std::isfinite(error.largest) ? nlohmann::ordered_json(error.largest) : nullptr;
    }
    report["formats"].push_back(std::move(json));
  }
  out << report.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) << "\n";
}

void print_table(std::ostream& out, const std::vector<Format>& formats, std::uint64_t elements, const Values* values,
                 const std::string& path) {
  std::vector<std::string> headings{"format", "element", "group", "shared", "bits per value"};
  if (values != nullptr) headings.emplace_back("SQNR (dB)");
  TextGrid grid(headings);
  for (const Format& format : formats) {
    const FormatLayout& layout = format->layout();
    std::vector<std::string> cells{format->description().name, std::to_string(layout.element_bits), group_text(layout),
                                   std::to_string(layout.shared_bits()),
                                   fmt::format("{:.4f}", bits_per_value(*format, elements))};
    if (values != nullptr) {
      const double sqnr = measure(*format, *values, path).sqnr_db();
      cells.push_back(std::isfinite(sqnr) ? fmt::format("{:.2f}", sqnr) : "exact");
    }
    grid.row(std::move(cells));
  }
  grid.print(out);
}

}  // namespace

CommandHelp formats_help() { return {usage, make_options(), examples}; }

int formats_command(const std::vector<std::string>& args, std::ostream& out) {
  const CommandHelp help = formats_help();
  const CommandLine options("anda-sim formats", help.options, args, {0, {"format"}});
  if (options.has("help")) {
    print_help(out, help);
    return 0;
  }
  std::vector<std::string> wanted = options.all("format");
  if (wanted.empty()) wanted = format_names();
  std::vector<Format> formats;
  for (const std::string& text : wanted) formats.push_back(load_format(text, "option --format"));
  const std::uint64_t elements = options.number("elements", usual_elements, most_elements);
  const std::string path = options.text("measure", "");
  Values values;
  if (!path.empty()) values = read_values(path);
  const Values* measured = path.empty() ? nullptr : &values;
  if (options.has("json")) {
    print_json(out, formats, elements, measured, path);
  } else {
    print_table(out, formats, elements, measured, path);
  }
  return 0;
}

}  // namespace anda::sim
