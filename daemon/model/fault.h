/* A fault rule: which requests fail, how, and when (contract, section 11). */
#ifndef GHOSTKEYD_MODEL_FAULT_H
#define GHOSTKEYD_MODEL_FAULT_H

#include <stdbool.h>

#include "common/instant.h"
#include "common/span.h"
#include "ghostkey/protocol.h"

enum fault_kind {
    FAULT_DELAY, /* nothing but the delay */
    FAULT_ERROR,
    FAULT_STATUS,
    FAULT_DROP_BEFORE,
    FAULT_DROP_AFTER,
    FAULT_TRUNCATE,
    FAULT_STALE,
};
#define FAULT_KIND_COUNT (FAULT_STALE + 1)

/* The numbers are kept in stores. */
enum fault_error {
    FAULT_UNAVAILABLE,
    FAULT_INTERNAL,
    FAULT_THROTTLED,
    FAULT_FORBIDDEN,
    FAULT_SEALED,
    FAULT_NOT_FOUND,
};
#define FAULT_ERROR_COUNT (FAULT_NOT_FOUND + 1)

struct fault_effect {
    enum fault_kind kind;
    uint32_t delay_ms; /* 0: none */
    uint64_t number;   /* of FAULT_ERROR an enum fault_error, else a status or a count of bytes */
};

/* Which matches fire: all of it must hold. */
struct fault_when {
    uint64_t skip;    /* not the first ones; 0: all */
    uint64_t times;   /* at most so many firings */
    uint64_t every;   /* each so many-th match; 0: each */
    uint64_t percent; /* 1 to 100; 0: each */
    instant from;
    instant until;
};

/* `times` and the instants if none are given. */
#define FAULT_TIMES_ANY UINT64_MAX
#define FAULT_FROM_ANY INT64_MIN
#define FAULT_UNTIL_ANY INT64_MAX

struct fault_rule {
    char id[GK_FAULT_ID_MAX_BYTES + 1];
    char api[GK_FAULT_WORD_MAX_BYTES + 1];       /* empty: any; the same holds for the next two */
    char operation[GK_FAULT_WORD_MAX_BYTES + 1]; /* a class, or a name */
    char name[GK_NAME_MAX_BYTES + 1];            /* a pattern (common/pattern.h) */
    struct fault_effect effect;
    struct fault_when when;
};

/* A rule that is kept. */
struct fault {
    struct fault_rule rule;
    uint64_t matched;
    uint64_t fired;

    /* The broker's own. */
    bool is_unkept;   /* its counts are not kept yet */
    bool is_replaced; /* the turn has made the rule anew, or removed it */
};

/* A request, as rules see it. */
struct fault_request {
    size_t number; /* below FAULT_REQUESTS_MAX; equal ones have equal api, name and class */
    const char *api;
    const char *operation;
    const char *class;        /* empty: none */
    const struct span *names; /* of the secrets that it names */
    size_t name_count;
};
#define FAULT_REQUESTS_MAX 256

/* "unavailable", ... */
const char *fault_error_text(enum fault_error error);

/* Whether an operation is a class of them, and no name: "read", ... */
bool fault_is_class(const char *word);

/* Whether both say the same, their ids aside. */
bool fault_rule_equals(const struct fault_rule *one, const struct fault_rule *other);

#endif
