#include "api/vault/vault_token.h"

#include "broker/broker.h"
#include "broker/derive.h"
#include "broker/own.h"
#include "ghostkey/error.h"
#include "store/fields.h"

#define COUNT_KEY "token-count"
#define COUNT_BYTES 8
#define KEY_PREFIX "token/"
#define KEY_BYTES (sizeof(KEY_PREFIX) - 1 + VAULT_ACCESSOR_CHARS)
#define SWEEP_EVERY 64 /* tokens that are made: then those that have ended are forgotten */

struct key {
    char bytes[KEY_BYTES];
};

static struct span key_of(const char accessor[VAULT_ACCESSOR_CHARS], struct key *place) {
    memcpy(place->bytes, KEY_PREFIX, sizeof(KEY_PREFIX) - 1);
    memcpy(place->bytes + sizeof(KEY_PREFIX) - 1, accessor, VAULT_ACCESSOR_CHARS);
    return (struct span){place->bytes, KEY_BYTES};
}

static void encode(const struct vault_token *token, struct buffer *buffer) {
    field_put_number(buffer, token->number, 8);
    field_put_number(buffer, (uint64_t)token->made_at, 8);
    field_put_number(buffer, (uint64_t)token->renewed_at, 8);
    field_put_number(buffer, (uint64_t)token->expires_at, 8);
    field_put_number(buffer, (uint64_t)token->ends_at, 8);
    field_put_number(buffer, token->ttl_s, 4);
    field_put_number(buffer, token->explicit_max_s, 4);
    field_put_number(buffer, token->period_s, 4);
    field_put_number(buffer, token->is_renewable, 1);
    field_put_span(buffer, token->path);
    field_put_span(buffer, token->display_name);
    field_put_span(buffer, token->policies);
    field_put_span(buffer, token->metadata);
}

/* -EBADMSG: the record is not one of encode()'s. */
static int decode(struct span accessor, struct span record, struct vault_token *ret_token) {
    struct fields fields = {.rest = record};
    struct vault_token token = {.number = field_take_number(&fields, 8)};
    int error;

    token.made_at = (instant)field_take_number(&fields, 8);
    token.renewed_at = (instant)field_take_number(&fields, 8);
    token.expires_at = (instant)field_take_number(&fields, 8);
    token.ends_at = (instant)field_take_number(&fields, 8);
    token.ttl_s = (uint32_t)field_take_number(&fields, 4);
    token.explicit_max_s = (uint32_t)field_take_number(&fields, 4);
    token.period_s = (uint32_t)field_take_number(&fields, 4);
    token.is_renewable = field_take_below(&fields, 2) == 1;
    token.path = field_take_span(&fields);
    token.display_name = field_take_span(&fields);
    token.policies = field_take_span(&fields);
    token.metadata = field_take_span(&fields);
    error = fields_end(&fields);
    if (error != 0 || accessor.len != VAULT_ACCESSOR_CHARS) {
        return -EBADMSG;
    }
    memcpy(token.accessor, accessor.data, VAULT_ACCESSOR_CHARS);
    *ret_token = token;
    return 0;
}

static int keep(struct broker *broker, const struct vault_token *token) {
    BUFFER_AUTO struct buffer record = BUFFER_NULL;
    struct key key;

    encode(token, &record);
    if (buffer_finish(&record) != 0) {
        return -ENOMEM;
    }
    return broker_own_put(broker, OWNER_VAULT, key_of(token->accessor, &key), buffer_span(&record));
}

/* Appends characters of the stream that is derived from the parts. */
static int derive(struct broker *broker, const struct span *parts, size_t part_count, size_t count,
        struct buffer *buffer) {
    struct keystream *stream = broker_derive(broker, parts, part_count);
    int error;

    keystream_characters(stream, ALPHABET_ALNUM, count, buffer);
    error = keystream_finish(stream);
    keystream_stop(stream);
    return error != 0 ? error : buffer_finish(buffer);
}

