// SPDX-License-Identifier: Apache-2.0
// The config.json of a model, as anda-sim evaluate reads it, and as all other commands do.

#include "fuzz.h"
#include "llm/decoder_config.h"
#include "workload/hugging_face.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const fuzz::InputFile file(fuzz::text_of(data, size));
  fuzz::must_take_or_refuse([&] { anda::sim::read_decoder_config(file.path()); });
  fuzz::must_take_or_refuse([&] { parameters_of(anda::sim::read_hugging_face_config(file.path())); });
  return 0;
}
