// SPDX-License-Identifier: Apache-2.0
#include <anda/dataflow/vector_plan.h>

#include <algorithm>
#include <numeric>

#include <anda/base/error.h>
#include <anda/base/math.h>
#include <anda/dataflow/tensor_image.h>

namespace anda {

namespace {

constexpr std::uint64_t value_bytes = 2;  // FP16

bool is_multiply(const VectorTask& task) { return task.operation == VectorOperation::multiply; }

}  // namespace

VectorPlan::VectorPlan(const VectorTask& task, const MachineShape& machine)
    : task_(task),
      geometry_(machine.geometry),
      panels_(ceil_div(task.rows, machine.geometry.rows)),
      block_columns_(std::lcm(std::uint64_t{machine.geometry.columns}, std::uint64_t{machine.format.group_size})) {}

VectorPlan::VectorPlan(const VectorTask& task, const GemmAddresses& addresses, const MachineShape& machine,
                       std::uint32_t passes)
    : VectorPlan(task, machine) {
  addresses_ = addresses;
  passes_ = passes;
  const std::uint64_t half = machine.activation_buffer.mantissa_bytes / 2;
  if (narrowest() > half) {
    throw Error::input("accelerator.activation_buffer.mantissa_bytes = " + std::to_string(2 * half) +
                       " is too small for a vector operation: half of it must hold " + std::to_string(narrowest()) +
                       " bytes, the operands and results of " + std::to_string(geometry_.rows) + " rows");
  }
  cut(half);
}

bool VectorPlan::fits(const VectorTask& task, const MachineShape& machine) {
  return VectorPlan(task, machine).narrowest() <= machine.activation_buffer.mantissa_bytes / 2;
}

/// Bytes that half of the buffer must hold: operands and results of one block or, for `multiply`, the results and as
/// much again for streaming operands.
std::uint64_t VectorPlan::narrowest() const {
  if (is_multiply(task_)) {
    const std::uint64_t columns = std::min<std::uint64_t>(task_.columns, block_columns_);
    return 2 * result_bytes(geometry_.rows, columns);
  }
  return bytes_of_part(std::min<std::uint64_t>(task_.columns, block_columns_));
}

std::uint64_t VectorPlan::input_bytes(const VectorTask& task) {
  return std::uint64_t{task.rows} * (is_multiply(task) ? task.depth : task.columns) * value_bytes;
}

std::uint64_t VectorPlan::second_bytes(const VectorTask& task) {
  if (is_multiply(task)) return task.weights.bytes(task.depth, task.columns);
  return takes_second(task.operation) ? input_bytes(task) : 0;
}

std::uint64_t VectorPlan::output_bytes(const VectorTask& task, std::uint32_t panel) {
  if (task.operation == VectorOperation::quantise) {
    return tensor_bytes(task.columns, task.rows, task.weights, std::uint64_t{panel});
  }
  return tensor_bytes(task.rows, task.columns, task.output, panel);
}

std::uint64_t VectorPlan::result_bytes(std::uint64_t rows, std::uint64_t columns) const {
  if (task_.operation == VectorOperation::quantise) return task_.weights.bytes(columns, rows);
  return task_.output.bytes(rows, columns);
}

BufferWords VectorPlan::result_words(std::uint64_t rows, std::uint64_t columns) const {
  if (task_.operation == VectorOperation::quantise) {
    return {ceil_div(result_bytes(rows, columns) * 8, geometry_.data_word_bits), 0};
  }
  return geometry_.activation_words(rows, columns, task_.output);
}

BufferWords VectorPlan::operand_words(const VectorStep& step) const {
  BufferWords words;
  for (const Transfer& transfer : step.loads) words += transfer.words;
  return words;
}

/// Bytes of a panel's operands and results in the buffer for a number of columns.
std::uint64_t VectorPlan::bytes_of_part(std::uint64_t columns) const {
  const std::uint64_t operands = takes_second(task_.operation) ? 2 : 1;
  return operands * geometry_.rows * columns * value_bytes + result_bytes(geometry_.rows, columns);
}

void VectorPlan::cut(std::uint64_t half_bytes) {
  if (is_multiply(task_)) {
    // Results of as many columns as fit in a quarter of the buffer stay; x and the second operand stream past.
    std::uint64_t blocks = ceil_div(std::uint64_t{task_.columns}, block_columns_);
    while (blocks > 1 && result_bytes(geometry_.rows, blocks * block_columns_) > half_bytes / 2)
      blocks = (blocks + 1) / 2;
    part_ = std::min<std::uint64_t>(blocks * block_columns_, task_.columns);
    const std::uint64_t room = half_bytes - result_bytes(geometry_.rows, part_);
    depth_parts_ = ceil_div(task_.weights.bytes(task_.depth, part_) + row_bytes() * geometry_.rows, room);
    parts_ = ceil_div(std::uint64_t{task_.columns}, part_) * depth_parts_;
    return;
  }
  part_ = task_.columns;
  if (bytes_of_part(part_) <= half_bytes) return;
  std::uint64_t blocks = half_bytes / bytes_of_part(block_columns_);
  while (bytes_of_part((blocks + 1) * block_columns_) <= half_bytes) ++blocks;
  part_ = blocks * block_columns_;
  parts_ = ceil_div(task_.columns, part_);
  readings_ = passes_;
}

bool VectorPlan::next(VectorStep& step) {
  if (next_ == steps()) return false;
  const std::uint64_t part = next_ % parts_;
  const std::uint64_t panel = next_ / parts_ / readings_;
  step = VectorStep();
  step.index = next_;
  step.half = static_cast<std::uint32_t>(next_ & 1);
  step.reading = static_cast<std::uint32_t>(next_ / parts_ % readings_);
  step.last_reading = step.reading + 1 == readings_;
  step.first_row = panel * geometry_.rows;
  step.rows = std::min<std::uint64_t>(geometry_.rows, task_.rows - step.first_row);
  if (is_multiply(task_)) {
    const std::uint64_t deep = part % depth_parts_;
    step.first_column = part / depth_parts_ * part_;
    const std::uint64_t width = std::min<std::uint64_t>(part_, task_.columns - step.first_column);
    step.columns = deep + 1 == depth_parts_ ? width : 0;
    const std::uint64_t macs = step.rows * width * task_.depth;
    step.macs = macs * (deep + 1) / depth_parts_ - macs * deep / depth_parts_;
  } else {
    step.first_column = part * part_;
    step.columns = std::min<std::uint64_t>(part_, task_.columns - step.first_column);
  }
  add_loads(step);
  if (step.last_reading && step.columns > 0) step.store = store_of(step);
  ++next_;
  return true;
}

Transfer VectorPlan::load(const VectorStep& step, MemoryRun run, std::uint64_t offset) const {
  Transfer load;
  load.operand = Operand::activations;
  load.memory = run;
  load.address = step.half * geometry_.activation_half_bytes + offset;
  load.words.data = ceil_div(run.bytes * 8, geometry_.data_word_bits);
  load.panel = step.first_row / geometry_.rows;
  return load;
}

void VectorPlan::add_loads(VectorStep& step) const {
  if (is_multiply(task_)) {
    const std::uint64_t deep = next_ % parts_ % depth_parts_;
    const auto share = [&](std::uint64_t address, std::uint64_t all) {
      const std::uint64_t from = all * deep / depth_parts_;
      return MemoryRun{address + from, all * (deep + 1) / depth_parts_ - from};
    };
    const std::uint64_t width = std::min<std::uint64_t>(part_, task_.columns - step.first_column);
    const MemoryRun x = share(addresses_.activations + step.first_row * row_bytes(), step.rows * row_bytes());
    const MemoryRun second = share(addresses_.weights + task_.weights.bytes(task_.depth, step.first_column),
                                   task_.weights.bytes(task_.depth, width));
    if (x.bytes > 0) step.loads.push_back(load(step, x, 0));
    step.loads.push_back(load(step, second, x.bytes));
    return;
  }
  const std::uint64_t bytes = step.rows * step.columns * value_bytes;
  const std::uint64_t from = (step.first_row * task_.columns + step.rows * step.first_column) * value_bytes;
  step.loads.push_back(load(step, {addresses_.activations + from, bytes}, 0));
  if (takes_second(task_.operation)) step.loads.push_back(load(step, {addresses_.weights + from, bytes}, bytes));
}

std::uint64_t VectorPlan::result_address(const VectorStep& step) const {
  std::uint64_t operands = 0;
  for (const Transfer& transfer : step.loads) operands += transfer.memory.bytes;
  // The parts of a product accumulate in one place: the end of the half that the last part uses.
  return step.half * geometry_.activation_half_bytes +
         (is_multiply(task_) ? geometry_.activation_half_bytes - result_bytes(step.rows, step.columns) : operands);
}

Transfer VectorPlan::store_of(const VectorStep& step) const {
  Transfer store;
  store.store = true;
  store.operand = Operand::results;
  const std::uint64_t panel_bytes = result_bytes(geometry_.rows, task_.columns);
  store.memory = {
      addresses_.outputs + step.first_row / geometry_.rows * panel_bytes + result_bytes(step.rows, step.first_column),
      result_bytes(step.rows, step.columns)};
  store.address = result_address(step);
  store.words = result_words(step.rows, step.columns);
  store.panel = step.first_row / geometry_.rows;
  return store;
}

}  // namespace anda