/* The text of a token (ghostkey.vault(7), LOGINS). */
static int derive_text(
        struct broker *broker, uint64_t number, struct span secret, struct buffer *buffer) {
    char digits[DECIMAL_MAX_BYTES];
    struct span parts[] = {
            SPAN_LITERAL("vault-token"), {digits, decimal_format(number, digits)}, secret};

    buffer_append_literal(buffer, VAULT_TOKEN_PREFIX);
    return derive(broker, parts, secret.data == NULL ? 2 : 3, VAULT_TOKEN_CHARS, buffer);
}

static int derive_accessor(
        struct broker *broker, struct span text, char place[VAULT_ACCESSOR_CHARS]) {
    BUFFER_AUTO struct buffer accessor = BUFFER_NULL;
    struct span parts[] = {SPAN_LITERAL("vault-accessor"), text};
    int error = derive(broker, parts, 2, VAULT_ACCESSOR_CHARS, &accessor);

    if (error != 0) {
        return error;
    }
    memcpy(place, accessor.data, VAULT_ACCESSOR_CHARS);
    return 0;
}

static int read_count(struct broker *broker, uint64_t *ret_count) {
    struct fields fields = {0};

    if (!broker_own_get(broker, OWNER_VAULT, SPAN_LITERAL(COUNT_KEY), &fields.rest)) {
        *ret_count = 0; /* none was made yet */
        return 0;
    }
    *ret_count = field_take_number(&fields, COUNT_BYTES);
    return fields_end(&fields);
}

static int keep_count(struct broker *broker, uint64_t count) {
    char bytes[COUNT_BYTES];

    number_put(bytes, count, sizeof(bytes));
    return broker_own_put(
            broker, OWNER_VAULT, SPAN_LITERAL(COUNT_KEY), (struct span){bytes, sizeof(bytes)});
}

struct walk {
    struct broker *broker;
    void (*visit)(void *userdata, const struct vault_token *token);
    void *userdata;
};

static int visit_record(void *userdata, struct span key, struct span record) {
    const struct walk *walk = userdata;
    struct vault_token token;
    struct span accessor = {key.data + sizeof(KEY_PREFIX) - 1, key.len - (sizeof(KEY_PREFIX) - 1)};
    int error = decode(accessor, record, &token);

    if (error != 0) {
        return error;
    }
    walk->visit(walk->userdata, &token);
    return 0;
}

static int walk_all(struct broker *broker,
        void (*visit)(void *userdata, const struct vault_token *token), void *userdata) {
    struct walk walk = {broker, visit, userdata};

    return broker_own_walk(broker, OWNER_VAULT, SPAN_LITERAL(KEY_PREFIX), visit_record, &walk);
}

struct sweep {
    instant now;
    struct buffer accessors; /* of the tokens that have ended */
};

static void note_ended(void *userdata, const struct vault_token *token) {
    struct sweep *sweep = userdata;

    if (token->expires_at <= sweep->now) {
        buffer_append(&sweep->accessors, token->accessor, VAULT_ACCESSOR_CHARS);
    }
}

static int forget(struct broker *broker, const char accessor[VAULT_ACCESSOR_CHARS]) {
    struct key key;

    return broker_own_delete(broker, OWNER_VAULT, key_of(accessor, &key));
}

static int forget_ended(struct broker *broker) {
    struct sweep sweep = {.now = broker_now(broker)};
    BUFFER_AUTO struct buffer accessors = BUFFER_NULL;
    int error = walk_all(broker, note_ended, &sweep);

    accessors = sweep.accessors;
    if (error != 0) {
        return error;
    }
    for (size_t at = 0; at < accessors.len; at += VAULT_ACCESSOR_CHARS) {
        error = forget(broker, accessors.data + at);
        if (error != 0) {
            return error;
        }
    }
    return buffer_finish(&accessors);
}

