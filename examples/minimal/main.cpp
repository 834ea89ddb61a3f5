// SPDX-License-Identifier: Apache-2.0
// One accelerator, one memory, and one GeMM of small integers, whose result is exact.
#include <anda/accelerator/accelerator.h>
#include <anda/accelerator/tiling.h>
#include <anda/base/access.h>
#include <anda/dataflow/tensor_image.h>
#include <anda/dram/dram.h>
#include <iostream>

struct Host : sc_core::sc_module {
  tlm_utils::simple_initiator_socket<Host> control{"control"};
  explicit Host(sc_core::sc_module_name name) : sc_module(name) {}
  void write(std::uint64_t offset, std::uint32_t value) {
    sc_core::sc_time delay;
    anda::access(control, tlm::TLM_WRITE_COMMAND, offset, &value, 4, delay);
  }
};

int sc_main(int, char**) {
  anda::AcceleratorConfig config;  // the paper's machine, with functional data
  config.functional.enabled = true;
  anda::DramConfig memory;
  memory.store_data = true;
  anda::Accelerator accelerator("accelerator", config);
  anda::Dram dram("dram", memory);
  Host host("host");
  sc_core::sc_signal<bool> interrupt("interrupt");
  accelerator.memory.bind(dram.socket);
  accelerator.interrupt.bind(interrupt);
  host.control.bind(accelerator.control);

  // C[24 × 40] = A[24 × 256] · W[256 × 40]: 8-bit mantissas, 4-bit weights and FP16 results.
  const anda::GemmTask task{24, 40, 256, {8, 64}, {0, 64}, {4, 128}};
  const anda::StepShape step = anda::choose_step(anda::Tiling::automatic, config, task);
  const anda::GemmDescriptor gemm{24, 40, 256, 8, 0, 4, step, {0, 1 << 20, 2 << 20, 3 << 20}};
  std::vector<anda::Fp16> a;
  for (int i = 0; i < 24 * 256; ++i) a.push_back(anda::to_fp16(i * 7 % 11 - 5));
  anda::WeightTensor w{256, 40, task.weights, {}, std::vector<anda::Fp16>(256 / 128 * 40, anda::to_fp16(1))};
  for (int i = 0; i < 256 * 40; ++i) w.codes.push_back(static_cast<std::int8_t>(i * 5 % 15 - 7));
  anda::EncodingLoss loss;
  auto image = anda::pack_activation_tensor(a, 24, 256, task.input, config.mxu.rows, loss);
  anda::debug_access(accelerator.memory, tlm::TLM_WRITE_COMMAND, gemm.addresses.activations, &image[0], image.size());
  image = anda::pack_weight_tensor(w, config.mxu.columns);
  anda::debug_access(accelerator.memory, tlm::TLM_WRITE_COMMAND, gemm.addresses.weights, &image[0], image.size());
  for (std::size_t i = 0; i < gemm.words; ++i) host.write(ANDA_INSTRUCTION_MEMORY + 4 * i, gemm.encode()[i]);
  host.write(ANDA_REG_DESCRIPTOR_COUNT, 1);
  host.write(ANDA_REG_CONTROL, ANDA_CONTROL_START);
  sc_core::sc_start();

  image.resize(anda::tensor_bytes(24, 40, task.output, config.mxu.rows));
  anda::debug_access(accelerator.memory, tlm::TLM_READ_COMMAND, gemm.addresses.outputs, &image[0], image.size());
  const auto c = anda::unpack_activation_tensor(image, 24, 40, task.output, config.mxu.rows);
  int wrong = 0;
  for (int i = 0, sum = 0; i < 24 * 40; ++i, sum = 0) {
    for (int k = 0; k < 256; ++k) sum += ((i / 40 * 256 + k) * 7 % 11 - 5) * ((k * 40 + i % 40) * 5 % 15 - 7);
    wrong += anda::to_float(c[i]) != static_cast<float>(sum);
  }
  std::cout << sc_core::sc_time_stamp() << ", " << wrong << " wrong results\n";
  return wrong != 0;
}
