# What a release is compiled with beyond optimisation, so that a memory error ends the process and
# does not go on with other people's bytes.

# The sanitizers find the same errors sooner, and replace the functions that _FORTIFY_SOURCE checks.
if(NOT TIDEMARK_SANITIZE)
  add_compile_options(
    $<$<CONFIG:Release>:-fstack-protector-strong>
    # Clang and some distributions define it already; a second definition would be a warning.
    $<$<CONFIG:Release>:-U_FORTIFY_SOURCE>
    $<$<CONFIG:Release>:-D_FORTIFY_SOURCE=2>)
  add_link_options($<$<CONFIG:Release>:-Wl,-z,relro,-z,now>)
endif()

# Address space randomisation needs position-independent executables.
include(CheckPIESupported)
check_pie_supported(LANGUAGES C CXX)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
