# cmake -DINPUT=<folder>/16nm.yaml -DOUTPUT=<C++ file> -P EmbedTechnology.cmake
# Writes the C++ function anda::technology_16nm() that makes what the YAML file says. Every key becomes the member of its
# name, so that the compiler finds one that does not exist; a test compares the whole with what anda-sim reads. Knows
# mappings of plain and "quoted" scalars, indented by 2, and comments that have a line to themselves.
cmake_path(GET INPUT STEM stem)
set(assignments "")
set(path technology)
file(STRINGS ${INPUT} lines ENCODING UTF-8)
foreach(line IN LISTS lines)
  if(line MATCHES "^ *(#.*)?$")
    continue()
  endif()
  if(NOT line MATCHES "^(( [ ])*)([a-z][a-z0-9_-]*):( +([^ ].*))?$")
    message(FATAL_ERROR "${INPUT}: `${line}` is not `key: value` or `key:`, indented by 2")
  endif()
  set(indent "${CMAKE_MATCH_1}")
  set(key "${CMAKE_MATCH_3}")
  set(value "${CMAKE_MATCH_5}")
  string(LENGTH "${indent}" spaces)
  math(EXPR depth "${spaces} / 2 + 1")
  list(SUBLIST path 0 ${depth} path)
  list(APPEND path ${key})
  if(value STREQUAL "")
    continue()
  endif()

  list(JOIN path "." member)
  if(member MATCHES "^(.*processing_elements)\\.([^.]*)(.*)$")
    string(REPLACE "-" "_" kind "${CMAKE_MATCH_2}")
    set(member "${CMAKE_MATCH_1}[PeKind::${kind}]${CMAKE_MATCH_3}")
  endif()
  if(NOT value MATCHES "^[0-9.]+$")
    string(REGEX REPLACE "^\"(.*)\"$" "\\1" value "${value}")
    if(value MATCHES "[\"\\\\]")
      message(FATAL_ERROR "${INPUT}: `${key}` has a quotation mark or a backslash in it")
    endif()
    set(value "\"${value}\"")
  endif()
  string(APPEND assignments "  ${member} = ${value};\n")
endforeach()

file(WRITE ${OUTPUT} "// Made from ${INPUT}; changes are lost.
#include <anda/energy/technology_${stem}.h>

namespace anda {

Technology technology_${stem}() {
  Technology technology;
${assignments}  return technology;
}

}  // namespace anda
")
