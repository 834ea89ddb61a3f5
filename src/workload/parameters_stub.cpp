#include "workload/model_shape.h"
namespace anda::sim {
ParameterCount parameters_of(const ModelShape& s) {
  return {s.layers * (2 * s.hidden_size * (s.query_width() + s.kv_width()) + 3 * s.hidden_size * s.intermediate_size) +
              2 * s.vocabulary * s.hidden_size,
          0};
}
}  // namespace anda::sim
