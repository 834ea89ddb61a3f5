// SPDX-License-Identifier: Apache-2.0
#include "report/op_columns.h"

#include <algorithm>

namespace anda::sim {
namespace {

using Value = OpColumn::Value;

const char* name_of(LoopOrder order) {
  switch (order) {
    case LoopOrder::nkm:
      return "nkm";
    case LoopOrder::mkn:
      return "mkn";
    case LoopOrder::mnk:
      return "mnk";
  }
  return "?";
}

Value whole(std::uint64_t value) { return value; }

}  // namespace

namespace {

std::vector<OpColumn> all_columns() {
  return {
      {"index", false, "", "Row of the trace, from 0.", [](const OpRecord& r) { return whole(r.index); }},
      {"name", false, "", "Name of the GeMM in the trace.", [](const OpRecord& r) -> Value { return r.gemm.name; }},
      {"layer", false, "", "Decoder layer, from 0.", [](const OpRecord& r) { return whole(r.gemm.layer); }},
      {"tensor", false, "", "Type of the activations A, which the precision depends on.",
       [](const OpRecord& r) -> Value { return r.gemm.tensor; }},
      {"kind", false, "", "Purpose of the operation; workload.scope layer and model.",
       [](const OpRecord& r) -> Value { return std::string(name_of(op_kinds, r.gemm.kind)); }},
      {"unit", false, "", "Unit that computes it: array or vector_unit; workload.scope layer and model.",
       [](const OpRecord& r) -> Value { return std::string(r.vector ? "vector_unit" : "array"); }},
      {"output_token", false, "",
       "Output token to which it contributes; 0: the first, from the prefill; workload.scope layer and model.",
       [](const OpRecord& r) { return whole(r.gemm.output_token); }},
      {"m", false, "rows", "Rows of A: tokens × batch.", [](const OpRecord& r) { return whole(r.gemm.m); }},
      {"k", false, "elements", "Columns of A: input features.", [](const OpRecord& r) { return whole(r.gemm.k); }},
      {"n", false, "columns", "Columns of W: output features.", [](const OpRecord& r) { return whole(r.gemm.n); }},
      {"count", false, "runs", "Number of consecutive runs of the GeMM; all other numbers cover all of them.",
       [](const OpRecord& r) { return whole(r.gemm.count); }},
      {"weight_bits", false, "bits", "Width of a weight.",
       [](const OpRecord& r) { return whole(r.task.weights.bits); }},
      {"input_mantissa_bits", false, "bits",
       "Mantissa length of A; 0: A is FP16. Of an operand format, the bits of an element less one.",
       [](const OpRecord& r) { return whole(r.task.input.mantissa_bits); }},
      {"output_mantissa_bits", false, "bits",
       "Mantissa length in which the results are written; 0: FP16. Of an operand format likewise.",
       [](const OpRecord& r) { return whole(r.task.output.mantissa_bits); }},
      {"m", true, "rows", "Rows of A in a step.", [](const OpRecord& r) { return whole(r.step.m); }},
      {"k", true, "elements", "Elements along k in a step.", [](const OpRecord& r) { return whole(r.step.k); }},
      {"n", true, "columns", "Columns of W in a step.", [](const OpRecord& r) { return whole(r.step.n); }},
      {"order", true, "",
       "Order of the loops over steps, outermost first: nkm keeps weights, mkn activations, mnk results "
       "on chip.",
       [](const OpRecord& r) -> Value { return name_of(r.step.order); }},
  };
}

bool is_of_inference(const OpColumn& column) {
  const std::string key = column.key;
  return key == "kind" || key == "unit" || key == "output_token";
}

}  // namespace

const std::vector<OpColumn>& op_columns(bool whole) {
  static const std::vector<OpColumn> all = all_columns();
  static const std::vector<OpColumn> of_gemms = [] {
    std::vector<OpColumn> columns = all_columns();
    columns.erase(std::remove_if(columns.begin(), columns.end(), is_of_inference), columns.end());
    return columns;
  }();
  return whole ? all : of_gemms;
}

}  // namespace anda::sim
