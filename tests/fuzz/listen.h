/* A listening socket in place of a daemon, for the fuzzers of the client. */
#ifndef GHOSTKEY_TESTS_FUZZ_LISTEN_H
#define GHOSTKEY_TESTS_FUZZ_LISTEN_H

#include "fuzz.h"
#include "wire/target.h"

/*
 * A socket that listens at an abstract address which the kernel chooses: no file, no fixed name.
 * The target names that address.
 */
int listen_somewhere(struct target *ret_target);

#endif
