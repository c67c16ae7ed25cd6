# What a release is compiled with beyond optimisation, so that a memory error ends the process and
# does not go on with other people's bytes. Position-independent executables are the default of
# Debian's compilers; asking for them here would compile the libraries with -fPIC, which costs
# inlining.

# The sanitizers find the same errors sooner, and replace the functions that _FORTIFY_SOURCE checks.
if(NOT TIDEMARK_SANITIZE)
  add_compile_options(
    $<$<CONFIG:Release>:-fstack-protector-strong>
    # Clang and some distributions define it already; a second definition would be a warning.
    $<$<CONFIG:Release>:-U_FORTIFY_SOURCE>
    $<$<CONFIG:Release>:-D_FORTIFY_SOURCE=2>)
  add_link_options($<$<CONFIG:Release>:-Wl,-z,relro,-z,now>)
endif()
