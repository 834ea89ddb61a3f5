// SPDX-License-Identifier: Apache-2.0
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <limits>
#include <random>
#include <string>

#include "app/llm_test_files.h"
#include "app/trace_test_files.h"
#include "llm/checkpoint.h"
#include "llm/safetensors.h"

using namespace anda::sim;
using namespace llm_test;
using trace_test::Folder;

namespace {

std::string entry(const std::string& name, const std::string& type, const std::string& shape,
                  const std::string& offsets) {
  return fmt::format(R"("{}":{{"dtype":"{}","shape":{},"data_offsets":{}}})", name, type, shape, offsets);
}

}  // namespace

TEST_CASE("safetensors: FP16, BF16 and FP32 come out as the numbers they are") {
  const Folder folder;
  // 1, −2, smallest subnormal | 1, −2, 3.140625 | 0.1
  const std::string data("\x00\x3C\x00\xC0\x01\x00\x80\x3F\x00\xC0\x49\x40\xCD\xCC\xCC\x3D", 16);
  const std::string header = "{" + entry("f16", "F16", "[3]", "[0,6]") + "," +
                             entry("bf16", "BF16", "[3,1]", "[6,12]") + "," + entry("f32", "F32", "[]", "[12,16]") +
                             R"(,"__metadata__":{"format":"pt"}})";
  const SafetensorsFile file(folder.file("a.safetensors", safetensors(header, data)));
  CHECK(file.tensors().size() == 3);
  CHECK(file.read("f16") == std::vector<float>{1, -2, 5.9604644775390625e-8F});
  CHECK(file.read("bf16") == std::vector<float>{1, -2, 3.140625F});
  CHECK(file.read("f32") == std::vector<float>{0.1F});
}

