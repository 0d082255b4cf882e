/* "Did you mean": the nearest of some words to one that was mistyped. */
#ifndef GHOSTCTL_SUGGEST_H
#define GHOSTCTL_SUGGEST_H

#include <stddef.h>

/* Letters to insert, drop, change or swap with their neighbour to make one of the other. */
size_t suggest_distance(const char *a, const char *b);

/*
 * The better of two candidates for what was meant by `typed`: `candidate`, if it is near enough and
 * nearer than `best`; else `best`, which may be NULL.
 */
const char *suggest_better(const char *typed, const char *best, const char *candidate);

#endif
