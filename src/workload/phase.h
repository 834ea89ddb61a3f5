// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_WORKLOAD_PHASE_H
#define ANDA_SIM_WORKLOAD_PHASE_H

#include <anda/base/describe.h>

#include <cstdint>

namespace anda::sim {

/// prefill: all tokens of the prompts at once; decode: one new token per sequence; generate: a prefill, which gives the
/// first output token, and a decode for each further one.
enum class Phase { prefill, decode, generate };

inline constexpr ChoiceTable<Phase, 3> phases{
    {{"prefill", Phase::prefill}, {"decode", Phase::decode}, {"generate", Phase::generate}}};

/// How much of a model is run.
enum class Scope {
  gemms,  ///< the GeMMs with INT weights of the decoder layers
  layer,  ///< a decoder layer with everything between its GeMMs
  model   ///< embedding, all layers, final norm and output head
};

inline constexpr ChoiceTable<Scope, 3> scopes{
    {{"gemms", Scope::gemms}, {"layer", Scope::layer}, {"model", Scope::model}}};

/// How latent attention is computed.
enum class LatentWay {
  automatic,  ///< a pass of a sequence in the way that has fewer multiply-accumulates
  expand,     ///< keys and values of all heads are made from the latents of the whole context
  absorb      ///< the matrices that would make them are multiplied with queries and results instead
};

inline constexpr ChoiceTable<LatentWay, 3> latent_ways{
    {{"auto", LatentWay::automatic}, {"expand", LatentWay::expand}, {"absorb", LatentWay::absorb}}};

/// Equal sequences of a batch.
struct Sequences {
  std::uint64_t tokens = 0;  ///< of the prompt; in decode of the context
  std::uint64_t count = 1;
};

}  // namespace anda::sim

#endif
