// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "app/trace_test_files.h"
#include "cli/trace_command.h"
#include "text/text.h"
#include "workload/model_shape.h"
#include "workload/trace_reader.h"

using namespace anda::sim;
using namespace trace_test;

namespace {

using Args = std::vector<std::string>;

std::string trace_output(const Args& args) {
  std::ostringstream out;
  const int status = trace_command(args, out);  // may throw, which must not happen within CHECK
  CHECK(status == 0);
  return out.str();
}

std::string refused_trace(const Args& args) {
  return message_of([&] { trace_output(args); });
}

const std::string topology = "Layer, M, N, K,\nQKT, 128, 512, 64,\n";
const std::string config =
    R"({"model_type": "llama", "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2,
        "num_attention_heads": 4, "num_key_value_heads": 2, "_name_or_path": "tiny"})";

}  // namespace

TEST_CASE("The list of models has their sizes, layers and heads") {
  std::istringstream lines(trace_output({"--list"}));
  std::vector<std::string> found;
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind("OPT-1.3B ", 0) == 0 || line.rfind("LLaMA-3-8B ", 0) == 0) found.push_back(line);
  }
  CHECK(found == std::vector<std::string>{"OPT-1.3B            2048          8192      24     32  fc1, fc2",
                                          "LLaMA-3-8B          4096         14336      32     32  gate, up, down"});
}

TEST_CASE("trace writes a built-in model to the standard output") {
  CHECK(trace_output({"--model", "opt-1.3b", "--layers", "1", "--tokens", "16", "--batch", "2"}) ==
        "# prefill, 16 tokens, batch 2: OPT-1.3B, first 1 of 24 layers\n"
        "name,layer,tensor,m,k,n\n"
        "layer0.q_proj,0,A_qkv,32,2048,2048\n"
        "layer0.k_proj,0,A_qkv,32,2048,2048\n"
        "layer0.v_proj,0,A_qkv,32,2048,2048\n"
        "layer0.out_proj,0,A_o,32,2048,2048\n"
        "layer0.fc1,0,A_u,32,2048,8192\n"
        "layer0.fc2,0,A_d,32,8192,2048\n");
  CHECK_THAT(trace_output({"--model=LLaMA-7B", "--phase=decode", "--batch=4"}),
             Catch::StartsWith("# decode, 2048 tokens, batch 4: LLaMA-7B\n") &&
                 Catch::Contains("layer31.down_proj,31,A_d,4,11008,4096\n"));
}

TEST_CASE("trace --convolutions writes GeMMs that can be run") {
  const Folder folder;
  const std::string path =
      folder.file("c.csv",
                  "Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter, Strides,\n"
                  "Conv1, 224, 224, 3, 3, 3, 32, 2,\n");
  const std::string trace = trace_output({"--scale-sim", path, "--convolutions", "--tensor", "A_u"});
  CHECK(trace == "name,layer,tensor,m,k,n,count\nConv1,0,A_u,12544,27,32,1\n");
  CHECK_THAT(refused_trace({"--scale-sim", path}),
             Catch::Contains("anda-sim trace --scale-sim " + path + " --convolutions"));
}

TEST_CASE("trace converts config.json files and SCALE-Sim topologies") {
  const Folder folder;
  CHECK_THAT(trace_output({"--config-json", folder.file("config.json", config)}),
             Catch::StartsWith("# prefill, 2048 tokens, batch 1: tiny\n") &&
                 Catch::Contains("layer1.v_proj,1,A_qkv,2048,64,32\n"));
  const std::string path = folder.file("topology.csv", topology);
  CHECK(trace_output({"--scale-sim", path}) == "name,layer,tensor,m,k,n\nQKT,0,A,128,64,512\n");
  CHECK(trace_output({"--scale-sim", path, "--tensor", "A_u", "-o", "-"}) ==
        "name,layer,tensor,m,k,n\nQKT,0,A_u,128,64,512\n");
}

TEST_CASE("trace writes files completely or not at all") {
  const Folder folder;
  const std::string out = folder.path("out.csv");
  CHECK(trace_output({"--model", "OPT-30B", "--out", out}) == out + ": 288 GeMMs\n");
  TraceReader reader(out);
  CHECK(all_of(reader).size() == 288);
  // A trace never takes the place of the topology that it is made of, and a wrong topology leaves no trace.
  const std::string path = folder.file("t.csv", topology + "x, 1, 2,\n");
  const std::string made = folder.path("made.csv");
  CHECK_THAT(refused_trace({"--scale-sim", path, "-o", path}), Catch::Contains("would be overwritten"));
  CHECK_THAT(refused_trace({"--scale-sim", path, "-o", made}), Catch::StartsWith(path + ":3:"));
  CHECK(contents(path) == topology + "x, 1, 2,\n");
  CHECK(folder.files() == 2);
  folder.file("t.csv", topology);
  CHECK(trace_output({"--scale-sim", path, "-o", made}) == made + ": 1 GeMM\n");
  CHECK_THAT(contents(made), Catch::StartsWith("name,"));
  CHECK(folder.files() == 3);
  CHECK(message_of(
            [] {
              trace_output({"--model", "OPT-30B", "-o", "/dev/full"});
            },
            anda::Error::Kind::run) == "/dev/full: cannot write: No space left on device");
  std::ofstream full("/dev/full");
  CHECK_THAT(message_of([&] { trace_command({"--list"}, full); }, anda::Error::Kind::run),
             Catch::Contains("No space left on device"));
}

