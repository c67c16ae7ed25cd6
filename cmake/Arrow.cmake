# Arrow::arrow, Arrow::s3 and Parquet::parquet: the C++ libraries of the pyarrow wheel, which has no CMake
# package of its own.

tidemark_archive(arrow_root arrow lib/libparquet.so)

# The SONAMEs end in this number; the plain lib*.so are links for the human eye.
file(STRINGS "${arrow_root}/include/arrow/util/config.h" so_version REGEX "define ARROW_SO_VERSION ")
string(REGEX REPLACE ".*\"([0-9]+)\".*" "\\1" so_version "${so_version}")

# tidemark_arrow_library(<target> <stem of the file name> <targets it uses>...)
function(tidemark_arrow_library target stem)
  add_library(${target} SHARED IMPORTED GLOBAL)
  # Being an imported target's, the include directory is a SYSTEM one: Arrow's headers do not
  # compile under our warnings.
  set_target_properties(${target} PROPERTIES
    IMPORTED_LOCATION "${arrow_root}/lib/lib${stem}.so.${so_version}"
    IMPORTED_SONAME "lib${stem}.so.${so_version}"
    INTERFACE_INCLUDE_DIRECTORIES "${arrow_root}/include"
    INTERFACE_LINK_LIBRARIES "${ARGN}")
endfunction()
tidemark_arrow_library(Arrow::arrow arrow Threads::Threads)
# S3 is a library of its own; the other remote file systems are in libarrow.
tidemark_arrow_library(Arrow::s3 arrow_s3 Arrow::arrow)
tidemark_arrow_library(Parquet::parquet parquet Arrow::arrow)
