/*
 * The body of a request, read as JSON. Its mistakes are named by their position, never by its
 * content, since a body may hold secrets.
 *
 * The common reader reads it once and builds no tree. With a tree of jansson's a PUT takes 2,800
 * more instructions (of 33,800; ci/instructions), and each value is copied once more.
 */
#ifndef GHOSTKEYD_API_GHOSTKEY_REQUEST_JSON_H
#define GHOSTKEYD_API_GHOSTKEY_REQUEST_JSON_H

#include "api/ghostkey/request.h"
#include "common/json_reader.h"

struct mistakes;

struct body {
    struct span text;
    struct buffer *bytes; /* the decoded texts with escapes, base64 and lists */
    struct problem *problem;
    size_t part_len;  /* of the part of the text that is decoded to bytes; 0: all of it */
    const char *seen; /* up to here the lines of the text are counted; NULL: none */
    const char *line_start;
    size_t line;
};

/* One member of an object. Escapes are undone in its name, and in value.raw if that is a text. */
struct member {
    struct span name;
    const char *name_end; /* in the body */
    struct json_reader_value value;
};

/* One more than any object but `labels` may have, so one of them is unknown or given twice. */
#define MEMBERS_MAX 9

struct members {
    size_t count;
    struct member items[MEMBERS_MAX];
};

/* The body's members, MEMBERS_MAX at most. GK_E_BAD_REQUEST: the body is not one JSON object. */
int body_open(struct body *body, struct members *ret_members);

/*
 * Checks that the body is one JSON object. The reader stands behind its '{'. After the last member
 * body_close() checks that nothing follows. GK_E_BAD_REQUEST
 */
int body_begin(struct body *body, struct json_reader *ret_reader);
int body_close(struct body *body, struct json_reader *reader);

/* Those of an object within. GK_E_BAD_REQUEST: a name occurs twice. */
int body_members(struct body *body, struct span object, struct members *ret_members);

/*
 * The next member of an object whose '{' was taken. *ret_found is false after the last one, and if
 * the JSON is not valid.
 */
int body_next_member(struct body *body, struct json_reader *reader, bool is_first,
        struct member *ret_member, bool *ret_found);

/* Undoes the escapes of a text, in place of value->raw. */
int body_decode_text(struct body *body, struct json_reader_value *value);

/*
 * Room for len bytes at the end of body->bytes; NULL: no memory (logged). The bytes that are there
 * already do not move, so spans may point to them.
 */
char *body_reserve(struct body *body, size_t len);

/* A number that has no point and no exponent, and that fits. */
bool is_integer(const struct json_reader_value *value, int64_t *ret_integer);

/* The seconds of an integer or a duration; -1: it is neither, or is not from 1 to max. */
int64_t body_seconds(const struct json_reader_value *value, int64_t max);

static inline bool is_object(const struct json_reader_value *value) {
    return value->kind == JSON_READER_NESTED && value->raw.data[0] == '{';
}

static inline bool is_text(const struct json_reader_value *value) {
    return value->kind == JSON_READER_TEXT;
}

static inline bool span_has_nul(struct span text) {
    return text.len > 0 && memchr(text.data, '\0', text.len) != NULL;
}

/* What is being read into a definition. */
struct reading {
    struct body body;
    struct definition *definition;
    size_t value_max_bytes;
    bool is_patch;
    int sources;               /* members that say where the value comes from */
    struct mistakes *mistakes; /* of the secret `name`; NULL: the first one ends the reading */
    struct span name;
};

#define refuse(reading, ...) problem_set((reading)->body.problem, GK_E_BAD_REQUEST, __VA_ARGS__)

/* A null in a patch: back to the default. */
static inline bool is_reset(const struct reading *reading, const struct json_reader_value *value) {
    return value->kind == JSON_READER_NULL && reading->is_patch;
}

/* 0: the reading goes on after a part of it, without an error, or since all mistakes are wanted. */
int reading_go_on(struct reading *reading, int error);

/*
 * request_body.c: reads a definition of a document, in which the value may be left out, into
 * reading->definition. All mistakes go to reading->mistakes. Only a negative errno is returned.
 */
int request_read_document_secret(struct reading *reading, const struct json_reader_value *value);

/* request_rotation.c: the member `rotation`. */
int request_read_rotation(struct reading *reading, const struct json_reader_value *value);

#endif
