/* "Did you mean": a secret that is there, for a name that is not. */
#ifndef GHOSTCTL_SECRET_SUGGEST_H
#define GHOSTCTL_SECRET_SUGGEST_H

#include "wire/broker_client.h"

/*
 * Says which secret may have been meant, if one is near: one whose name or environment name is the
 * same in another case, or that is mistyped. Nothing if `name` is there.
 */
void secret_suggest(struct broker_client *broker, const char *name);

#endif
