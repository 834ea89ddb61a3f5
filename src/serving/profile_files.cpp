// SPDX-License-Identifier: Apache-2.0
#include "serving/profile_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "text/scalar.h"

namespace anda::sim {
namespace {

using Part = Profile::Part;

constexpr double us_per_s = 1e6;
constexpr double ms_per_s = 1e3;

std::vector<std::uint64_t> powers_of_two(std::uint64_t most) {
  std::vector<std::uint64_t> values;
  for (std::uint64_t value = 1; value < most; value *= 2) values.push_back(value);
  values.push_back(most);
  return values;
}

std::string us(double seconds) { return exact_text(seconds * us_per_s); }

/// Returns min, max, mean, median and standard deviation of a constant time.
std::string statistics(double seconds) {
  const std::string ms = exact_text(seconds * ms_per_s);
  return fmt::format("{},{},{},{},0", ms, ms, ms, ms);
}

std::string statistics_header(const char* name) {
  return fmt::format(
      "time_stats.{0}.min,time_stats.{0}.max,time_stats.{0}.mean,time_stats.{0}.median,time_stats.{0}.std", name);
}

/// Writes files of LLMServingSim 2: microseconds per layer. It treats residual and norm as one.
class LlmServingSim {
 public:
  LlmServingSim(const ProfileNames& names, const ProfileGrid& grid, FileSet& files)
      : folder_(names.folder + "/" + names.hardware + "/" + names.model + "/" + names.variant),
        names_(names),
        grid_(grid),
        files_(files) {
    std::string path = names.folder;
    for (const std::string& part : {names.hardware, names.model, names.variant}) files_.make_folder(path += "/" + part);
  }

  void write_meta(const ServeConfig& config, const std::vector<Profile*>& profiles) {
    std::vector<std::uint64_t> degrees;
    for (const Profile* profile : profiles) degrees.push_back(profile->model().heads / profile->shard().heads);
    files_.add(folder_ + "/meta.yaml").stream() << fmt::format(
        "hardware: {}\nmodel: {}\nvariant: {}\ntp_degrees: [{}]\nengine_effective:\n"
        "  max_num_batched_tokens: {}\n  max_num_seqs: {}\n",
        names_.hardware, names_.model, names_.variant, fmt::join(degrees, ", "), config.serving.scheduler.max_tokens,
        config.serving.scheduler.max_batch);
  }

  void write(Profile& profile, const std::function<void()>& look) {
    const std::uint64_t degree = profile.model().heads / profile.shard().heads;
    const std::string folder = fmt::format("{}/tp{}", folder_, degree);
    files_.make_folder(folder);
    write_dense(profile, files_.add(folder + "/dense.csv").stream(), look);
    std::ostream& sequences = files_.add(folder + "/per_sequence.csv").stream();
    sequences << "layer,sequences,time_us\n";
    for (const std::uint64_t batch : grid_.batches) {
      sequences << fmt::format("lm_head,{},{}\n", batch, us(profile.seconds(Part::head, batch)));
    }
    // Samplers are not modelled.
    for (const std::uint64_t batch : grid_.batches) sequences << fmt::format("sampler,{},0\n", batch);
    write_attention(profile, files_.add(folder + "/attention.csv").stream(), look);
    if (profile.has_experts()) write_experts(profile, files_.add(folder + "/moe.csv").stream());
  }

 private:
  void write_dense(Profile& profile, std::ostream& out, const std::function<void()>& look) {
    std::vector<std::pair<const char*, std::vector<Part>>> layers{{"embedding", {Part::embedding}},
                                                                  {"layernorm", {Part::norm, Part::residual}},
                                                                  {"qkv_proj", {Part::projections}}};
    if (profile.model().head_norms) layers.push_back({"qk_norm", {Part::head_norms}});
    if (profile.model().position_kind == Positions::rotary) layers.push_back({"rotary_emb", {Part::rotary}});
    layers.push_back({"o_proj", {Part::output}});
    if (!profile.has_experts()) {
      layers.push_back({"gate_up_proj", {Part::up}});
      layers.push_back({"act_fn", {Part::activation}});
      layers.push_back({"down_proj", {Part::down}});
    }
    layers.push_back({"final_layernorm", {Part::final_norm}});
    out << "layer,tokens,time_us\n";
    for (const auto& [name, parts] : layers) {
      for (const std::uint64_t tokens : grid_.tokens) {
        double seconds = 0;
        for (const Part part : parts) seconds += profile.seconds(part, tokens);
        out << fmt::format("{},{},{}\n", name, tokens, us(seconds));
        look();
      }
    }
  }

