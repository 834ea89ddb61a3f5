// SPDX-License-Identifier: Apache-2.0
#include <anda/link/routing.h>

#include <anda/base/error.h>

namespace anda {

namespace {

std::uint32_t checked_nodes(std::uint32_t nodes) {
  if (nodes >= 1 && nodes <= Routing::most_nodes) return nodes;
  throw Error::input("link: the number of nodes is " + std::to_string(nodes) + ", must be " +
                     range_text(Range<std::uint32_t>{1, Routing::most_nodes}));
}

/// The smallest divisor of `nodes` that is not below its square root.
std::uint32_t columns_of(std::uint32_t nodes) {
  std::uint32_t columns = 1;
  while (columns * columns < nodes || nodes % columns != 0) ++columns;
  return columns;
}

/// Visits a cycle through `rows` × `columns` places, with an even number of rows of at least two: right along the first
/// row, back and forth through the other rows except their first place, and back along the first column. Calls
/// visit(row, column).
template <class Visit>
void visit_cycle(std::uint32_t rows, std::uint32_t columns, Visit visit) {
  visit(0u, 0u);
  for (std::uint32_t row = 0; row < rows; ++row) {
    for (std::uint32_t i = 1; i < columns; ++i) visit(row, row % 2 == 0 ? i : columns - i);
  }
  for (std::uint32_t row = rows - 1; row > 0; --row) visit(row, 0u);
}

}  // namespace

Routing::Routing(Topology topology, std::uint32_t nodes)
    : topology_(topology), nodes_(checked_nodes(nodes)), places_(nodes) {
  switch (topology) {
    case Topology::ring:
      for (std::uint32_t node = 0; node < nodes && nodes > 1; ++node) {
        link(node, (node + 1) % nodes);
        if (nodes > 2) link(node, (node + nodes - 1) % nodes);
      }
      break;
    case Topology::switched:
      if (nodes == 1) break;
      places_ = nodes + 1;
      for (std::uint32_t node = 0; node < nodes; ++node) {
        link(node, nodes);
        link(nodes, node);
      }
      break;
    case Topology::mesh:
      columns_ = columns_of(nodes);
      link_mesh();
      break;
  }
}

void Routing::link_mesh() {
  for (std::uint32_t node = 0; node < nodes_; ++node) {
    const bool has_right = node % columns_ + 1 < columns_;
    if (has_right) link(node, node + 1);
    if (has_right) link(node + 1, node);
    if (node + columns_ < nodes_) link(node, node + columns_);
    if (node + columns_ < nodes_) link(node + columns_, node);
  }
}

std::uint32_t Routing::next(std::uint32_t at, std::uint32_t to) const {
  switch (topology_) {
    case Topology::ring: {
      const std::uint32_t up = (to + nodes_ - at) % nodes_;
      const std::uint32_t down = nodes_ - up;
      const bool upwards = up < down || (up == down && at % 2 == 0);
      return upwards ? (at + 1) % nodes_ : (at + nodes_ - 1) % nodes_;
    }
    case Topology::switched:
      return at == nodes_ ? to : nodes_;
    case Topology::mesh:
      break;
  }
  if (at % columns_ != to % columns_) return at % columns_ < to % columns_ ? at + 1 : at - 1;
  return at < to ? at + columns_ : at - columns_;
}

std::vector<std::uint32_t> Routing::path(std::uint32_t from, std::uint32_t to) const {
  std::vector<std::uint32_t> places{from};
  while (places.back() != to) places.push_back(next(places.back(), to));
  return places;
}

std::vector<std::uint32_t> Routing::cycle() const {
  std::vector<std::uint32_t> nodes;
  if (topology_ != Topology::mesh) {
    for (std::uint32_t node = 0; node < nodes_; ++node) nodes.push_back(node);
  } else if (rows() > 1 && rows() % 2 == 0) {
    visit_cycle(rows(), columns_,
                [&](std::uint32_t row, std::uint32_t column) { nodes.push_back(row * columns_ + column); });
  } else if (rows() > 1 && columns_ % 2 == 0) {
    visit_cycle(columns_, rows(),
                [&](std::uint32_t column, std::uint32_t row) { nodes.push_back(row * columns_ + column); });
  } else {
    for (std::uint32_t row = 0; row < rows(); ++row) {
      for (std::uint32_t i = 0; i < columns_; ++i)
        nodes.push_back(row * columns_ + (row % 2 == 0 ? i : columns_ - 1 - i));
    }
  }
  return nodes;
}

}  // namespace anda
