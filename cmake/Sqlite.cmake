# tidemark_sqlite3: SQLite's own single source file. Debian 12's package, 3.40.1, can corrupt a
# database in WAL mode when a checkpoint races with a writer that resets the log.

tidemark_archive(sqlite_root sqlite sqlite3.c)

add_library(tidemark_sqlite3 STATIC "${sqlite_root}/sqlite3.c")
target_include_directories(tidemark_sqlite3 SYSTEM INTERFACE "${sqlite_root}")
target_compile_definitions(tidemark_sqlite3 PRIVATE
  # A connection belongs to one thread at a time, and so needs no mutex of its own.
  SQLITE_THREADSAFE=2
  # "name" in double quotes is an identifier or an error, never a string.
  SQLITE_DQS=0
  SQLITE_DEFAULT_FOREIGN_KEYS=1
  SQLITE_TRUSTED_SCHEMA=0
  SQLITE_STRICT_SUBTYPE=1
  SQLITE_OMIT_LOAD_EXTENSION
  # Costs that SQLite recommends to leave out. How durable a commit is, is left to the connection.
  SQLITE_DEFAULT_MEMSTATUS=0
  SQLITE_LIKE_DOESNT_MATCH_BLOBS
  SQLITE_MAX_EXPR_DEPTH=0
  SQLITE_OMIT_DECLTYPE
  SQLITE_OMIT_DEPRECATED
  SQLITE_OMIT_SHARED_CACHE
  SQLITE_USE_ALLOCA
  HAVE_USLEEP=1)
# Optimised in every build type, for it is not what a debugger looks at; and not held to our
# warnings. Of the sanitizers it gets those that watch memory and threads.
target_compile_options(tidemark_sqlite3 PRIVATE -O2 -w -fno-sanitize=undefined)
