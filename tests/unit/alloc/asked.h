/* A request of each operation of each API, which the bench (bench.h) answers with success. */
#ifndef GHOSTKEY_TESTS_UNIT_ALLOC_ASKED_H
#define GHOSTKEY_TESTS_UNIT_ALLOC_ASKED_H

#include <stddef.h>

struct asked {
    const char *name;
    const char *method;
    const char *path;
    const char *query;  /* or NULL */
    const char *body;   /* or NULL */
    const char *header; /* or NULL */
    const char *header_value;
};

extern const struct asked all_asked[];
extern const size_t asked_count;

#endif
