# Installs the Python package anda_sim where Debian's Python finds packages of the system, with its commands, their pages and the
# notebooks. The commands find the package from their own place, so that an installed tree can be moved.
set(python_dir lib/python3/dist-packages)
set(package ${PROJECT_SOURCE_DIR}/scripts/anda_sim)
# Links are followed: schemas are those of docs/.
file(GLOB_RECURSE package_files RELATIVE ${package} CONFIGURE_DEPENDS
  ${package}/*.py ${package}/py.typed ${package}/*.json ${package}/*.js ${package}/*.css ${package}/*.html ${package}/*.v ${package}/*.h)
foreach(file IN LISTS package_files)
  file(REAL_PATH ${package}/${file} original)
  cmake_path(GET file PARENT_PATH folder)
  install(FILES ${original} DESTINATION ${python_dir}/anda_sim/${folder} COMPONENT python)
endforeach()

file(STRINGS ${PROJECT_SOURCE_DIR}/scripts/pyproject.toml commands REGEX "= \"anda_sim\\.commands:")
foreach(line IN LISTS commands)
  string(REGEX MATCH "^([a-z-]+) = \"anda_sim\\.commands:([a-z]+)\"" line ${line})
  set(function ${CMAKE_MATCH_2})
  configure_file(${CMAKE_CURRENT_LIST_DIR}/python_command.in ${PROJECT_BINARY_DIR}/commands/${CMAKE_MATCH_1} @ONLY)
  install(PROGRAMS ${PROJECT_BINARY_DIR}/commands/${CMAKE_MATCH_1} DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT python)
endforeach()

file(CONFIGURE OUTPUT METADATA @ONLY CONTENT
  "Metadata-Version: 2.1\nName: anda-sim\nVersion: @PROJECT_VERSION@\nSummary: @PROJECT_DESCRIPTION@, from Python\nLicense: Apache-2.0\n")
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/METADATA DESTINATION ${python_dir}/anda_sim-${PROJECT_VERSION}.dist-info COMPONENT python)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/examples/notebooks DESTINATION ${CMAKE_INSTALL_DATADIR}/anda/examples COMPONENT python)

find_program(ANDA_PYTHON python3 PATHS /usr/bin NO_DEFAULT_PATH)
find_program(ANDA_PYTHON python3)
mark_as_advanced(ANDA_PYTHON)
install(CODE "set(anda_python ${ANDA_PYTHON})
set(anda_scripts ${PROJECT_SOURCE_DIR}/scripts)
set(anda_pages ${PROJECT_BINARY_DIR}/pages/python)" COMPONENT python)
install(SCRIPT ${CMAKE_CURRENT_LIST_DIR}/InstallPages.cmake COMPONENT python)
