/* One value of a secret, and what caused it. What its spans point to: model/secret.h. */
#ifndef GHOSTKEYD_MODEL_VERSION_H
#define GHOSTKEYD_MODEL_VERSION_H

#include <stdbool.h>
#include <stdint.h>

#include "common/instant.h"
#include "common/span.h"

/* What caused a version or an event. The numbers are kept in stores: append only. */
enum cause {
    CAUSE_PUT = 0,
    CAUSE_PATCH = 1,
    CAUSE_ROTATE = 2,
    CAUSE_EXPIRY = 3,
    CAUSE_DELETE = 4,
    CAUSE_CLEANUP = 5,
    CAUSE_RESTORE = 6,
    CAUSE_PROMOTE = 7,
    CAUSE_DISCARD = 8,
    CAUSE_STAGE = 9, /* a stage of a client's own was moved to another version */
};
#define CAUSE_COUNT (CAUSE_STAGE + 1)

/* "put", "patch", ... */
const char *cause_text(enum cause cause);

/* The numbers are kept in stores. */
enum version_state {
    VERSION_LIVE = 0,
    VERSION_DELETED = 1,   /* its value is kept, but not told until it is restored */
    VERSION_DESTROYED = 2, /* its value is gone for good */
};
#define VERSION_STATE_COUNT (VERSION_DESTROYED + 1)

/* One value of a secret. */
struct version {
    uint64_t number;   /* 0: there is no version */
    uint64_t revision; /* the secret's, when it was made; the default id comes from it */
    struct span id;    /* given by a client; empty: the one made from its revision */
    instant made_at;
    instant ends_at;    /* if it is not current: when it expires or expired; 0: never */
    instant deleted_at; /* when it was deleted; 0: it was not */
    enum cause cause;
    enum version_state state;
    bool binary; /* put as base64, and shown so */
    struct span value;
    struct span labels; /* stages beside current, previous and pending: a list (model/policy.h) */
    struct span extra;  /* what one wire API alone keeps about it */
};

#endif
