/* A daemon's place, for the fuzzers of what the client reads. */
#ifndef GHOSTKEY_TESTS_FUZZ_LISTEN_H
#define GHOSTKEY_TESTS_FUZZ_LISTEN_H

#include "fuzz.h"
#include "wire/target.h"

/*
 * A socket that listens at an abstract address of the kernel's choice: no file, no fixed name. The
 * target is where that is.
 */
int listen_somewhere(struct target *ret_target);

#endif
