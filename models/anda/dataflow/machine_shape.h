// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_DATAFLOW_MACHINE_SHAPE_H
#define ANDA_DATAFLOW_MACHINE_SHAPE_H

#include <cstdint>
#include <memory>

#include <anda/buffer/buffer_config.h>
#include <anda/dataflow/geometry.h>
#include <anda/mxu/mxu_config.h>
#include <anda/mxu/processing_element/processing_element.h>
#include <anda/numeric/format_config.h>

namespace anda {

/// Machine properties that determine how a GeMM is tiled and laid out: array, element, formats and buffers.
struct MachineShape {
  MxuConfig mxu;
  FormatConfig format;
  ActivationBufferConfig activation_buffer;
  WeightBufferConfig weight_buffer;
  std::shared_ptr<const ProcessingElement> element;
  Geometry geometry;
  std::uint64_t local_bytes = 0;  ///< size of the local memory; 0: none

  MachineShape(const MxuConfig& mxu_, const FormatConfig& format_, const ActivationBufferConfig& activation_buffer_,
               const WeightBufferConfig& weight_buffer_)
      : mxu(mxu_),
        format(format_),
        activation_buffer(activation_buffer_),
        weight_buffer(weight_buffer_),
        element(make_processing_element(mxu_, format_)),
        geometry(mxu_, *element, activation_buffer_, weight_buffer_) {}
};

}  // namespace anda

#endif
