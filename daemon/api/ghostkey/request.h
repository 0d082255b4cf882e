/*
 * What a request says, decoded and checked: its name, query, headers and body (contract, section
 * 3). Each decoder returns 0, a negative errno, or an outcome with a sentence in *problem. The
 * sentence names the member or the parameter, and shows nothing of a body but the name of a member.
 */
#ifndef GHOSTKEYD_API_GHOSTKEY_REQUEST_H
#define GHOSTKEYD_API_GHOSTKEY_REQUEST_H

#include "broker/secrets.h"
#include "broker/versions.h"

/* NAME=VALUE */
#define QUERY_LABEL_MAX_BYTES (GK_LABEL_NAME_MAX_BYTES + 1 + GK_LABEL_VALUE_MAX_BYTES)

/* The parameters of a query. */
struct query {
    uint64_t version; /* 0: not given */
    bool has_stage;
    enum stage stage;
    uint32_t recover_s; /* 0: not given */
    struct span prefix;
    struct span after_name;
    uint64_t after_seq;
    bool has_after_seq;
    bool has_limit;
    size_t limit;
    bool values;
    bool prune;
    bool dry_run;
    enum listed expired;
    enum listed deleted;
    struct span label;
    struct span label_value;
    char prefix_place[GK_NAME_MAX_BYTES];
    char label_place[QUERY_LABEL_MAX_BYTES];
    char after_place[GK_NAME_MAX_BYTES];
};

/* Percent-decodes what follows a route's last '/' and checks it: GK_E_BAD_REQUEST. */
int request_decode_name(struct span text, char place[GK_NAME_MAX_BYTES], struct span *ret_name,
        struct problem *problem);

/* The parameters that a route takes. */
enum query_parameter {
    QUERY_VERSION = 1 << 0,
    QUERY_PREFIX = 1 << 1,
    QUERY_AFTER_NAME = 1 << 2,
    QUERY_AFTER_SEQ = 1 << 3,
    QUERY_LIMIT = 1 << 4,
    QUERY_VALUES = 1 << 5,
    QUERY_EXPIRED = 1 << 6,
    QUERY_STAGE = 1 << 7,
    QUERY_RECOVER = 1 << 8,
    QUERY_LABEL = 1 << 9,
    QUERY_DELETED = 1 << 10,
    QUERY_AFTER_REQUEST = 1 << 11, /* like QUERY_AFTER_SEQ */
    QUERY_PRUNE = 1 << 12,
    QUERY_DRY_RUN = 1 << 13,
};

/* text is what comes after '?'. What is not given gets its default. GK_E_BAD_REQUEST */
int request_decode_query(
        struct span text, unsigned int allowed, struct query *ret_query, struct problem *problem);

/*
 * What If-Match and If-None-Match (RFC 9110, section 13.1) expect, in this order; the first one
 * links to the second. Each header is '*' or a list of entity tags; data NULL: it was not sent.
 * Weak tags count only in If-None-Match. GK_E_BAD_REQUEST
 */
int request_decode_expectations(struct span if_match, struct span if_none_match,
        struct expectation ret_expectations[2], struct problem *problem);

/* Whether a Content-Type is JSON: application/json or application/ *+json, parameters ignored. */
bool request_is_json(struct span content_type);

/* The first of a Content-Encoding's codings that is not `identity`; data NULL: there is none. */
struct span request_foreign_coding(struct span content_encoding);

/* Whether an Accept header names text/event-stream. data NULL: no. */
bool request_wants_stream(struct span accept);

/* Last-Event-ID: a seq. GK_E_BAD_REQUEST */
int request_decode_last_event(struct span text, uint64_t *ret_seq, struct problem *problem);

/*
 * The definition points into the body and into bytes. The caller passes an empty bytes, frees it
 * also after an error, and sets the definition's name and expectation. If the body is JSON, a value
 * that is too large is refused before any other mistake.
 * GK_E_BAD_REQUEST, GK_E_TOO_LARGE
 */
int request_decode_put(struct span body, size_t value_max_bytes, struct buffer *bytes,
        struct definition *ret_definition, struct problem *problem);
int request_decode_patch(struct span body, size_t value_max_bytes, struct buffer *bytes,
        struct definition *ret_definition, struct problem *problem);

/* Nothing, {}, or {"version":3}; *ret_number is 0 if there is none. */
int request_decode_version(struct span body, uint64_t *ret_number, struct problem *problem);

/* Each takes nothing or {}; the first also {"pending":true}, the second {"force":true}. */
int request_decode_rotate(struct span body, bool *ret_pending, struct problem *problem);
int request_decode_reset(struct span body, bool *ret_force, struct problem *problem);
int request_decode_empty(struct span body, struct problem *problem);

/* {"value":"…"} or {"value_base64":"…"}; bytes as of request_decode_put(). GK_E_TOO_LARGE */
int request_decode_verify(struct span body, size_t value_max_bytes, struct buffer *bytes,
        struct span *ret_value, struct problem *problem);

/* {"code":"…"}; the code points into the body or into bytes. */
int request_decode_page_code(
        struct span body, struct buffer *bytes, struct span *ret_code, struct problem *problem);

/* {"by":"1h"} and {"now":"2000-01-01T00:00:00Z"} */
int request_decode_advance(struct span body, int64_t *ret_by_s, struct problem *problem);
int request_decode_set_clock(struct span body, instant *ret_now, struct problem *problem);

#endif
