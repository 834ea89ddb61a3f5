# cmake -DINPUT=<folder>/16nm.yaml -DOUTPUT=<C++ file> -P EmbedTechnology.cmake
# Writes the C++ function anda::technology_16nm() that makes what the YAML file says. Every key becomes the member of its
# name, so that the compiler finds one that does not exist; a test compares the whole with what anda-sim reads.
#
# The library needs nothing but SystemC, so this reads YAML itself: maps in block and in flow style, plain, quoted, literal
# and folded texts over any number of lines, comments. That is all a technology is written with; lists, anchors, tags, and
# numbers with units are refused.
cmake_minimum_required(VERSION 3.25)
include(${CMAKE_CURRENT_LIST_DIR}/EmbedYaml.cmake)

cmake_path(GET INPUT STEM stem)
set(assignments "")

# embed_scalar(<dotted path> <kind: plain, text> <value>): what EmbedYaml.cmake calls for every key with a value.
function(embed_scalar path kind value)
  set(member "technology.${path}")
  if(member MATCHES "^(.*processing_elements)\\.([^.]*)(.*)$")
    string(REPLACE "-" "_" element "${CMAKE_MATCH_2}")
    set(member "${CMAKE_MATCH_1}[PeKind::${element}]${CMAKE_MATCH_3}")
  endif()
  if(path MATCHES "(^|\\.)(name|source)$")
    if(kind STREQUAL "plain" AND value MATCHES "^-?[0-9.]+([eE][-+]?[0-9]+)?$|^(true|false)$")
      embed_error("${path}: ${value} must be text; put it in quotes if it is meant as such")
    endif()
    string(REPLACE "\\" "\\\\" value "${value}")
    string(REPLACE "\"" "\\\"" value "${value}")
    set(value "\"${value}\"")
  elseif(NOT kind STREQUAL "plain" OR
         NOT value MATCHES "^-?(0|[1-9][0-9]*)?(\\.[0-9]*)?([eE][-+]?[0-9]+)?$" OR NOT value MATCHES "^-?\\.?[0-9]")
    embed_error("${path}: `${value}` must be a number, without a unit and without quotes")
  endif()
  set(assignments "${assignments}  ${member} = ${value};\n" PARENT_SCOPE)
endfunction()

embed_yaml("${INPUT}")

file(WRITE ${OUTPUT} "// Made from ${INPUT}; changes are lost.
#include <anda/energy/technology_${stem}.h>

namespace anda {

Technology technology_${stem}() {
  Technology technology;
${assignments}  return technology;
}

}  // namespace anda
")
