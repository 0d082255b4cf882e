/*
 * What a request says in AWS's JSON 1.1, decoded by a description of its members: name, type,
 * constraint. A value of another type is a SerializationException, one that breaks its constraint
 * or is missing a ValidationException, both in AWS's words. Members that are not described are
 * ignored, and null counts as absent, as AWS does it.
 */
#ifndef GHOSTKEYD_API_AWS_SHAPE_H
#define GHOSTKEYD_API_AWS_SHAPE_H

#include "api/aws/members.h"
#include "common/buffer.h"
#include "model/problem.h"

struct argument {
    bool given;
    struct span text;
    int64_t number; /* of a boolean 0 or 1 */
    size_t first;   /* of a list or structure: where it begins in arguments.elements */
    size_t count;   /* of a list */
};

/* No request has more: shape.c bounds each list. */
#define ELEMENTS_MAX 384

struct arguments {
    struct argument of[MEMBER_COUNT];
    struct buffer bytes; /* decoded texts and blobs */
    size_t element_count;
    struct argument elements[ELEMENTS_MAX];
};

/* The part that is cleared for each request. */
#define ARGUMENTS_HEAD_BYTES offsetof(struct arguments, elements)

/*
 * Decodes a body. takes, requires: MEMBER_BITs. The spans point into the body and into bytes, which
 * the caller frees also after an error. GK_E_BAD_REQUEST, with AWS's code (refusal.h)
 */
int shape_decode(struct span body, uint64_t takes, uint64_t requires, size_t value_max_bytes,
        struct arguments *arguments, struct problem *problem);

static inline bool is_given(const struct arguments *arguments, enum aws_member member) {
    return arguments->of[member].given;
}

static inline struct span text_of(const struct arguments *arguments, enum aws_member member) {
    return arguments->of[member].text;
}

/* The number or boolean that was given, or the one that counts if it is not. */
static inline int64_t number_of(
        const struct arguments *arguments, enum aws_member member, int64_t otherwise) {
    return arguments->of[member].given ? arguments->of[member].number : otherwise;
}

/* One text of a list, or one member of its i-th structure (width: the structure's members). */
static inline const struct argument *element_of(const struct arguments *arguments,
        const struct argument *list, size_t at, size_t width, size_t member) {
    return &arguments->elements[list->first + at * width + member];
}

#endif
