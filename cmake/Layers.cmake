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

tidemark_layer(base)
tidemark_layer(model PUBLIC base DRIVERS simdjson::simdjson OpenSSL::Crypto)
tidemark_layer(chain PUBLIC model)
tidemark_layer(metadata_db PUBLIC model)
tidemark_layer(metadata_db_sqlite PUBLIC metadata_db DRIVERS tidemark_sqlite3)
tidemark_layer(object_store PUBLIC base)
tidemark_layer(parquet_io PUBLIC model PRIVATE object_store DRIVERS Arrow::arrow Parquet::parquet)
tidemark_layer(dataset_store PUBLIC model PRIVATE metadata_db object_store
               DRIVERS simdjson::simdjson OpenSSL::Crypto tomlplusplus::tomlplusplus)
tidemark_layer(data_store PUBLIC model PRIVATE chain metadata_db)
tidemark_layer(http PUBLIC base DRIVERS Boost::headers OpenSSL::SSL)
tidemark_layer(providers PUBLIC model PRIVATE http DRIVERS simdjson::simdjson)
tidemark_layer(admin_api PUBLIC http data_store dataset_store DRIVERS simdjson::simdjson)
tidemark_layer(worker PUBLIC model PRIVATE chain metadata_db object_store parquet_io providers)

# Defines library tidemark::<name> from the files of its folder:
#   include/tidemark/<name>/*.h  public     src/*.{h,cc}  private
#   tests/*_test.cc              one test program, <name>_test, label "unit"
#   tests/*.h, tests/*.cc        otherwise: helpers of that program
function(tidemark_library name)
  file(GLOB headers CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/include/tidemark/${name}/*.h")
  file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/src/*.cc")
  set(target tidemark_${name})
  add_library(${target} STATIC ${sources})
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
    target_compile_definitions(${name}_test PRIVATE
      TIDEMARK_TEST_DATA="${PROJECT_SOURCE_DIR}/tests/data")
    target_link_libraries(${name}_test PRIVATE tidemark::${name} tidemark_warnings
      ${TIDEMARK_${name}_DRIVERS} GTest::gmock GTest::gtest_main nlohmann_json::nlohmann_json
      Threads::Threads)
    foreach(used IN LISTS TIDEMARK_${name}_PRIVATE)
      target_link_libraries(${name}_test PRIVATE tidemark::${used})
    endforeach()
    add_test(NAME ${name} COMMAND ${name}_test --gtest_brief=1)
    set_tests_properties(${name} PROPERTIES LABELS unit TIMEOUT 120)
  endif()
endfunction()
