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
    enum problem_field field = is_unexpected ? FIELD_UNEXPECTED : FIELD_EXPECTED;

    if (secret == NULL) {
        return problem_set_field(
                problem, GK_E_PRECONDITION, field, "no secret named '%.*s'", SPAN_ARGS(name));
    }
    if (kind == EXPECT_ABSENT) {
        return problem_set_field(problem, GK_E_PRECONDITION, field,
                "there is a secret named '%.*s' already", SPAN_ARGS(name));
    }
    return problem_set_field(problem, GK_E_PRECONDITION, field,
            "'%.*s' is at revision %" PRIu64 ", which is not expected", SPAN_ARGS(name),
            secret->revision);
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
