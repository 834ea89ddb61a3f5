// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <vector>

#include "app/llm_test_files.h"
#include "app/trace_test_files.h"
#include "llm/checkpoint.h"

using namespace anda::sim;
using namespace llm_test;
using trace_test::Folder;

TEST_CASE("A checkpoint in a single file takes precedence over an index next to it") {
  const Folder folder;
  folder.file("model.safetensors", safetensors({{"a", {{2, 3}, {1, 2, 3, 4, 5, 6}}}, {"b", {{1}, {7}}}}));
  folder.file("other.safetensors", safetensors({{"a", {{1}, {9}}}}));
  folder.file("model.safetensors.index.json", R"({"weight_map": {"a": "other.safetensors"}})");
  const Checkpoint checkpoint(folder.path());
  CHECK(checkpoint.has("a"));
  CHECK(checkpoint.has("b"));
  CHECK_FALSE(checkpoint.has("c"));
  CHECK(checkpoint.read("a", {2, 3}) == std::vector<float>{1, 2, 3, 4, 5, 6});
  CHECK(checkpoint.read("b", {1}) == std::vector<float>{7});
  CHECK_THAT(refusal([&] { checkpoint.read("c", {1}); }),
             Catch::Contains("/model.safetensors: tensor \"c\" is missing"));
}

TEST_CASE("Tensors of an indexed checkpoint come from the files that the index names, in whatever order") {
  const Folder folder;
  folder.file("z.safetensors", safetensors({{"a", {{1}, {1}}}, {"d", {{1}, {4}}}}));
  folder.file("y.safetensors", safetensors({{"b", {{1}, {2}}}, {"a", {{1}, {-1}}}}));
  folder.file("x.safetensors", safetensors({{"c", {{1}, {3}}}}));
  folder.file("model.safetensors.index.json", R"({"metadata": {"total_size": 16}, "weight_map": {"d": "z.safetensors",
    "c": "x.safetensors", "b": "y.safetensors", "a": "z.safetensors"}})");
  const Checkpoint checkpoint(folder.path());
  CHECK(checkpoint.read("a", {1}) == std::vector<float>{1});
  CHECK(checkpoint.read("b", {1}) == std::vector<float>{2});
  CHECK(checkpoint.read("c", {1}) == std::vector<float>{3});
  CHECK(checkpoint.read("d", {1}) == std::vector<float>{4});
  CHECK_THAT(refusal([&] { checkpoint.read("e", {1}); }),
             Catch::Contains("/model.safetensors.index.json: tensor \"e\" is missing"));
}
