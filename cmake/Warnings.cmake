# The warnings every target of the project is built with.
add_library(anda_warnings INTERFACE)
target_compile_options(anda_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor
  -Wold-style-cast -Woverloaded-virtual -Wduplicated-cond -Wlogical-op -Wnull-dereference)
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  set_target_properties(anda_warnings PROPERTIES INTERFACE_COMPILE_OPTIONS
    "-Wall;-Wextra;-Wpedantic;-Wshadow;-Wconversion;-Wsign-conversion;-Wnon-virtual-dtor;-Wold-style-cast;-Woverloaded-virtual")
endif()
if(ANDA_WARNINGS_AS_ERRORS)
  target_compile_options(anda_warnings INTERFACE -Werror)
endif()

# For code that need not run fast: built faster. GCC's warning of null pointers needs -O2 to be right.
add_library(anda_quick_build INTERFACE)
target_compile_options(anda_quick_build INTERFACE $<$<CONFIG:Release>:-O1$<SEMICOLON>-Wno-null-dereference>)
