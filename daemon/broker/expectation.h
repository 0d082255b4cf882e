/*
 * What a client expects of a secret before it changes it, so that it does not overwrite a change
 * that it has not seen.
 */
#ifndef GHOSTKEYD_BROKER_EXPECTATION_H
#define GHOSTKEYD_BROKER_EXPECTATION_H

#include "ghostkey/protocol.h"
#include "model/problem.h"
#include "model/secret.h"

enum expectation_kind {
    EXPECT_ANY, /* no expectation */
    EXPECT_PRESENT,
    EXPECT_ABSENT,
    EXPECT_REVISIONS,       /* a secret at one of these revisions */
    EXPECT_OTHER_REVISIONS, /* no secret, or one at none of these revisions */
};

struct expectation {
    enum expectation_kind kind;
    size_t count;
    uint64_t revisions[GK_PRECONDITION_TAGS_MAX];
    const struct expectation *also; /* another one that has to hold as well; NULL: none */
};

/* Whether this expectation, without its `also`, holds. secret is NULL if there is none. */
bool expectation_holds(const struct expectation *expectation, const struct secret *secret);

/* 0 if it and each `also` holds, else GK_E_PRECONDITION. expectation is NULL if there is none. */
int expectation_check(const struct expectation *expectation, const struct secret *secret,
        struct span name, struct problem *problem);

#endif
