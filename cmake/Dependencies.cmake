# Finds everything the enabled parts need, and names all that is missing in one message.
set(missing_packages "")

# anda_require(<CMake package> <Debian package> [arguments of find_package])
macro(anda_require name debian_package)
  find_package(${name} ${ARGN} QUIET)
  if(NOT ${name}_FOUND)
    list(APPEND missing_packages "${name} (Debian: ${debian_package})")
  endif()
endmacro()

anda_require(SystemC libsystemc-dev 2.3 MODULE)
if(ANDA_BUILD_APP OR ANDA_BUILD_TESTS OR ANDA_BUILD_FUZZERS)
  anda_require(yaml-cpp libyaml-cpp-dev)
  anda_require(Boost libboost-program-options-dev 1.74 COMPONENTS program_options)
  anda_require(nlohmann_json nlohmann-json3-dev 3.11)
  anda_require(fmt libfmt-dev)
  anda_require(utf8cpp libutfcpp-dev 3.2)
  anda_require(OpenSSL libssl-dev COMPONENTS Crypto)
  anda_require(SQLite3 libsqlite3-dev)
  anda_require(OpenBLAS libopenblas-dev MODULE)
endif()
if(ANDA_BUILD_TESTS)
  anda_require(Catch2 catch2 2.13)
endif()

if(missing_packages)
  list(JOIN missing_packages "\n  " missing_packages)
  message(FATAL_ERROR "Not found, or too old:\n  ${missing_packages}\n"
    "On Debian, scripts/install_dependencies installs them (with the word 'test' for those of the tests). "
    "For a SystemC of your own, set the environment variable SYSTEMC_HOME to its folder, or, where it has a CMake package, "
    "add that to CMAKE_PREFIX_PATH.")
endif()
unset(missing_packages)
