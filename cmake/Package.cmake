# Debian packages, by CPack (scripts/package): anda-sim, libanda-dev and python3-anda-sim, of the components of cmake/Install.cmake.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME anda)
set(CPACK_PACKAGE_CONTACT "Anda simulator <maintainers@anda.invalid>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_NAME} built using CMake")  # the default, which is no line of theirs: each has its own
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_ALL application library python)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(version ${PROJECT_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE})

set(CPACK_DEBIAN_APPLICATION_PACKAGE_NAME anda-sim)
set(CPACK_DEBIAN_APPLICATION_PACKAGE_SECTION electronics)
set(CPACK_DEBIAN_APPLICATION_PACKAGE_SHLIBDEPS ON)  # from the program itself
set(CPACK_DEBIAN_APPLICATION_PACKAGE_RECOMMENDS libopenblas0)  # loaded by anda-sim evaluate, not linked
set(CPACK_COMPONENT_APPLICATION_DESCRIPTION "simulator of the Anda LLM accelerator
Simulates accelerators for large language models with INT4 weights and
activations that share exponents, and their baselines: run time, energy and
area of whole models, described in YAML. Has manual pages and completions.")

# The package that the SystemC of the build came with, since the library links with no other.
execute_process(COMMAND dpkg-query -S ${SystemC_INCLUDE_DIR}/systemc OUTPUT_VARIABLE owner ERROR_QUIET)
if(owner MATCHES "^([a-z0-9.+-]+)[:,]")
  set(CPACK_DEBIAN_LIBRARY_PACKAGE_DEPENDS "${CMAKE_MATCH_1} (>= ${SystemC_VERSION})")
endif()
set(CPACK_DEBIAN_LIBRARY_PACKAGE_NAME libanda-dev)
set(CPACK_DEBIAN_LIBRARY_PACKAGE_SECTION libdevel)
set(CPACK_COMPONENT_LIBRARY_DESCRIPTION "SystemC/TLM-2.0 modules of the Anda LLM accelerator
Accelerator, external memory, links and their blocks as modules for SystemC
programs: headers, static libraries, a CMake package, a pkg-config file and
examples.")

# What scripts/pyproject.toml asks for, under Debian's names.
file(READ ${PROJECT_SOURCE_DIR}/scripts/pyproject.toml project)
string(REGEX MATCH "\ndependencies = \\[([^]]*)\\]" found "${project}")
string(REGEX MATCHALL "[A-Za-z]+" modules "${CMAKE_MATCH_1}")
set(CPACK_DEBIAN_PYTHON_PACKAGE_DEPENDS "python3 (>= 3.9)")
foreach(module IN LISTS modules)
  string(TOLOWER ${module} module)
  string(REGEX REPLACE "^pyyaml$" "yaml" module ${module})
  string(APPEND CPACK_DEBIAN_PYTHON_PACKAGE_DEPENDS ", python3-${module}")
endforeach()
set(CPACK_DEBIAN_PYTHON_PACKAGE_NAME python3-anda-sim)
set(CPACK_DEBIAN_PYTHON_PACKAGE_SECTION python)
set(CPACK_DEBIAN_PYTHON_PACKAGE_ARCHITECTURE all)
set(CPACK_DEBIAN_PYTHON_PACKAGE_RECOMMENDS "anda-sim (= ${version}), python3-optuna, python3-plotly, esbuild")
set(CPACK_DEBIAN_PYTHON_PACKAGE_SUGGESTS "python3-distributed, python3-ipykernel")
set(CPACK_DEBIAN_PYTHON_PACKAGE_CONTROL_EXTRA ${CMAKE_CURRENT_LIST_DIR}/debian/postinst ${CMAKE_CURRENT_LIST_DIR}/debian/prerm)
set(CPACK_COMPONENT_PYTHON_DESCRIPTION "Anda LLM accelerator simulator from Python
Runs, sweeps, comparisons and searches as Python objects, and the commands
anda-sweep, anda-explore, anda-report and anda-plot.")

# Each package has its licence and the changes of the project.
file(STRINGS ${PROJECT_SOURCE_DIR}/CHANGELOG.md released REGEX "^## \\[${PROJECT_VERSION}\\] - ")
string(REGEX MATCH "[0-9-]+$" released "${released}")
execute_process(COMMAND date -u -R -d "${released}" OUTPUT_VARIABLE released OUTPUT_STRIP_TRAILING_WHITESPACE)
foreach(pair application:anda-sim library:libanda-dev python:python3-anda-sim)
  string(REGEX MATCH "^(.*):(.*)$" pair ${pair})
  set(component ${CMAKE_MATCH_1})
  set(name ${CMAKE_MATCH_2})
  file(CONFIGURE OUTPUT debian/${name}/changelog.Debian @ONLY CONTENT
    "anda (@version@) unstable; urgency=medium\n\n  * Version @PROJECT_VERSION@.\n\n -- @CPACK_PACKAGE_CONTACT@  @released@\n")
  set(documents ${PROJECT_BINARY_DIR}/debian/${name})
  install(CODE "
    file(COPY_FILE ${PROJECT_SOURCE_DIR}/CHANGELOG.md ${documents}/changelog)
    execute_process(COMMAND gzip -9nkf ${documents}/changelog ${documents}/changelog.Debian COMMAND_ERROR_IS_FATAL ANY)
    file(INSTALL ${documents}/changelog.gz ${documents}/changelog.Debian.gz ${CMAKE_CURRENT_LIST_DIR}/debian/copyright
      DESTINATION \${CMAKE_INSTALL_PREFIX}/share/doc/${name})"
    COMPONENT ${component} EXCLUDE_FROM_ALL)
endforeach()

include(CPack)
