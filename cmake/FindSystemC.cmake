# Finds SystemC and makes the target SystemC::systemc. Looked for in this order:
#   - a target of that name, which the project around has already
#   - SystemC_LIBRARY with SystemC_INCLUDE_DIR, if they are set
#   - the folder that the environment variable SYSTEMC_HOME names
#   - SystemC's own CMake package (CMAKE_PREFIX_PATH or SystemCLanguage_DIR), which SystemC has if CMake built it
#   - pkg-config: Debian's libsystemc-dev has no CMake package
# Sets SystemC_LIBRARY, SystemC_INCLUDE_DIR, and what the library says of itself: SystemC_API (its version symbol),
# SystemC_VERSION and SystemC_CXX_STANDARD (the __cplusplus it was built with). Programs of a later standard use the headers
# as of that one. Refuses a library that does not link even so; the linker's error names no cause.
set(SystemC_API "")

if(NOT TARGET SystemC::systemc AND NOT SystemC_LIBRARY AND NOT DEFINED ENV{SYSTEMC_HOME})
  find_package(Threads QUIET)  # the package uses the target and does not look for it
  find_package(SystemCLanguage CONFIG QUIET)
endif()

if(TARGET SystemC::systemc)
  set(systemc_target SystemC::systemc)
  get_target_property(systemc_alias SystemC::systemc ALIASED_TARGET)
  if(systemc_alias)
    set(systemc_target ${systemc_alias})
  endif()
  get_target_property(SystemC_INCLUDE_DIR ${systemc_target} INTERFACE_INCLUDE_DIRECTORIES)
  get_target_property(systemc_imported ${systemc_target} IMPORTED)
  if(systemc_imported)
    get_target_property(SystemC_LIBRARY ${systemc_target} IMPORTED_LOCATION)
    get_target_property(systemc_configurations ${systemc_target} IMPORTED_CONFIGURATIONS)
    foreach(configuration IN LISTS systemc_configurations)
      if(NOT SystemC_LIBRARY)
        get_target_property(SystemC_LIBRARY ${systemc_target} IMPORTED_LOCATION_${configuration})
      endif()
    endforeach()
  else()
    set(SystemC_LIBRARY "")  # it is still to be built
    get_target_property(systemc_standard ${systemc_target} CXX_STANDARD)
  endif()
  if(NOT SystemC_INCLUDE_DIR)
    set(SystemC_INCLUDE_DIR "")
  endif()
else()
  set(systemc_target "")
  set(systemc_imported TRUE)
  set(system_paths "")
  if(DEFINED ENV{SYSTEMC_HOME})
    set(system_paths NO_DEFAULT_PATH)  # a wrong SYSTEMC_HOME is an error, not the system's SystemC
  elseif(NOT SystemC_LIBRARY)
    find_package(PkgConfig QUIET)
    if(PkgConfig_FOUND)
      pkg_check_modules(PC_SYSTEMC QUIET systemc)
    endif()
  endif()
  find_path(SystemC_INCLUDE_DIR systemc
    HINTS $ENV{SYSTEMC_HOME}/include ${PC_SYSTEMC_INCLUDE_DIRS}
    ${system_paths})
  find_library(SystemC_LIBRARY systemc
    HINTS $ENV{SYSTEMC_HOME} ${PC_SYSTEMC_LIBRARY_DIRS}
    PATH_SUFFIXES lib lib64 lib-linux64 lib/${CMAKE_LIBRARY_ARCHITECTURE}
    ${system_paths})
  unset(system_paths)
endif()

# The headers declare things by SC_CPLUSPLUS, __cplusplus unless it is set, and name the library by it: a program has to
# see what the library was built with, whatever its own standard.
if(SystemC_LIBRARY AND EXISTS "${SystemC_LIBRARY}")
  file(STRINGS ${SystemC_LIBRARY} api_versions REGEX "sc_api_version_[0-9_]+_cxx[0-9]+L")
  if(api_versions MATCHES "sc_api_version_([0-9_]+)_cxx([0-9]+L)")
    set(SystemC_API ${CMAKE_MATCH_0})
    set(SystemC_CXX_STANDARD ${CMAKE_MATCH_2})
    string(REPLACE "_" "." SystemC_VERSION ${CMAKE_MATCH_1})
  endif()
  unset(api_versions)
