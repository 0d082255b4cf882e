#include "broker/expectation.h"

#include <inttypes.h>

static bool has_revision(const struct expectation *expectation, uint64_t revision) {
    for (size_t i = 0; i < expectation->count; i++) {
        if (expectation->revisions[i] == revision) {
            return true;
        }
    }
    return false;
}

bool expectation_holds(const struct expectation *expectation, const struct secret *secret) {
    switch (expectation->kind) {
    case EXPECT_ANY:
        break;
    case EXPECT_PRESENT:
        return secret != NULL;
    case EXPECT_ABSENT:
        return secret == NULL;
    case EXPECT_REVISIONS:
        return secret != NULL && has_revision(expectation, secret->revision);
    case EXPECT_OTHER_REVISIONS:
        return secret == NULL || !has_revision(expectation, secret->revision);
    }
    return true;
}

static int refuse(enum expectation_kind kind, const struct secret *secret, struct span name,
        struct problem *problem) {
    bool is_unexpected = kind == EXPECT_ABSENT || kind == EXPECT_OTHER_REVISIONS;

    if (secret == NULL) {
        return problem_set(problem, GK_E_PRECONDITION,
                "no secret named '%.*s', so If-Match does not hold", SPAN_ARGS(name));
    }
    if (kind == EXPECT_ABSENT) {
        return problem_set(problem, GK_E_PRECONDITION, "there is a secret named '%.*s' already",
                SPAN_ARGS(name));
    }
    return problem_set(problem, GK_E_PRECONDITION,
            "'%.*s' is at revision %" PRIu64 ", so %s does not hold", SPAN_ARGS(name),
            secret->revision, is_unexpected ? "If-None-Match" : "If-Match");
}

int expectation_check(const struct expectation *expectation, const struct secret *secret,
        struct span name, struct problem *problem) {
    for (; expectation != NULL; expectation = expectation->also) {
        if (!expectation_holds(expectation, secret)) {
            return refuse(expectation->kind, secret, name, problem);
        }
    }
    return 0;
}
