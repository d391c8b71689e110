# wm_broker_test(LABEL NAME TIMEOUT PROGRAM [ARGUMENT...]): ctest test LABEL.NAME, a Python program of the calling folder that starts a real
# broker of its own (see `kafka` beside this file). One at a time; skipped, saying why in one line, where java or maven is missing.
function(wm_broker_test label name timeout program)
  add_test(NAME ${label}.${name} COMMAND ${Python3_EXECUTABLE} "${CMAKE_CURRENT_SOURCE_DIR}/${program}" ${ARGN})
  set_tests_properties(${label}.${name} PROPERTIES LABELS ${label} TIMEOUT ${timeout} SKIP_RETURN_CODE 77
    RESOURCE_LOCK broker ENVIRONMENT "WM_BUILD_DIR=${CMAKE_BINARY_DIR}")
endfunction()