int vault_token_make(struct broker *broker, struct vault_token *token, struct span secret,
        struct buffer *ret_text) {
    size_t start = ret_text->len;
    uint64_t count = 0;
    int error = read_count(broker, &count);

    if (error != 0) {
        return error;
    }
    token->number = count + 1;
    error = derive_text(broker, token->number, secret, ret_text);
    if (error != 0) {
        return error;
    }
    error = derive_accessor(
            broker, (struct span){ret_text->data + start, ret_text->len - start}, token->accessor);
    if (error != 0) {
        return error;
    }
    if (token->number % SWEEP_EVERY == 0) {
        error = forget_ended(broker);
        if (error != 0) {
            return error;
        }
    }
    error = keep_count(broker, token->number);
    return error != 0 ? error : keep(broker, token);
}

static int find(struct broker *broker, const char accessor[VAULT_ACCESSOR_CHARS],
        struct vault_token *ret_token) {
    struct vault_token token;
    struct span record;
    struct key key;
    int error;

    if (!broker_own_get(broker, OWNER_VAULT, key_of(accessor, &key), &record)) {
        return GK_E_FORBIDDEN;
    }
    error = decode((struct span){accessor, VAULT_ACCESSOR_CHARS}, record, &token);
    if (error != 0) {
        return error;
    }
    if (token.expires_at <= broker_now(broker)) {
        return GK_E_FORBIDDEN;
    }
    *ret_token = token;
    return 0;
}

/* Whether the token of that number was made over TCP, with the present text of the token file. */
static int check_secret(
        struct broker *broker, uint64_t number, struct span text, struct span secret) {
    BUFFER_AUTO struct buffer derived = BUFFER_NULL;
    int error = derive_text(broker, number, secret, &derived);

    if (error != 0) {
        return error;
    }
    return span_equals(buffer_span(&derived), text) ? 0 : GK_E_FORBIDDEN;
}

int vault_token_find(struct broker *broker, struct span text, struct span secret,
        struct vault_token *ret_token) {
    char accessor[VAULT_ACCESSOR_CHARS];
    struct vault_token token;
    int error;

    if (text.len != sizeof(VAULT_TOKEN_PREFIX) - 1 + VAULT_TOKEN_CHARS) {
        return GK_E_FORBIDDEN;
    }
    error = derive_accessor(broker, text, accessor);
    if (error != 0) {
        return error;
    }
    error = find(broker, accessor, &token);
    if (error != 0) {
        return error;
    }
    if (secret.data != NULL) {
        error = check_secret(broker, token.number, text, secret);
        if (error != 0) {
            return error;
        }
    }
    *ret_token = token;
    return 0;
}

int vault_token_find_accessor(
        struct broker *broker, struct span accessor, struct vault_token *ret_token) {
    if (accessor.len != VAULT_ACCESSOR_CHARS) {
        return GK_E_FORBIDDEN;
    }
    return find(broker, accessor.data, ret_token);
}

int vault_token_renew(struct broker *broker, struct vault_token *token, uint32_t by_s) {
    instant now = broker_now(broker);
    instant end = now + (instant)by_s * 1000;
    int error;

    token->renewed_at = now;
    token->expires_at = end < token->ends_at ? end : token->ends_at;
    error = keep(broker, token);
    return error != 0 ? error : find(broker, token->accessor, token);
}

int vault_token_revoke(struct broker *broker, const struct vault_token *token) {
    return forget(broker, token->accessor);
}

struct live_walk {
    instant now;
    void (*visit)(void *userdata, const struct vault_token *token);
    void *userdata;
};

static void visit_live(void *userdata, const struct vault_token *token) {
    const struct live_walk *walk = userdata;

    if (token->expires_at > walk->now) {
        walk->visit(walk->userdata, token);
    }
}

int vault_token_walk(struct broker *broker,
        void (*visit)(void *userdata, const struct vault_token *token), void *userdata) {
    struct live_walk walk = {broker_now(broker), visit, userdata};

    return walk_all(broker, visit_live, &walk);
}
