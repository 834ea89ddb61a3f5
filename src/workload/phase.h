// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_WORKLOAD_PHASE_H
#define ANDA_SIM_WORKLOAD_PHASE_H

#include <anda/base/describe.h>

#include <cstdint>

namespace anda::sim {

/// prefill: all prompt tokens at once; decode: one new token per sequence; generate: a prefill, which produces the
/// first output token, and a decode for each further one.
enum class Phase { prefill, decode, generate };

inline constexpr ChoiceTable<Phase, 3> phases{
    {{"prefill", Phase::prefill}, {"decode", Phase::decode}, {"generate", Phase::generate}}};

/// How much of a model runs.
enum class Scope {
  gemms,  ///< the decoder layers' GeMMs with INT weights
  layer,  ///< a decoder layer with all operations between its GeMMs
  model   ///< embedding, all layers, final norm and output head
};

inline constexpr ChoiceTable<Scope, 3> scopes{
    {{"gemms", Scope::gemms}, {"layer", Scope::layer}, {"model", Scope::model}}};

/// How latent attention is computed.
enum class LatentWay {
  automatic,  ///< whichever has fewer multiply-accumulates for a sequence's pass
  expand,     ///< expand the latents of the whole context to the keys and values of all heads
  absorb      ///< multiply queries and results by the expansion matrices instead
};

inline constexpr ChoiceTable<LatentWay, 3> latent_ways{
    {{"auto", LatentWay::automatic}, {"expand", LatentWay::expand}, {"absorb", LatentWay::absorb}}};

/// A number of equal sequences of a batch.
struct Sequences {
  std::uint64_t tokens = 0;  ///< prompt length; in decode the context length
  std::uint64_t count = 1;
};

}  // namespace anda::sim

#endif
