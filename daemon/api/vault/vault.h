/*
 * What the operations of Vault's API get, and how they answer. Each handler returns 0, or an error
 * that becomes `{"errors":["…"]}` with the sentence of call->problem.
 */
#ifndef GHOSTKEYD_API_VAULT_VAULT_H
#define GHOSTKEYD_API_VAULT_VAULT_H

#include "api/vault/vault_mounts.h"
#include "broker/broker.h"
#include "broker/secrets.h"
#include "broker/versions.h"
#include "common/json_writer.h"
#include "http/api.h"
#include "http/call.h"

/* What a row of the table of operations says beside label and method (operation.parameters). */
enum vault_flag {
    VAULT_BARE_405 = 1 << 0, /* another method of its path is a 405 without a sentence */
    VAULT_KEY = 1 << 1,      /* its path, if it is not empty, is that of a secret */
    VAULT_VERSION = 1 << 2,  /* its query may name a version */
};

/* What a request is about. */
struct vault_target {
    struct vault_mount
            mount;    /* of the paths that begin with a mount; mount.path.data NULL: of others */
    struct span path; /* in the place of the label's {path}, decoded, and UTF-8 */
    struct span name; /* of the secret of that path: VAULT_KEY */
    uint64_t version; /* VAULT_VERSION; 0: the current one */
    char place[VAULT_PATH_MAX_BYTES];
    char name_place[GK_NAME_MAX_BYTES];
};

static inline const struct vault_target *vault_target_of(const struct call *call) {
    return call->decoded;
}

/* vault_reply.c */

/*
 * Begins an answer: all of the envelope before the value of `data`, which the caller appends to the
 * buffer that is returned.
 */
struct buffer *vault_begin(struct call *call, int status);

/* Ends it. The warning is NULL or UTF-8. */
void vault_end(struct call *call, const char *warning);

/*
 * An answer whose `data` is null: the caller appends the value of `auth`, then a '}'. accessor: the
 * token's, since logins are no events, and yet each answer has an id of its own.
 */
struct buffer *vault_begin_auth(struct call *call, struct span accessor);

/* An answer without an envelope: the caller appends all of its JSON. */
struct buffer *vault_begin_bare(struct call *call, int status);

/* 204. Returns 0. */
int vault_answer_nothing(struct call *call);

/* 404 `{"errors":[]}`. */
int vault_answer_missing(struct call *call);

/* 400 `{"errors":[]}`, which is all that Vault says of a `list` that is no boolean. */
int vault_answer_malformed_list(struct call *call);

/* A time as Vault writes it, in quotes; `""` for INT64_MAX: never. */
void vault_append_instant(struct buffer *buffer, instant at);

/* A time in whole seconds since 1970; before that it is negative. */
void vault_append_unix_time(struct buffer *buffer, instant at);

static inline void vault_append_bool(struct buffer *buffer, bool truth) {
    buffer_append_text(buffer, truth ? "true" : "false");
}

/* Answers name the namespace that their request names, which has no other meaning here. */
void vault_echo_namespace(struct call *call);

/* `{"errors":["…"]}` for any refusal. */
void vault_refuse(struct call *call, int outcome);

/* vault_key.c; api.h, keeps: the larger max_versions of key and mount */
uint64_t vault_keeps(const struct api_context *context, const struct secret *secret);

#endif
