# Targets of everything that is not ours. What they are and where they come from: tools/pins.txt.

# The cache that tools/setup.sh fills; the same rule is there.
if(NOT "$ENV{TIDEMARK_DEPS}" STREQUAL "")
  set(default "$ENV{TIDEMARK_DEPS}")
elseif(NOT "$ENV{XDG_CACHE_HOME}" STREQUAL "")
  set(default "$ENV{XDG_CACHE_HOME}/tidemark")
else()
  set(default "$ENV{HOME}/.cache/tidemark")
endif()
set(TIDEMARK_DEPS "${default}" CACHE PATH "Directory with the unpacked archives of tools/pins.txt")

set(pins "${PROJECT_SOURCE_DIR}/tools/pins.txt")
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${pins}")

# Sets <variable> to the directory that pins.txt gives for <name>, which must hold <file>.
function(tidemark_archive variable name file)
  file(STRINGS "${pins}" row REGEX "^(pip|copy|npm|wheels|modules) +${name}-[0-9]" LIMIT_COUNT 1)
  string(REGEX REPLACE "^[a-z]+ +([^ ]+) .*" "\\1" directory "${row}")
  if(NOT EXISTS "${TIDEMARK_DEPS}/${directory}/${file}")
    message(FATAL_ERROR "${directory} is not in ${TIDEMARK_DEPS}: run 'make setup'")
  endif()
  set(${variable} "${TIDEMARK_DEPS}/${directory}" PARENT_SCOPE)
endfunction()

# Like find_package(), for the packages of pins.txt.
macro(tidemark_package name)
  find_package(${name} ${ARGN} QUIET)
  if(NOT ${name}_FOUND)
    message(FATAL_ERROR "${name} is not installed: run 'make setup'")
  endif()
endmacro()

set(THREADS_PREFER_PTHREAD_FLAG ON)
tidemark_package(Threads)
tidemark_package(OpenSSL 3.0)
tidemark_package(CURL 7.88)
tidemark_package(fmt 9.1 CONFIG)
tidemark_package(simdjson 3.0 CONFIG)
tidemark_package(tomlplusplus 3.3 CONFIG)
tidemark_package(CLI11 2.1 CONFIG)
tidemark_package(PostgreSQL 15)
# Debian 12's own Boost is 1.74, whose Beast and Asio are too old.
tidemark_package(Boost 1.81.0 EXACT CONFIG)

include(Arrow)
include(Sqlite)

if(BUILD_TESTING)
  tidemark_package(GTest 1.12 CONFIG)
  tidemark_package(nlohmann_json 3.11 CONFIG)
  tidemark_package(rapidcheck CONFIG)
  tidemark_package(benchmark 1.7 CONFIG)
  # For tests that start a node, and for those that read our files with somebody else's reader:
  # PYTHONPATH for the interpreter the wheel is made for, /usr/bin/python3.
  tidemark_archive(anvil anvil bin/anvil)
  # In the cache, where the Makefile finds it.
  set(TIDEMARK_ANVIL "${anvil}/bin/anvil" CACHE INTERNAL "")
  tidemark_archive(TIDEMARK_PYARROW pyarrow pyarrow/__init__.py)
  # For PYTHONPATH too, but of the processes that run them only: they bring much along.
  tidemark_archive(TIDEMARK_MOTO moto moto/__init__.py)
  tidemark_archive(TIDEMARK_SCHEMATHESIS schemathesis schemathesis/__init__.py)
  tidemark_archive(TIDEMARK_NODE node bin/node)
  tidemark_archive(TIDEMARK_AMP_SDK amp_sdk node_modules/@edgeandnode/amp/package.json)
endif()
