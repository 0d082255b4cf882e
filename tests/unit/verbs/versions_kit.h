/* Verbs of versions in turns of their own, on the secret `a`, for the tests of staging and states.
 */
#ifndef GHOSTKEY_TESTS_VERSIONS_KIT_H
#define GHOSTKEY_TESTS_VERSIONS_KIT_H

#include "broker/staging.h"
#include "broker/version_states.h"
#include "support/broker_fixture.h"
#include "support/test.h"

#define NAME SPAN_LITERAL("a")

void kit_begin(struct fixture *fixture);

/* Ends the turn, and returns error. */
int kit_end(struct fixture *fixture, int error);

/* Labels have one letter each, in byte order: "x,y". */
void kit_put(struct fixture *fixture, const char *value, const char *labels);
int kit_put_aside(struct fixture *fixture, const char *value, bool is_pending, const char *labels);
int kit_set_stage(struct fixture *fixture, enum stage stage, uint64_t number);
int kit_set_label(struct fixture *fixture, const char *label, uint64_t number);
void kit_change_versions(
        struct fixture *fixture, enum version_change change, uint64_t first, uint64_t second);

/*
 * Each version that is kept: its number, + (live), - (deleted) or x (destroyed), C for current, P
 * for previous, N for pending, its labels.
 */
void assert_versions(struct fixture *fixture, const char *wanted);

/* "seq kind cause name version" */
void assert_last_event(struct fixture *fixture, const char *wanted);

#endif
