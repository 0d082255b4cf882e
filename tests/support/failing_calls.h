/*
 * Has a call of the operating system fail in a test: the test is linked with
 * -Wl,--wrap=CALL for each call of failing_calls.c.
 *
 *     calls_fail("fdatasync", 2, EIO);
 *     ...
 *     assert_true(calls_end());
 */
#ifndef GHOSTKEY_TESTS_SUPPORT_FAILING_CALLS_H
#define GHOSTKEY_TESTS_SUPPORT_FAILING_CALLS_H

#include <stdbool.h>

/* The n-th call of that name from now on fails with that errno. error 0: it does nothing and
 * returns 0, as read(2) does at the end of a file. */
void calls_fail(const char *name, unsigned int n, int error);

/* Before the n-th call of that name `act` is called, and then the call is made. */
void calls_meet(const char *name, unsigned int n, void (*act)(void));

/* From here on no call fails. Returns whether one did, or was met. */
bool calls_end(void);

#endif
