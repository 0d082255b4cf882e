/*
 * Patterns of names (contract, section 11): `?` is any byte but '/', `*` any number of those, `**`
 * any number of any bytes; everything else is itself.
 */
#ifndef GHOSTKEY_PATTERN_H
#define GHOSTKEY_PATTERN_H

#include "common/span.h"

/* Whether the text is more than a name: it has a `?` or a `*`. */
bool pattern_has_wildcard(const char *pattern);

/* Whether each byte can stand in a name, or is a `?` or a `*`. */
bool pattern_is_valid(const char *pattern);

/* How many bytes each name that the pattern matches begins with, as the pattern does. */
size_t pattern_prefix_len(const char *pattern);

/* How many bytes each of them ends with, as the pattern does. */
size_t pattern_suffix_len(const char *pattern);

/* The name has at most GK_NAME_MAX_BYTES. Takes time for their two lengths multiplied, no more. */
bool pattern_matches(const char *pattern, struct span name);

#endif
