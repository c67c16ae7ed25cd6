# Compiles the same source twice with the include path of a library: with its own header, which must
# work, and with a forbidden header, which must fail for the one right reason. The control shows that
# it is the header that fails, not the flags.
#
# usage: cmake -D COMPILER= -D INCLUDES= -D CONTROL= -D HEADER= -P must_not_include.cmake

list(REMOVE_ITEM INCLUDES "")
list(TRANSFORM INCLUDES PREPEND "-I")

function(compile header result output)
  string(RANDOM LENGTH 12 name)
  set(source "$ENV{TMPDIR}")
  if(NOT source)
    set(source "/tmp")
  endif()
  set(source "${source}/must_not_include_${name}.cc")
  file(WRITE "${source}" "#include \"${header}\"\n")
  execute_process(COMMAND ${COMPILER} -std=c++23 -fsyntax-only ${INCLUDES} "${source}"
    RESULT_VARIABLE code OUTPUT_VARIABLE text ERROR_VARIABLE text)
  file(REMOVE "${source}")
  set(${result} "${code}" PARENT_SCOPE)
  set(${output} "${text}" PARENT_SCOPE)
endfunction()

compile("${CONTROL}" code text)
if(NOT code EQUAL 0)
  message(FATAL_ERROR "the control does not compile: ${CONTROL}\n${text}")
endif()
compile("${HEADER}" code text)
if(code EQUAL 0)
  message(FATAL_ERROR "${HEADER} can be included")
endif()
if(NOT text MATCHES "${HEADER}: No such file or directory|'${HEADER}' file not found")
  message(FATAL_ERROR "${HEADER} fails for another reason:\n${text}")
endif()