  void write_attention(Profile& profile, std::ostream& out, const std::function<void()>& look) {
    const auto seconds = [&](std::uint64_t start, std::uint64_t tokens) {
      return tokens == 0 ? 0 : profile.attention_s(start, tokens) + profile.append_s(start, tokens);
    };
    out << "prefill_chunk,kv_prefill,n_decode,kv_decode,time_us\n";
    std::vector<std::uint64_t> chunks{0};
    chunks.insert(chunks.end(), grid_.tokens.begin(), grid_.tokens.end());
    std::vector<std::uint64_t> batches{0};
    batches.insert(batches.end(), grid_.batches.begin(), grid_.batches.end());
    for (const std::uint64_t chunk : chunks) {
      for (const std::uint64_t prefilled : grid_.contexts) {
        if (chunk == 0 && prefilled > 0) continue;
        look();
        for (const std::uint64_t batch : batches) {
          for (const std::uint64_t context : grid_.contexts) {
            if ((batch == 0) != (context == 0) || (chunk == 0 && batch == 0)) continue;
            const double sum =
                seconds(prefilled, chunk) + static_cast<double>(batch) * seconds(context, batch > 0 ? 1 : 0);
            out << fmt::format("{},{},{},{},{}\n", chunk, prefilled, batch, context, us(sum));
          }
        }
      }
    }
  }

  void write_experts(Profile& profile, std::ostream& out) {
    out << "tokens,activated_experts,time_us\n";
    const Experts& experts = profile.model().experts;
    for (const std::uint64_t tokens : grid_.tokens) {
      out << fmt::format("{},{},{}\n", tokens, std::min(experts.count, tokens * experts.per_token),
                         us(profile.seconds(Part::experts, tokens)));
    }
  }

  std::string folder_;
  const ProfileNames& names_;
  const ProfileGrid& grid_;
  FileSet& files_;
};

/// Writes files of Vidur: milliseconds per layer.
class Vidur {
 public:
  Vidur(const ServeConfig& config, const ProfileNames& names, const ProfileGrid& grid, FileSet& files)
      : config_(config), grid_(grid), network_(names.folder + "/network/" + names.hardware) {
    std::string path = names.folder;
    for (const std::string& part : {std::string("compute"), names.hardware, names.model})
      files.make_folder(path += "/" + part);
    mlp_ = &files.add(path + "/mlp.csv").stream();
    attention_ = &files.add(path + "/attention.csv").stream();
    files.make_folder(names.folder + "/network");
    files.make_folder(network_);
    reduce_ = &files.add(network_ + "/all_reduce.csv").stream();
    for (const MlpColumn& column : mlp_columns) *mlp_ << statistics_header(column.name) << ",";
    *mlp_
        << "n_head,n_kv_head,n_embd,n_expanded_embd,vocab_size,use_gated_mlp,num_tokens,num_tensor_parallel_workers\n";
    for (const char* name : {"attn_kv_cache_save", "attn_prefill", "attn_decode"}) {
      *attention_ << statistics_header(name) << ",";
    }
    *attention_ << "n_embd,n_q_head,n_kv_head,block_size,num_tensor_parallel_workers,max_model_len,batch_size,"
                   "prefill_chunk_size,kv_cache_size,is_prefill,attention_backend\n";
    *reduce_ << "index," << statistics_header("all_reduce")
             << ",rank,num_workers,size,collective,devices_per_node,max_devices_per_node\n";
  }