TEST_CASE("trace lists the built-in models and its options") {
  const std::string list = trace_output({"--list"});
  for (const ModelShape& model : built_in_models()) {
    CHECK((list.find("\n" + model.name + " ") != std::string::npos) == (model.experts.count == 0));
  }
  for (const char* help : {"--help", "-h"}) {
    const std::string text = trace_output({help});
    for (const char* option :
         {"--model", "--config-json", "--scale-sim", "--phase", "--tokens", "--batch", "--layers", "--out", "--list"}) {
      CHECK_THAT(text, Catch::Contains(option));
    }
  }
}

TEST_CASE("Invalid options of trace are refused_trace with the remedy") {
  struct Case {
    Args args;
    std::string fragment;
  };
  const std::vector<Case> cases = {
      {{}, "one of --model NAME, --config-json FILE and --scale-sim FILE is needed"},
      {{"--tokens", "5"}, "one of --model NAME"},
      {{"--model", "OPT-30B", "--scale-sim", "x"}, "--model and --scale-sim are mutually exclusive"},
      {{"--config-json", "x", "--model", "OPT-30B"}, "--model and --config-json are mutually exclusive"},
      {{"--scale-sim", "x", "--batch", "2"}, "--batch cannot be combined with --scale-sim"},
      {{"--scale-sim", "x", "--phase", "decode"}, "--phase cannot be combined with --scale-sim"},
      {{"--scale-sim", "x", "--tensor", " "}, "option --tensor is empty"},
      {{"--model", "OPT-30B", "--tensor", "A"}, "--tensor needs --scale-sim"},
      {{"--model", "OPT-30B", "--convolutions"}, "--convolutions needs --scale-sim"},
      {{"--model", "OPT-31B"}, "unknown model \"OPT-31B\"; did you mean `OPT-13B`?; built in: OPT-1.3B"},
      {{"--model", "Mixtral-8x7B"}, "model Mixtral-8x7B has experts: only workload.scope: layer and model simulate it"},
      {{"--model", ""}, "option --model is empty"},
      {{"--model"}, "--model"},
      {{"--model", "OPT-30B", "--model", "OPT-13B"}, "more than once"},
      {{"--modle", "OPT-30B"}, "unknown option --modle; did you mean `--model`?"},
      {{"--mod", "OPT-30B"}, "unknown option --mod"},  // no shortened names
      {{"-x"}, "unknown option -x"},
      {{"OPT-30B"}, "takes no argument \"OPT-30B\" without an option name before it"},
      {{"--model", "OPT-30B", "decode"}, "takes no argument \"decode\""},
      {{"--model", "OPT-30B", "--phase", "Decode"},
       "option --phase: \"Decode\" is not a phase; must be prefill or decode"},
      {{"--model", "OPT-30B", "--tokens", "-1"},
       "option --tokens: \"-1\" is negative; must be a whole number 1 … 16777216"},
      {{"--model", "OPT-30B", "--tokens=0"}, "option --tokens: \"0\" is too small"},
      {{"--model", "OPT-30B", "--tokens", "2k"}, "option --tokens: \"2k\" is not a whole number"},
      {{"--model", "OPT-30B", "--batch", "18446744073709551616"}, "is too large"},
      {{"--model", "OPT-30B", "--batch", ""}, "option --batch"},
      {{"--model", "OPT-30B", "--layers", "0"}, "option --layers: \"0\" is too small"},
      {{"--model", "OPT-30B", "--layers", "49"}, "layers is 49, but OPT-30B has 48"},
      {{"--model", "OPT-30B", "--tokens", "16777216", "--batch", "2"}, "batch × tokens = 2 × 16777216"},
      {{"--model", "OPT-30B", "--out", ""}, "option --out"},
      {{"--list", "--model", "OPT-30B"}, "--list takes no other options"},
      {{"--list=yes"}, "--list"},
      {{"--config-json", "/no/such/file"}, "/no/such/file: cannot open the file: No such file"},
      {{"--scale-sim", "/no/such/file"}, "/no/such/file: cannot open the file: No such file"},
  };
  for (const Case& wrong : cases) {
    INFO(joined(wrong.args, " "));
    CHECK_THAT(refused_trace(wrong.args), Catch::Contains(wrong.fragment));
  }
}

TEST_CASE("The traces in the repository equal the tool's output") {
  const std::string traces = std::string(ANDA_SOURCE_DIR) + "/traces/";
  for (std::size_t i = 0; i < 9; ++i) {  // those of the paper
    const ModelShape& model = built_in_models()[i];
    const std::string path = traces + lower_case(model.name) + "-prefill-2048.csv";
    INFO(path);
    CHECK(contents(path) ==
          trace_output({"--model", model.name, "--phase", "prefill", "--tokens", "2048", "--batch", "1"}));
    TraceReader reader(path);
    CHECK(all_of(reader).size() == model.layers * (model.gated ? 7 : 6));
  }
}

TEST_CASE("Every trace command of the documentation works") {
  const Folder folder;
  folder.file("config.json", config);
  folder.file("topology.csv", topology);
  folder.file("mobilenet.csv",
              "Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter, Strides,\n"
              "Conv1, 224, 224, 3, 3, 3, 32, 2,\n");
  std::ifstream page(std::string(ANDA_SOURCE_DIR) + "/docs/traces.md");
  REQUIRE(page);
  REQUIRE(::chdir(folder.path().c_str()) == 0);
  const std::string start = "anda-sim trace ";
  int commands = 0;
  for (std::string line; std::getline(page, line);) {
    if (line.rfind(start, 0) != 0) continue;
    std::istringstream words(line.substr(start.size(), line.find('#') - start.size()));
    Args args;
    for (std::string word; words >> word;) args.push_back(word);
    INFO(line);
    CHECK_FALSE(trace_output(args).empty());
    ++commands;
  }
  CHECK(commands >= 6);
  REQUIRE(::chdir("/") == 0);
}