elseif(systemc_standard)
  foreach(pair 17:201703L 20:202002L)
    if(pair MATCHES "^${systemc_standard}:(.*)$")
      set(SystemC_CXX_STANDARD ${CMAKE_MATCH_1})
    endif()
  endforeach()
endif()

if(NOT SystemC_API AND EXISTS "${SystemC_INCLUDE_DIR}/sysc/kernel/sc_ver.h")
  file(STRINGS "${SystemC_INCLUDE_DIR}/sysc/kernel/sc_ver.h" version_lines
    REGEX "^#define SC_VERSION_(MAJOR|MINOR|PATCH) +[0-9]+")
  string(REGEX MATCHALL "[0-9]+" version_numbers "${version_lines}")
  list(JOIN version_numbers "." SystemC_VERSION)
endif()

if(NOT systemc_target)
  include(FindPackageHandleStandardArgs)
  if(DEFINED ENV{SYSTEMC_HOME})
    set(system_hint "the environment variable SYSTEMC_HOME is $ENV{SYSTEMC_HOME}, where include/systemc or the library is missing")
  else()
    set(system_hint "install it (Debian: libsystemc-dev), or name your own by CMAKE_PREFIX_PATH or the environment variable SYSTEMC_HOME")
  endif()
  find_package_handle_standard_args(SystemC
    REQUIRED_VARS SystemC_LIBRARY SystemC_INCLUDE_DIR
    VERSION_VAR SystemC_VERSION
    REASON_FAILURE_MESSAGE "SystemC: ${system_hint}")
  unset(system_hint)
  if(SystemC_FOUND)
    find_package(Threads REQUIRED)
    set(systemc_target SystemC::systemc)
    add_library(SystemC::systemc UNKNOWN IMPORTED)
    set_target_properties(SystemC::systemc PROPERTIES
      IMPORTED_LOCATION ${SystemC_LIBRARY}
      INTERFACE_INCLUDE_DIRECTORIES ${SystemC_INCLUDE_DIR}
      INTERFACE_LINK_LIBRARIES Threads::Threads)
  endif()
else()
  set(SystemC_FOUND TRUE)
endif()

set(standard 17)
if(SystemC_CXX_STANDARD STRGREATER 201703L)
  set(standard 20)
endif()
if(SystemC_FOUND AND SystemC_CXX_STANDARD)
  get_target_property(definitions ${systemc_target} INTERFACE_COMPILE_DEFINITIONS)
  if(NOT definitions MATCHES "SC_CPLUSPLUS=")
    set_property(TARGET ${systemc_target} APPEND PROPERTY INTERFACE_COMPILE_DEFINITIONS SC_CPLUSPLUS=${SystemC_CXX_STANDARD})
    set_property(TARGET ${systemc_target} APPEND PROPERTY INTERFACE_COMPILE_FEATURES cxx_std_${standard})
  endif()
  unset(definitions)
endif()

if(SystemC_FOUND AND systemc_imported)
  # Tried with the standard of the project, if that is a later one than SystemC's.
  if(CMAKE_CXX_STANDARD AND CMAKE_CXX_STANDARD GREATER standard)
    set(standard ${CMAKE_CXX_STANDARD})
  endif()
  include(CheckCXXSourceCompiles)
  set(CMAKE_REQUIRED_LIBRARIES SystemC::systemc)
  set(CMAKE_REQUIRED_FLAGS -std=c++${standard})
  check_cxx_source_compiles("#include <systemc>
    int sc_main(int, char**) { sc_core::sc_time t(1, sc_core::SC_NS); return t.value() == 0; }" SYSTEMC_LINKS_AS_CXX${standard})
  unset(CMAKE_REQUIRED_LIBRARIES)
  unset(CMAKE_REQUIRED_FLAGS)
  if(NOT SYSTEMC_LINKS_AS_CXX${standard})
    unset(SYSTEMC_LINKS_AS_CXX${standard} CACHE)  # tried again when something was done about it
    message(FATAL_ERROR "SystemC at ${SystemC_LIBRARY} does not link with a C++${standard} program. It was probably built "
      "with another C++ standard or compiler. Set CMAKE_CXX_STANDARD to that one (17 for Debian's libsystemc-dev), or "
      "build SystemC with -DCMAKE_CXX_STANDARD=${standard} and set the environment variable SYSTEMC_HOME to its folder.")
  endif()
endif()
unset(standard)
mark_as_advanced(SystemC_INCLUDE_DIR SystemC_LIBRARY)
