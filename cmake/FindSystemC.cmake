# Finds SystemC in the folder that the environment variable SYSTEMC_HOME names, else through pkg-config (Debian's
# libsystemc-dev has no CMake package), and makes the target SystemC::systemc. Sets SystemC_CXX_STANDARD, the value of
# __cplusplus that the library was built with, and lets programs of another standard use the headers as of that one.
# Refuses a library that does not link even so; the linker's error names no cause. A target of that name which the
# project around has already, such as that of SystemC's own CMake package, is taken as it is.
if(TARGET SystemC::systemc)
  set(SystemC_FOUND TRUE)
  return()
endif()

set(system_paths "")
if(DEFINED ENV{SYSTEMC_HOME})
  set(system_paths NO_DEFAULT_PATH)  # a wrong SYSTEMC_HOME is an error, not the system's SystemC
else()
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
set(SystemC_VERSION "")
if(EXISTS "${SystemC_INCLUDE_DIR}/sysc/kernel/sc_ver.h")
  file(STRINGS "${SystemC_INCLUDE_DIR}/sysc/kernel/sc_ver.h" version_lines
    REGEX "^#define SC_VERSION_(MAJOR|MINOR|PATCH) +[0-9]+")
  string(REGEX MATCHALL "[0-9]+" version_numbers "${version_lines}")
  list(JOIN version_numbers "." SystemC_VERSION)
endif()

include(FindPackageHandleStandardArgs)
if(DEFINED ENV{SYSTEMC_HOME})
  set(system_hint "the environment variable SYSTEMC_HOME is $ENV{SYSTEMC_HOME}, where include/systemc or the library is missing")
else()
  set(system_hint "install it (Debian: libsystemc-dev), or set the environment variable SYSTEMC_HOME to the folder of your own")
endif()
find_package_handle_standard_args(SystemC
  REQUIRED_VARS SystemC_LIBRARY SystemC_INCLUDE_DIR
  VERSION_VAR SystemC_VERSION
  REASON_FAILURE_MESSAGE "SystemC: ${system_hint}")
unset(system_hint)

if(SystemC_FOUND)
  find_package(Threads REQUIRED)
  add_library(SystemC::systemc UNKNOWN IMPORTED)
  set_target_properties(SystemC::systemc PROPERTIES
    IMPORTED_LOCATION ${SystemC_LIBRARY}
    INTERFACE_INCLUDE_DIRECTORIES ${SystemC_INCLUDE_DIR}
    INTERFACE_LINK_LIBRARIES Threads::Threads)

  # The headers declare things by SC_CPLUSPLUS, __cplusplus unless it is set, and name the library by it: a program has
  # to see what the library was built with, whatever its own standard. The library's name for itself holds it.
  set(SystemC_CXX_STANDARD "")
  file(STRINGS ${SystemC_LIBRARY} api_versions REGEX "sc_api_version_[0-9_]+_cxx[0-9]+L")
  if(api_versions MATCHES "sc_api_version_[0-9_]+_cxx([0-9]+L)")
    set(SystemC_CXX_STANDARD ${CMAKE_MATCH_1})
    set_target_properties(SystemC::systemc PROPERTIES
      INTERFACE_COMPILE_DEFINITIONS SC_CPLUSPLUS=${SystemC_CXX_STANDARD})
  endif()
  unset(api_versions)

  # Tried with the standard of the project, if it has set one.
  set(standard 17)
  if(CMAKE_CXX_STANDARD)
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
    message(FATAL_ERROR "SystemC at ${SystemC_LIBRARY} does not link with a C++${standard} program. It was probably built "
      "with another C++ standard or compiler. Set CMAKE_CXX_STANDARD to that one (17 for Debian's libsystemc-dev), or "
      "build SystemC with -DCMAKE_CXX_STANDARD=${standard} and set the environment variable SYSTEMC_HOME to its folder.")
  endif()
  unset(standard)
endif()
mark_as_advanced(SystemC_INCLUDE_DIR SystemC_LIBRARY)
