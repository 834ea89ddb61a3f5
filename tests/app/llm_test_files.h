// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_TESTS_APP_LLM_TEST_FILES_H
#define ANDA_TESTS_APP_LLM_TEST_FILES_H

#include <anda/base/error.h>

#include <catch2/catch.hpp>
#include <cstdint>
#include <cstring>
#include <fmt/format.h>
#include <functional>
#include <map>
#include <random>
#include <string>
#include <vector>

namespace llm_test {

/// A safetensors file: the length of the header in 8 bytes, the header, the data.
inline std::string safetensors(const std::string& header, const std::string& data) {
  std::string text(8, '\0');
  for (std::size_t i = 0; i < 8; ++i) text[i] = static_cast<char>(header.size() >> (8 * i) & 0xFF);
  return text + header + data;
}

using Tensors = std::map<std::string, std::pair<std::vector<std::uint64_t>, std::vector<float>>>;

/// A safetensors file of FP32 tensors.
inline std::string safetensors(const Tensors& tensors) {
  std::string header;
  std::string data;
  for (const auto& [name, tensor] : tensors) {
    const std::size_t bytes = tensor.second.size() * sizeof(float);
    std::string shape;
    for (const std::uint64_t size : tensor.first) shape += (shape.empty() ? "" : ",") + std::to_string(size);
    header += fmt::format("{}\"{}\":{{\"dtype\":\"F32\",\"shape\":[{}],\"data_offsets\":[{},{}]}}",
                          header.empty() ? "{" : ",", name, shape, data.size(), data.size() + bytes);
    data.append(reinterpret_cast<const char*>(tensor.second.data()), bytes);
  }
  return safetensors(header + "}", data);
}

/// Message of the input Error that the action must throw.
inline std::string refusal(const std::function<void()>& action) {
  try {
    action();
  } catch (const anda::Error& error) {
    CHECK(error.kind() == anda::Error::Kind::input);
    return error.what();
  }
  FAIL("nothing was thrown");
  return "";
}

constexpr const char* llama_config = R"({
  "model_type": "llama", "vocab_size": 40, "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2,
  "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 32, "hidden_act": "silu",
  "rms_norm_eps": 1e-5, "rope_theta": 10000.0, "tie_word_embeddings": true
})";

/// Random weights for llama_config.
inline Tensors llama_tensors() {
  std::mt19937 random(5);
  std::normal_distribution<float> bell(0, 0.2F);
  Tensors tensors;
  const auto add = [&](const std::string& name, const std::vector<std::uint64_t>& shape) {
    std::uint64_t count = 1;
    for (const std::uint64_t size : shape) count *= size;
    std::vector<float> values(count);
    for (float& value : values) value = shape.size() == 1 ? 1 + bell(random) : bell(random);
    tensors[name] = {shape, values};
  };
  add("model.embed_tokens.weight", {40, 64});
  add("model.norm.weight", {64});
  for (int layer = 0; layer < 2; ++layer) {
    const std::string name = fmt::format("model.layers.{}.", layer);
    add(name + "input_layernorm.weight", {64});
    add(name + "post_attention_layernorm.weight", {64});
    add(name + "self_attn.q_proj.weight", {64, 64});
    add(name + "self_attn.k_proj.weight", {32, 64});
    add(name + "self_attn.v_proj.weight", {32, 64});
    add(name + "self_attn.o_proj.weight", {64, 64});
    add(name + "mlp.gate_proj.weight", {128, 64});
    add(name + "mlp.up_proj.weight", {128, 64});
    add(name + "mlp.down_proj.weight", {64, 128});
  }
  return tensors;
}

}  // namespace llm_test

#endif
