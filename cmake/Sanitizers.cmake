# TIDEMARK_SANITIZE: a comma separated list for -fsanitize=, empty for none.
set(TIDEMARK_SANITIZE "" CACHE STRING "Sanitizers to build with, for example address,undefined")
if(TIDEMARK_SANITIZE)
  add_compile_options(-fsanitize=${TIDEMARK_SANITIZE} -fno-sanitize-recover=all
                      -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${TIDEMARK_SANITIZE})
endif()
