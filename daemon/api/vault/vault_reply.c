/* How Vault's API answers: the envelope, and `{"errors":[…]}`. */
#include <inttypes.h>

#include "api/vault/vault.h"
#include "broker/status.h"
#include "ghostkey/error.h"
#include "ghostkey/protocol.h"
#include "http/fault.h"

#define NO_STORE "no-store"
#define UUID_BYTES 16

/* splitmix64: spreads a number over 64 bits. */
static uint64_t mix(uint64_t number) {
    number += 0x9e3779b97f4a7c15;
    number = (number ^ number >> 30) * 0xbf58476d1ce4e5b9;
    number = (number ^ number >> 27) * 0x94d049bb133111eb;
    return number ^ number >> 31;
}

/* FNV-1a. */
static uint64_t hash(uint64_t state, struct span text) {
    for (size_t at = 0; at < text.len; at++) {
        state = (state ^ (unsigned char)text.data[at]) * 0x100000001b3;
    }
    return state;
}

/* Appends the lowest digits of a number; printf() takes a quarter of the time of a read. */
static void append_hex(struct buffer *buffer, uint64_t number, size_t digits) {
    char place[16];

    for (size_t at = digits; at > 0; at--) {
        place[at - 1] = "0123456789abcdef"[number & 0xf];
        number >>= 4;
    }
    buffer_append(buffer, place, digits);
}

/*
 * A UUID of version 4 that is made of the state and of what is asked for, so that equal runs give
 * equal answers. It is no secret. made: what the answer gives a name to; empty: nothing
 */
static void append_request_id(struct buffer *buffer, const struct call *call, struct span made) {
    const struct request *request = &call->request;
    uint64_t text = hash(
            hash(hash(hash(0xcbf29ce484222325, request->method), request->path), request->query),
            made);
    uint64_t high = mix(text ^ mix(broker_counters(call->broker)->last_event));
    uint64_t low = mix(high ^ (uint64_t)broker_now(call->broker));

    append_hex(buffer, high >> 32, 8);
    buffer_append_byte(buffer, '-');
    append_hex(buffer, high >> 16, 4);
    buffer_append_literal(buffer, "-4");
    append_hex(buffer, high, 3);
    buffer_append_byte(buffer, '-');
    append_hex(buffer, 0x8000 | (low >> 48 & 0x3fff), 4);
    buffer_append_byte(buffer, '-');
    append_hex(buffer, low, 12);
}

static struct buffer *begin_json(struct answer *answer, int status) {
    answer->status = status;
    answer->media = GK_MEDIA_JSON;
    answer->cache = NO_STORE;
    return &answer->body;
}

struct buffer *vault_begin_bare(struct call *call, int status) {
    return begin_json(&call->answer, status);
}

static struct buffer *begin_envelope(struct call *call, int status, struct span made) {
    struct buffer *body = begin_json(&call->answer, status);

    buffer_append_literal(body, "{\"request_id\":\"");
    append_request_id(body, call, made);
    buffer_append_literal(
            body, "\",\"lease_id\":\"\",\"renewable\":false,\"lease_duration\":0,\"data\":");
    return body;
}

struct buffer *vault_begin(struct call *call, int status) {
    return begin_envelope(call, status, SPAN_NULL);
}

void vault_end(struct call *call, const char *warning) {
    struct buffer *body = &call->answer.body;

    buffer_append_literal(body, ",\"wrap_info\":null,\"warnings\":");
    if (warning == NULL) {
        buffer_append_literal(body, "null");
    } else {
        buffer_append_literal(body, "[");
        json_write_text(body, span_of(warning));
        buffer_append_literal(body, "]");
    }
    buffer_append_literal(body, ",\"auth\":null}");
}

struct buffer *vault_begin_auth(struct call *call, struct span accessor) {
    struct buffer *body = begin_envelope(call, 200, accessor);

    buffer_append_literal(body, "null,\"wrap_info\":null,\"warnings\":null,\"auth\":");
    return body;
}

int vault_answer_nothing(struct call *call) {
    call->answer.status = 204;
    call->answer.media = NULL;
    call->answer.cache = NO_STORE;
    return 0;
}

static int answer_without_sentence(struct call *call, int status) {
    buffer_append_literal(begin_json(&call->answer, status), "{\"errors\":[]}");
    return 0;
}

int vault_answer_missing(struct call *call) {
    return answer_without_sentence(call, 404);
}

int vault_answer_malformed_list(struct call *call) {
    return answer_without_sentence(call, 400);
}

void vault_append_instant(struct buffer *buffer, instant at) {
    char text[INSTANT_TEXT_BYTES];

    buffer_append_byte(buffer, '"');
    if (at != INT64_MAX) {
        instant_format(at, text);
        buffer_append(buffer, text, sizeof(text));
    }
    buffer_append_byte(buffer, '"');
}

void vault_append_unix_time(struct buffer *buffer, instant at) {
    buffer_printf(buffer, "%" PRId64, at / 1000 - (at % 1000 < 0));
}

/* The status of an outcome in Vault's API. */
static int status_of(const struct call *call, int outcome) {
    const struct problem *problem = &call->problem;

    switch (outcome) {
    case GK_E_FAULT:
        return fault_status(&call->effect);
    case GK_E_UNAUTHORIZED:
        return 403;
    case GK_E_CONFLICT:
        return 400;
    case GK_E_TOO_LARGE: /* the broker has said what is too large, HTTP says nothing */
        return problem->detail[0] != '\0' ? 400 : 413;
    default:
        return gk_outcome_status(outcome);
    }
}

/* data NULL: no sentence. */
static struct span sentence_of(int outcome, const struct problem *problem) {
    switch (outcome) {
    case GK_E_NO_SECRET:
    case GK_E_NO_VERSION:
        return SPAN_NULL;
    case GK_E_UNAUTHORIZED:
        return SPAN_LITERAL("permission denied");
    case GK_E_METHOD:
        return problem->detail[0] != '\0' ? span_of(problem->detail) : SPAN_NULL;
    default:
        break;
    }
    if (outcome < 0 || problem->detail[0] == '\0') {
        return span_of(gk_outcome_sentence(outcome));
    }
    return span_of(problem->detail);
}

void vault_echo_namespace(struct call *call) {
    struct span name = request_header(&call->request, "x-vault-namespace");

    if (name.len > 0) {
        answer_add_header(&call->answer, "x-vault-namespace", name);
    }
}

/* What a Vault says in such a case. data NULL: nothing. */
static struct span fault_sentence(const struct call *call) {
    if (call->effect.kind != FAULT_ERROR) {
        return span_of(call->problem.detail);
    }
    switch ((enum fault_error)call->effect.number) {
    case FAULT_INTERNAL:
        return SPAN_LITERAL("internal error");
    case FAULT_THROTTLED:
        return SPAN_LITERAL("rate limit quota exceeded");
    case FAULT_FORBIDDEN:
        return SPAN_LITERAL("permission denied");
    case FAULT_SEALED:
        return SPAN_LITERAL("Vault is sealed");
    case FAULT_NOT_FOUND:
        return SPAN_NULL;
    default:
        return span_of(call->problem.detail);
    }
}

void vault_refuse(struct call *call, int outcome) {
    struct span sentence =
            outcome == GK_E_FAULT ? fault_sentence(call) : sentence_of(outcome, &call->problem);
    struct buffer *body = begin_json(&call->answer, status_of(call, outcome));

    vault_echo_namespace(call);
    buffer_append_literal(body, "{\"errors\":[");
    if (sentence.data != NULL) {
        json_write_text(body, sentence);
    }
    buffer_append_literal(body, "]}");
}