  void write(Profile& profile, const std::function<void()>& look) {
    const ModelShape& model = profile.model();
    const std::uint64_t degree = model.heads / profile.shard().heads;
    for (const std::uint64_t tokens : grid_.tokens) {
      look();
      for (const MlpColumn& column : mlp_columns) *mlp_ << statistics(profile.seconds(column.part, tokens)) << ",";
      *mlp_ << fmt::format("{},{},{},{},{},{},{},{}\n", model.heads, model.kv_heads, model.hidden_size,
                           model.intermediate_size, model.vocabulary, model.gated ? "True" : "False", tokens, degree);
      if (degree > 1) {
        *reduce_ << fmt::format("{},{},0,{},{},all_reduce,{},{}\n", rows_++, statistics(profile.all_reduce_s(tokens)),
                                degree, tokens * model.hidden_size * 2, degree, degree);
      }
    }
    for (const std::uint64_t context : grid_.contexts) {
      for (const std::uint64_t chunk : grid_.tokens) {
        look();
        write_attention(profile, degree, 1, chunk, context, true);
      }
      for (const std::uint64_t batch : grid_.batches) {
        if (context > 0) write_attention(profile, degree, batch, 0, context, false);
      }
    }
  }

 private:
  struct MlpColumn {
    const char* name;
    Part part;
  };
  static constexpr std::array<MlpColumn, 10> mlp_columns{{{"emb", Part::embedding},
                                                          {"input_layernorm", Part::norm},
                                                          {"attn_pre_proj", Part::projections},
                                                          {"attn_rope", Part::rotary},
                                                          {"attn_post_proj", Part::output},
                                                          {"post_attention_layernorm", Part::norm},
                                                          {"mlp_up_proj", Part::up},
                                                          {"mlp_act", Part::activation},
                                                          {"mlp_down_proj", Part::down},
                                                          {"add", Part::residual}}};

  void write_attention(Profile& profile, std::uint64_t degree, std::uint64_t batch, std::uint64_t chunk,
                       std::uint64_t context, bool is_prefill) {
    const std::uint64_t tokens = is_prefill ? chunk : 1;
    const double each = profile.attention_s(context, tokens) * static_cast<double>(batch);
    const double save = profile.append_s(context, tokens) * static_cast<double>(batch);
    const ModelShape& model = profile.model();
    *attention_ << fmt::format("{},{},{},", statistics(save), statistics(is_prefill ? each : 0),
                               statistics(is_prefill ? 0 : each))
                << fmt::format("{},{},{},{},{},{},{},{},{},{},anda-sim\n", model.hidden_size, model.heads,
                               model.kv_heads, config_.serving.cache.block_tokens, degree,
                               grid_.contexts.back() + grid_.tokens.back(), batch, chunk, context,
                               is_prefill ? "True" : "False");
  }

  const ServeConfig& config_;
  const ProfileGrid& grid_;
  std::string network_;
  std::ostream* mlp_;
  std::ostream* attention_;
  std::ostream* reduce_;
  std::uint64_t rows_ = 0;
};

}  // namespace

ProfileGrid profile_grid(std::uint64_t most_tokens, std::uint64_t most_context, std::uint64_t most_batch) {
  ProfileGrid grid{powers_of_two(most_tokens), {0}, powers_of_two(most_batch)};
  const std::vector<std::uint64_t> contexts = powers_of_two(most_context);
  grid.contexts.insert(grid.contexts.end(), contexts.begin(), contexts.end());
  return grid;
}

void write_profile(ProfileLayout layout, const ServeConfig& config, const ProfileNames& names, const ProfileGrid& grid,
                   const std::vector<Profile*>& profiles, FileSet& files, const std::function<void()>& look) {
  if (layout == ProfileLayout::llmservingsim) {
    LlmServingSim writer(names, grid, files);
    writer.write_meta(config, profiles);
    for (Profile* const profile : profiles) writer.write(*profile, look);
  } else {
    Vidur writer(config, names, grid, files);
    for (Profile* const profile : profiles) writer.write(*profile, look);
  }
}

}  // namespace anda::sim
