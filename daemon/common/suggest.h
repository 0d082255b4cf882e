/* "Did you mean": finds the word that is most like a mistyped one. */
#ifndef GHOSTKEY_SUGGEST_H
#define GHOSTKEY_SUGGEST_H

#include <stddef.h>

/* How many letters must be inserted, removed, changed or swapped with a neighbour. */
size_t suggest_distance(const char *a, const char *b);

/*
 * `candidate`, if it is near enough to `typed` and nearer than `best`; else `best`, which may be
 * NULL.
 */
const char *suggest_better(const char *typed, const char *best, const char *candidate);

#endif
