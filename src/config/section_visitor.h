// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_CONFIG_SECTION_VISITOR_H
#define ANDA_SIM_CONFIG_SECTION_VISITOR_H

namespace anda::sim {

/// Base of visitors that visit only sections; ignores everything else.
struct SectionVisitor {
  template <class... Arguments>
  void number(const Arguments&...) {}
  template <class... Arguments>
  void flag(const Arguments&...) {}
  template <class... Arguments>
  void text(const Arguments&...) {}
  template <class... Arguments>
  void path(const Arguments&...) {}
  template <class... Arguments>
  void optional(const Arguments&...) {}
  template <class... Arguments>
  void choice(const Arguments&...) {}
  template <class... Arguments>
  void choices(const Arguments&...) {}
  template <class... Arguments>
  void word_or_section(const Arguments&...) {}
  template <class... Arguments>
  void words_or_sections(const Arguments&...) {}
};

}  // namespace anda::sim

#endif
