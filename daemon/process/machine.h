/*
 * Which machines ghostkeyd runs on. The file of a state holds numbers as LMDB lays them out on a
 * 64-bit, little-endian machine, and the map of a state is larger than what 32 bits can address.
 */
#ifndef GHOSTKEYD_MACHINE_H
#define GHOSTKEYD_MACHINE_H

#include "model/problem.h"
#include <stdbool.h>
#include <stddef.h>

/* GK_E_INTERNAL and a problem that says what this machine is, if ghostkeyd cannot run on it. */
int machine_check(struct problem *problem);

/* What keeps ghostkeyd from a machine with such pointers and numbers; NULL: nothing. */
const char *machine_fault(size_t pointer_bytes, bool is_little_endian);

#endif
