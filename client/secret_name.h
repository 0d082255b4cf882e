/*
 * Names as the contract has them (section 2), so that a bad one is told before anything is sent,
 * and what is done to put a name into a URL.
 */
#ifndef GHOSTCTL_SECRET_NAME_H
#define GHOSTCTL_SECRET_NAME_H

#include <stdbool.h>

#include "common/buffer.h"
#include "common/name.h"

/* What a message says of names; it takes GK_NAME_MAX_BYTES. */
#define SECRET_NAME_RULE \
    "1 to %d of A-Z a-z 0-9 . _ + = @ -, in parts joined by '/', none of them '.' or '..'"

bool secret_name_is_valid(const char *name);

/* GK_EXIT_USAGE, said with what a name may hold, for one that is not valid; else 0. */
int secret_name_check(const char *name);

/* Percent-encoded; letters, digits, '-', '.', '_', '~' and '/' stay as they are. */
void secret_name_append_url(struct buffer *url, const char *text);

#endif
