# The whole dependency graph: one row a library, in an order in which a row uses only earlier rows.
#
# tidemark_layer(<name> [PUBLIC ...] [PRIVATE ...] [DRIVERS ...])
#   PUBLIC    libraries whose types may appear in this one's public headers
#   PRIVATE   libraries that only its sources may include
#   DRIVERS   third-party targets, always private
#
# No CMakeLists.txt of a library names a dependency; tidemark_library() reads its row here.

set(TIDEMARK_LAYERS "")

function(tidemark_layer name)
  cmake_parse_arguments(ROW "" "" "PUBLIC;PRIVATE;DRIVERS" ${ARGN})
  foreach(used IN LISTS ROW_PUBLIC ROW_PRIVATE)
    if(NOT used IN_LIST TIDEMARK_LAYERS)
      message(FATAL_ERROR "Layers.cmake: '${name}' may not use '${used}': it is not an earlier row")
    endif()
  endforeach()
  set(TIDEMARK_LAYERS ${TIDEMARK_LAYERS} ${name} PARENT_SCOPE)
  set(TIDEMARK_${name}_PUBLIC "${ROW_PUBLIC}" PARENT_SCOPE)
  set(TIDEMARK_${name}_PRIVATE "${ROW_PRIVATE}" PARENT_SCOPE)
  set(TIDEMARK_${name}_DRIVERS "${ROW_DRIVERS}" PARENT_SCOPE)
endfunction()

tidemark_layer(base DRIVERS OpenSSL::Crypto)
tidemark_layer(model PUBLIC base DRIVERS simdjson::simdjson)
tidemark_layer(chain PUBLIC model)
tidemark_layer(metadata_db PUBLIC model DRIVERS simdjson::simdjson)
tidemark_layer(metadata_db_sqlite PUBLIC metadata_db DRIVERS tidemark_sqlite3)
tidemark_layer(metadata_db_postgres PUBLIC metadata_db DRIVERS PostgreSQL::PostgreSQL)
tidemark_layer(object_store PUBLIC base DRIVERS Arrow::arrow Arrow::s3 CURL::libcurl OpenSSL::Crypto)
tidemark_layer(parquet_io PUBLIC model PRIVATE object_store DRIVERS Arrow::arrow Parquet::parquet)
tidemark_layer(dataset_store PUBLIC model PRIVATE metadata_db object_store
               DRIVERS simdjson::simdjson tomlplusplus::tomlplusplus)
tidemark_layer(data_store PUBLIC model PRIVATE chain metadata_db object_store parquet_io)
tidemark_layer(http PUBLIC base DRIVERS Boost::headers OpenSSL::SSL)
tidemark_layer(providers PUBLIC model PRIVATE http DRIVERS simdjson::simdjson)
tidemark_layer(chain_heads PUBLIC model PRIVATE metadata_db providers)
tidemark_layer(admin_api PUBLIC http data_store dataset_store chain_heads
               DRIVERS simdjson::simdjson)
tidemark_layer(worker PUBLIC model PRIVATE chain metadata_db object_store parquet_io providers)

# Defines library tidemark::<name> from the files of its folder:
#   include/tidemark/<name>/*.h  public     src/*.{h,cc}  private
#   tests/*_test.cc              one test program, <name>_test, label "unit"
#   tests/*_pgtest.cc            the same, but the program needs a PostgreSQL: it is run with one of
#                                its own, whose URL is TIDEMARK_TEST_POSTGRES; label "pg"
#   tests/*.h, tests/*.cc        otherwise: helpers of that program
# TEST_SHARDS <n>: the program is run as n tests, of which each runs a part.
function(tidemark_library name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "TEST_SHARDS" "")
  file(GLOB headers CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/include/tidemark/${name}/*.h")
  file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/src/*.cc")
  set(target tidemark_${name})
  add_library(${target} STATIC ${sources})
  tidemark_failpoints(${sources})
  add_library(tidemark::${name} ALIAS ${target})
  set_target_properties(${target} PROPERTIES LINKER_LANGUAGE CXX
                        VERIFY_INTERFACE_HEADER_SETS ON)
  target_sources(${target} PUBLIC FILE_SET HEADERS
                 BASE_DIRS "${CMAKE_CURRENT_SOURCE_DIR}/include" FILES ${headers})
  target_include_directories(${target} PRIVATE "${CMAKE_CURRENT_SOURCE_DIR}/src")
  target_link_libraries(${target} PUBLIC fmt::fmt PRIVATE tidemark_warnings
                        ${TIDEMARK_${name}_DRIVERS})
  foreach(used IN LISTS TIDEMARK_${name}_PUBLIC)
    target_link_libraries(${target} PUBLIC tidemark::${used})
  endforeach()
  foreach(used IN LISTS TIDEMARK_${name}_PRIVATE)
    target_link_libraries(${target} PRIVATE tidemark::${used})
  endforeach()

  file(GLOB tests CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/tests/*.cc")
  if(BUILD_TESTING AND tests)
    add_executable(${name}_test ${tests})
    target_include_directories(${name}_test PRIVATE "${CMAKE_CURRENT_SOURCE_DIR}/src")
    # Only where it is used: the path is of this clone, and would keep ccache from giving one clone
    # what another has compiled.
    foreach(test IN LISTS tests)
      file(STRINGS "${test}" uses_data REGEX TIDEMARK_TEST_DATA LIMIT_COUNT 1)
      if(uses_data)
        set_property(SOURCE "${test}" APPEND PROPERTY COMPILE_DEFINITIONS
          TIDEMARK_TEST_DATA="${PROJECT_SOURCE_DIR}/tests/data")
      endif()
    endforeach()
    target_link_libraries(${name}_test PRIVATE tidemark::${name} tidemark_warnings
      ${TIDEMARK_${name}_DRIVERS} GTest::gmock GTest::gtest_main nlohmann_json::nlohmann_json
      Threads::Threads)
    foreach(used IN LISTS TIDEMARK_${name}_PRIVATE)
      target_link_libraries(${name}_test PRIVATE tidemark::${used})
    endforeach()
    set(label unit)
    set(with_postgres)
    if(tests MATCHES "_pgtest[.]cc")
      set(label pg)
      set(with_postgres /usr/bin/python3 "${PROJECT_SOURCE_DIR}/tests/services/postgres.py" --)
    endif()
    set(command ${with_postgres} $<TARGET_FILE:${name}_test> --gtest_brief=1)
    if(arg_TEST_SHARDS)
      foreach(shard RANGE 1 ${arg_TEST_SHARDS})
        math(EXPR index "${shard} - 1")
        add_test(NAME ${name}.${shard} COMMAND ${command})
        set_tests_properties(${name}.${shard} PROPERTIES LABELS ${label} TIMEOUT 120
          ENVIRONMENT "GTEST_TOTAL_SHARDS=${arg_TEST_SHARDS};GTEST_SHARD_INDEX=${index}")
      endforeach()
    else()
      add_test(NAME ${name} COMMAND ${command})
      set_tests_properties(${name} PROPERTIES LABELS ${label} TIMEOUT 120)
    endif()
  endif()
endfunction()
