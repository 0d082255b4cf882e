/*
 * Which machines ghostkeyd runs on: 64-bit, little-endian ones. A state may be larger than what 32
 * bits can address, and no big-endian machine runs the tests.
 */
#ifndef GHOSTKEYD_MACHINE_H
#define GHOSTKEYD_MACHINE_H

#include <stdbool.h>
#include <stddef.h>

#include "model/problem.h"

/* 0, or GK_E_INTERNAL and a problem that says why ghostkeyd cannot run on this machine. */
int machine_check(struct problem *problem);

/* What is wrong with a machine with such pointers and numbers; NULL: nothing. */
const char *machine_fault(size_t pointer_bytes, bool is_little_endian);

#endif
