/*
 * A body's JSON: parsed strictly, its faults told by position and never by content, and wiped when
 * it goes. The pieces of request*.c that read members share this.
 */
#ifndef GHOSTKEYD_HTTP_REQUEST_JSON_H
#define GHOSTKEYD_HTTP_REQUEST_JSON_H

#include "api/ghostkey/request.h"
#include "broker/broker.h"
#include <jansson.h>

/* A body being read into a definition. */
struct reading {
    struct definition *definition;
    struct decoded *decoded;
    size_t value_max_bytes;
    bool is_patch;
    struct problem *problem;
};

/* The object that body is. GK_E_BAD_REQUEST */
int request_json_load(struct span body, json_t **ret_object, struct problem *problem);

/* Readers of one member. Each takes a borrowed value. */
int request_read_labels(struct reading *reading, json_t *labels);
int request_read_rotation(struct reading *reading, json_t *rotation);

/* The room that packing the lists of a rotation takes. */
size_t request_rotation_bytes(json_t *rotation);

/* Whole seconds, as an integer or a duration; -1 if it is neither or not from 1 to max. */
int64_t request_seconds(const json_t *member, int64_t max);

static inline struct span request_text(const json_t *string) {
    return (struct span){json_string_value(string), json_string_length(string)};
}

static inline bool request_has_nul(const json_t *string) {
    return memchr(json_string_value(string), '\0', json_string_length(string)) != NULL;
}

#endif
