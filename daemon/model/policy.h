/*
 * A rotation policy as data: the name of the strategy and its parameters. broker/strategy.h says
 * which parameters a strategy takes, and declares what makes values.
 */
#ifndef GHOSTKEYD_MODEL_POLICY_H
#define GHOSTKEYD_MODEL_POLICY_H

#include <stdint.h>

#include "common/span.h"

#define POLICY_PARAMETERS_MAX 2

enum parameter_type {
    PARAMETER_NONE, /* absent or null */
    PARAMETER_INTEGER,
    PARAMETER_TEXT,
    PARAMETER_LIST, /* of texts */
};

/* A list is kept packed: each text as its length (4 bytes, little-endian) and its bytes. */
struct parameter {
    enum parameter_type type;
    int64_t integer;
    struct span text; /* the text, or the packed list */
    uint32_t count;   /* of a list */
};

/* The parameters stand in the order in which the strategy declares them. */
struct policy {
    struct span strategy;
    bool on_expiry;   /* the secret rotates when it expires, too */
    uint32_t grace_s; /* how long after a change the previous value is still accepted */
    size_t parameter_count;
    struct parameter parameters[POLICY_PARAMETERS_MAX];
};

/* Walks a packed list: `while (list_next(&rest, &text))`. rest starts as the parameter's text. */
bool list_next(struct span *rest, struct span *ret_text);

/* The text at an index of a packed list, which is below its count. */
struct span list_at(const struct parameter *list, uint32_t at);

/* Writes the length of a packed text, 4 bytes. The text's bytes follow it. */
void list_put_length(char place[4], uint32_t len);

#endif
