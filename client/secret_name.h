/*
 * The names of secrets (contract, section 2): a check before anything is sent, and the text of a
 * name in a URL.
 */
#ifndef GHOSTCTL_SECRET_NAME_H
#define GHOSTCTL_SECRET_NAME_H

#include <stdbool.h>

#include "common/buffer.h"
#include "common/name.h"

/* The rule, for messages; its argument is GK_NAME_MAX_BYTES. */
#define SECRET_NAME_RULE \
    "1 to %d of A-Z a-z 0-9 . _ + = @ ! %% -, in parts joined by '/', none of them '.' or '..'"

bool secret_name_is_valid(const char *name);

/* GK_EXIT_USAGE for an invalid name, after a message with the rule for names; else 0. */
int secret_name_check(const char *name);
int secret_name_check_all(char *const *names, size_t count);

/* Percent-encoded; letters, digits, '-', '.', '_', '~' and '/' stay as they are. */
void secret_name_append_url(struct buffer *url, const char *text);

#endif
