/*
 * What every fuzzer defines: a function that takes any bytes, and ends the process if the code
 * under test breaks its contract. libFuzzer calls it (clang, ci/check fuzz); without libFuzzer
 * replay.c calls it with the files of the corpus.
 */
#ifndef GHOSTKEY_TESTS_FUZZ_H
#define GHOSTKEY_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What must hold whatever the input is; not assert(), which a release build leaves out. */
#define MUST(condition) \
    do { \
        if (!(condition)) { \
            abort(); \
        } \
    } while (0)

#endif