TEST_CASE("safetensors: inconsistent headers are refused with file and tensor") {
  const Folder folder;
  const std::string a = entry("a", "F32", "[2]", "[0,8]");
  const std::string data(16, 'x');
  struct Case {
    std::string header;
    std::string message;
  };
  const std::vector<Case> cases = {
      {"{" + a + "," + entry("b", "F32", "[2]", "[12,20]") + "}", "\"b\": data_offsets end at byte 20, but only 16"},
      {"{" + a + "," + entry("b", "F32", "[2]", "[4,12]") + "}", "\"b\": overlaps the tensor before it"},
      {"{" + a + "," + entry("b", "F32", "[1]", "[12,16]") + "}",
       "\"b\": starts at byte 12, but the tensor before it ends at 8"},
      {"{" + a + "}", "has 8 bytes after the last tensor"},
      {"{" + a + "," + entry("b", "F32", "[2]", "[16,8]") + "}", "\"b\": data_offsets 16 … 8 are reversed"},
      {"{" + a + "," + entry("b", "F32", "[3]", "[8,16]") + "}",
       "\"b\": data_offsets hold 8 bytes, but 3 of F32 take 12"},
      {"{" + a + "," + entry("b", "F32", "[4611686018427387905]", "[8,16]") + "}", "\"b\": the shape is too large"},
      {"{" + a + "," + entry("b", "F32", "[4294967296,4294967296]", "[8,16]") + "}", "\"b\": the shape is too large"},
      {"{" + a + "," + entry("b", "F32", "[-2]", "[8,16]") + "}", "\"b\": shape must be a list of whole numbers"},
      {"{" + a + "," + entry("b", "F32", "[1,1,1,1,1,1,1,1,2]", "[8,16]") + "}",
       "\"b\": shape must be a list of at most 8"},
      {"{" + a + "," + entry("b", "F32", "2", "[8,16]") + "}", "\"b\": shape must be a list"},
      {"{" + a + "," + entry("b", "F99", "[2]", "[8,16]") + "}", "\"b\": dtype \"F99\" is unknown"},
      {"{" + a + R"(,"b":{"shape":[2],"data_offsets":[8,16]}})", "\"b\": dtype is missing"},
      {"{" + a + "," + entry("b", "F32", "[2]", "[8]") + "}", "\"b\": data_offsets must be two whole numbers"},
      {"{" + a + "," + entry("b", "F32", "[2]", "[8,16.0]") + "}", "\"b\": data_offsets must be two whole numbers"},
      {"{" + a + R"(,"b":7})", "\"b\": must be an object"},
      {"{" + a + "," + entry("a", "F32", "[2]", "[8,16]") + "}", "has the key \"a\" twice"},
      {"[" + std::string(100, '[') + "]", "at byte 72 of the file: is nested more than 64 levels deep"},
      {R"({"a":{"dtype":"F16","shape":)" + std::string(150'000, '[') + std::string(150'000, ']') + "}}",
       "is nested more than 64 levels deep"},
      {"{" + entry("a", "F32", "[1e999]", "[0,8]") + "}", "has the number \"1e999\""},
      {"{" + a + std::string("}\0{}", 4), "holds a NUL byte"},
      {R"({"a":{"dtype":"F32","dtype":"F16","shape":[2],"data_offsets":[0,8]}})", "has the key \"dtype\" twice"},
      {"[1]", "the header must be a JSON object"},
      {"{" + a, "this is not JSON"},
      {"", "this is not JSON"},
      {std::string("{\"a\xFF\":1}"), "this is not JSON"},
  };
  for (const Case& wrong : cases) {
    INFO(wrong.header);
    const std::string path = folder.file("w.safetensors", safetensors(wrong.header, data));
    const std::string message = refusal([&] { const SafetensorsFile file(path); });
    CHECK(message.find(path) == 0);
    CHECK_THAT(message, Catch::Contains(wrong.message));
  }
}

TEST_CASE("safetensors: impossible header lengths are refused") {
  const Folder folder;
  const std::string good = safetensors({{"a", {{2}, {1, 2}}}});
  const auto with_length = [&](std::uint64_t length) {
    std::string bytes = good;
    for (std::size_t i = 0; i < 8; ++i) bytes[i] = static_cast<char>(length >> (8 * i) & 0xFF);
    return refusal([&] { const SafetensorsFile file(folder.file("l.safetensors", bytes)); });
  };
  CHECK_THAT(with_length(~std::uint64_t{0}), Catch::Contains("must be at most 100000000"));
  CHECK_THAT(with_length(std::uint64_t{1} << 63), Catch::Contains("must be at most"));
  CHECK_THAT(with_length(99'999'999), Catch::Contains("but the file only"));
  CHECK_THAT(with_length(good.size() - 7), Catch::Contains("but the file only"));
  for (std::size_t size = 0; size < good.size(); ++size) {
    INFO(size);
    CHECK_FALSE(
        refusal([&] { const SafetensorsFile file(folder.file("t.safetensors", good.substr(0, size))); }).empty());
  }
  CHECK_THAT(refusal([&] { const SafetensorsFile file(folder.path("none")); }),
             Catch::Contains("cannot open the file"));
  CHECK_THAT(refusal([&] { const SafetensorsFile file(folder.path()); }), Catch::Contains("is a folder"));
  REQUIRE(::mkfifo(folder.path("pipe").c_str(), 0600) == 0);
  CHECK_THAT(refusal([&] { const SafetensorsFile file(folder.path("pipe")); }), Catch::Contains("is a pipe"));
}

TEST_CASE("safetensors: any change of a header is refused or harmless") {
  const Folder folder;
  const std::string good = safetensors({{"first", {{2, 3}, {1, 2, 3, 4, 5, 6}}}, {"second", {{4}, {7, 8, 9, 10}}}});
  const std::size_t header_end = good.size() - 40;
  std::mt19937 random(3);
  const std::string likely = "0123456789[]{}\",:-.eFx\\\xFF";
  int refused = 0;
  for (int round = 0; round < 1000; ++round) {
    std::string bytes = good;
    const auto changes = 1 + random() % 3;
    for (unsigned change = 0; change < changes; ++change) {
      const std::size_t at = random() % header_end;
      switch (random() % 3) {
        case 0:
          bytes[at] = static_cast<char>(random() & 0xFF);
          break;
        case 1:
          bytes[at] = likely[random() % likely.size()];
          break;
        default:
          bytes.erase(at, 1 + random() % 4);
      }
    }
    const std::string path = folder.file("f.safetensors", bytes);
    try {
      const SafetensorsFile file(path);
      std::size_t elements = 0;
      for (const auto& [name, tensor] : file.tensors()) {
        if (tensor.type == "F32") elements += file.read(name).size();
      }
      CHECK(elements <= 10);
    } catch (const anda::Error& error) {
      CHECK(error.kind() == anda::Error::Kind::input);
      ++refused;
    }
  }
  CHECK(refused > 700);
}

TEST_CASE("safetensors: NaN values and non-numeric types are refused") {
  const Folder folder;
  const float infinity = std::numeric_limits<float>::infinity();
  const SafetensorsFile file(folder.file("n.safetensors", safetensors({{"w", {{3}, {1, infinity, 2}}}})));
  CHECK_THAT(refusal([&] { file.read("w"); }), Catch::Contains("\"w\": element 1 is inf, must be finite"));
  CHECK_THAT(refusal([&] { file.read("v"); }), Catch::Contains("\"v\": is missing"));
  const SafetensorsFile integers(
      folder.file("i.safetensors", safetensors("{" + entry("i", "I64", "[1]", "[0,8]") + "}", std::string(8, '\0'))));
  CHECK_THAT(refusal([&] { integers.read("i"); }), Catch::Contains("\"i\": has type I64, must be F16, BF16 or F32"));
}

TEST_CASE("checkpoints in several files, and inconsistent indexes") {
  const Folder folder;
  const auto index = [&](const std::string& map) {
    folder.file("model.safetensors.index.json", R"({"metadata": {}, "weight_map": )" + map + "}");
  };
  CHECK_THAT(refusal([&] { const Checkpoint none(folder.path()); }),
             Catch::Contains("holds neither model.safetensors"));
  folder.file("m-1.safetensors", safetensors({{"a", {{2}, {1, 2}}}}));
  folder.file("m-2.safetensors", safetensors({{"b", {{1, 1}, {3}}}}));
  index(R"({"a": "m-1.safetensors", "b": "m-2.safetensors"})");
  const Checkpoint checkpoint(folder.path());
  CHECK(checkpoint.read("a", {2}) == std::vector<float>{1, 2});
  CHECK(checkpoint.read("b", {1, 1}) == std::vector<float>{3});
  CHECK_THAT(refusal([&] { checkpoint.read("b", {1}); }), Catch::Contains("\"b\" has the shape 1 × 1, must be 1"));
  CHECK_THAT(refusal([&] { checkpoint.read("c", {1}); }), Catch::Contains("\"c\" is missing"));

  index(R"({"a": "m-2.safetensors"})");
  CHECK_THAT(refusal([&] { const Checkpoint wrong(folder.path()); }), Catch::Contains("\"a\" is missing, which"));
  index(R"({"a": "../m-1.safetensors"})");
  CHECK_THAT(refusal([&] { const Checkpoint wrong(folder.path()); }), Catch::Contains("a file in the same folder"));
  index(R"({"a": 1})");
  CHECK_THAT(refusal([&] { const Checkpoint wrong(folder.path()); }), Catch::Contains("a file in the same folder"));
  index(R"({"a": "m-3.safetensors"})");
  CHECK_THAT(refusal([&] { const Checkpoint wrong(folder.path()); }), Catch::Contains("m-3.safetensors: cannot open"));
  index("[]");
  CHECK_THAT(refusal([&] { const Checkpoint wrong(folder.path()); }), Catch::Contains("key weight_map"));
}

TEST_CASE("Checkpoint: quantised weights and other formats are named with the alternative") {
  for (const auto& [ending, quantiser] :
       std::vector<std::pair<std::string, std::string>>{{"qweight", "GPTQ, AWQ or AutoRound"},
                                                        {"weight_packed", "compressed-tensors"},
                                                        {"W_q", "HQQ"},
                                                        {"B", "Marlin"}}) {
    const Folder folder;
    folder.file("model.safetensors", safetensors({{"layers.0.q_proj." + ending, {{1}, {1}}}}));
    const Checkpoint checkpoint(folder.path());
    const std::string message = refusal([&] { checkpoint.read("layers.0.q_proj.weight", {1}); });
    INFO(ending);
    CHECK_THAT(message, Catch::Contains("\"layers.0.q_proj.weight\" is missing; \"layers.0.q_proj." + ending + "\""));
    CHECK_THAT(message, Catch::Contains(quantiser) && Catch::Contains("use the original checkpoint in F16"));
  }
  for (const auto& [name, what] : std::vector<std::pair<std::string, std::string>>{
           {"model.Q4_K_M.gguf", "a GGUF file"},
           {"pytorch_model.bin", "a checkpoint of PyTorch"},
           {"adapter_model.safetensors", "an adapter (LoRA)"},
           {"model-00001-of-00002.safetensors", "a safetensors file of another name"}}) {
    const Folder folder;
    folder.file(name, "");
    CHECK_THAT(refusal([&] { const Checkpoint checkpoint(folder.path()); }),
               Catch::Contains("holds neither") && Catch::Contains("\"" + name + "\" is " + what));
  }
}

TEST_CASE("safetensors: a packed type is refused with the alternative") {
  const Folder folder;
  const SafetensorsFile file(
      folder.file("q.safetensors", safetensors("{" + entry("a", "F8_E4M3", "[2]", "[0,2]") + "}", "xx")));
  CHECK_THAT(refusal([&] { file.read("a"); }), Catch::Contains("use the original checkpoint"));
}
