/* "Did you mean": looks for a secret whose name is like one that does not exist. */
#ifndef GHOSTCTL_SECRET_SUGGEST_H
#define GHOSTCTL_SECRET_SUGGEST_H

#include "wire/broker_client.h"

/*
 * Returns `error`, the exit status of a request about the secret `name`. If that is
 * GK_EXIT_NOT_FOUND, it first prints which secret may have been meant: one whose name or
 * environment name is the same in another case, or whose name differs by a typo. Prints nothing if
 * there is none, or if `name` exists.
 */
int secret_suggest_after(int error, struct broker_client *broker, const char *name);

#endif
