# What `cmake --install` puts where, in three components, which are packages of their own in cmake/Package.cmake: `library`, the
# libraries with their headers, examples and what finds them (find_package(anda CONFIG) and pkg-config); `application`, anda-sim with
# its pages and what it simulates; `python`, the package anda_sim and its commands.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set_target_properties(anda_numeric PROPERTIES EXPORT_NAME numeric)
set_target_properties(anda_models PROPERTIES EXPORT_NAME models)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/anda)

install(TARGETS anda_numeric anda_models EXPORT anda-targets
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT library
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT library
  FILE_SET HEADERS DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT library)
install(EXPORT anda-targets NAMESPACE anda:: DESTINATION ${package_dir} COMPONENT library)

configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/anda-config.cmake.in ${PROJECT_BINARY_DIR}/anda-config.cmake
  INSTALL_DESTINATION ${package_dir})
# Before 1.0 a new minor version may change the interface.
write_basic_package_version_file(${PROJECT_BINARY_DIR}/anda-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES
  ${PROJECT_BINARY_DIR}/anda-config.cmake
  ${PROJECT_BINARY_DIR}/anda-config-version.cmake
  ${CMAKE_CURRENT_LIST_DIR}/FindSystemC.cmake
  DESTINATION ${package_dir} COMPONENT library)

# The prefix is found from the file's own place, so that an installed tree can be moved.
cmake_path(SET pkgconfig_dir NORMALIZE ${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_LIBDIR}/pkgconfig)
cmake_path(RELATIVE_PATH CMAKE_INSTALL_PREFIX BASE_DIRECTORY ${pkgconfig_dir} OUTPUT_VARIABLE prefix_from_pkgconfig)
# The very SystemC that the library was built with: no other links with it.
set(systemc_flags "-I${SystemC_INCLUDE_DIR}")
if(SystemC_CXX_STANDARD)
  string(APPEND systemc_flags " -DSC_CPLUSPLUS=${SystemC_CXX_STANDARD}")
endif()
set(systemc_libraries "${SystemC_LIBRARY} -pthread")
cmake_path(GET SystemC_LIBRARY PARENT_PATH systemc_folder)
if(NOT systemc_folder IN_LIST CMAKE_CXX_IMPLICIT_LINK_DIRECTORIES)
  string(APPEND systemc_libraries " -Wl,-rpath,${systemc_folder}")
endif()
configure_file(${CMAKE_CURRENT_LIST_DIR}/anda.pc.in ${PROJECT_BINARY_DIR}/anda.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/anda.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT library)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/examples DESTINATION ${CMAKE_INSTALL_DATADIR}/anda COMPONENT library
  USE_SOURCE_PERMISSIONS PATTERN notebooks EXCLUDE)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/configs ${PROJECT_SOURCE_DIR}/traces
  DESTINATION ${CMAKE_INSTALL_DATADIR}/anda COMPONENT application OPTIONAL)
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})

if(ANDA_BUILD_APP)
  install(TARGETS anda-sim RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT application)
  install(CODE "set(anda_program $<TARGET_FILE:anda-sim>)
set(anda_pages ${PROJECT_BINARY_DIR}/pages/application)" COMPONENT application)
  install(SCRIPT ${CMAKE_CURRENT_LIST_DIR}/InstallPages.cmake COMPONENT application)
  include(${CMAKE_CURRENT_LIST_DIR}/InstallPython.cmake)
endif()
