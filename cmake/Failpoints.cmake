# TIDEMARK_FAILPOINTS: the places where tests end, stop, delay or fail the program
# (libs/base/include/tidemark/base/failpoint.h) are compiled in. Never in what users run.
option(TIDEMARK_FAILPOINTS "Compile in the failpoints that tests use" OFF)

# tidemark_failpoints(<source>...): turns them on where there are any. Only there, so that all other
# objects are those of a build without them and come from the compiler cache.
function(tidemark_failpoints)
  if(NOT TIDEMARK_FAILPOINTS)
    return()
  endif()
  foreach(source IN LISTS ARGN)
    file(STRINGS "${source}" uses_failpoints REGEX TIDEMARK_FAILPOINT LIMIT_COUNT 1)
    if(uses_failpoints)
      set_property(SOURCE "${source}" APPEND PROPERTY COMPILE_DEFINITIONS TIDEMARK_FAILPOINTS)
      set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${source}")
    endif()
  endforeach()
endfunction()
