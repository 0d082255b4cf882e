/* auth/token/: what is known of a token, its renewal and its end. */
#include "api/vault/vault.h"
#include "api/vault/vault_access.h"
#include "api/vault/vault_auth.h"
#include "api/vault/vault_fields.h"
#include "api/vault/vault_handlers.h"
#include "http/token.h"

#define NOT_RENEWABLE "lease is not renewable"

/* A token that a request bears, or that its body names. */
struct subject {
    struct span text;
    bool is_root; /* it is none that a login gave: the token file's, or any over the Unix socket */
    struct vault_token token; /* if it is not root */
};

/* GK_E_FORBIDDEN: no such token is live. */
static int find_subject(struct call *call, struct span text, struct subject *ret_subject) {
    struct subject subject = {.text = text, .is_root = !vault_token_is_derived(text)};

    if (!subject.is_root) {
        int error = vault_token_find(
                call->broker, text, vault_tcp_secret(call->is_tcp, call->context), &subject.token);

        if (error != 0) {
            return error;
        }
    } else if (call->is_tcp && !token_matches(call->context->token, text)) {
        return GK_E_FORBIDDEN;
    }
    *ret_subject = subject;
    return 0;
}

static int find_self(struct call *call, struct subject *ret_subject) {
    return find_subject(call, vault_token_of(&call->request), ret_subject);
}

static void append_root(struct buffer *body, struct span text) {
    buffer_append_literal(body,
            "{\"accessor\":\"\",\"creation_time\":0,\"creation_ttl\":0,\"display_name\":\"root\","
            "\"entity_id\":\"\",\"expire_time\":null,\"explicit_max_ttl\":0,\"id\":");
    json_write_text(body, text);
    buffer_append_literal(body,
            ",\"meta\":null,\"num_uses\":0,\"orphan\":true,\"path\":\"auth/token/root\","
            "\"policies\":[\"root\"],\"ttl\":0,\"type\":\"service\"}");
}

static void append_times(struct call *call, struct buffer *body, const struct vault_token *token) {
    instant left = token->expires_at - broker_now(call->broker);

    buffer_append_literal(body, "\"creation_time\":");
    buffer_append_decimal(body, (uint64_t)token->made_at / 1000);
    buffer_append_literal(body, ",\"creation_ttl\":");
    buffer_append_decimal(body, token->ttl_s);
    buffer_append_literal(body, ",\"expire_time\":");
    vault_append_instant(body, token->expires_at);
    buffer_append_literal(body, ",\"explicit_max_ttl\":");
    buffer_append_decimal(body, token->explicit_max_s);
    buffer_append_literal(body, ",\"issue_time\":");
    vault_append_instant(body, token->made_at);
    if (token->renewed_at != 0) {
        buffer_append_literal(body, ",\"last_renewal\":");
        vault_append_instant(body, token->renewed_at);
        buffer_append_literal(body, ",\"last_renewal_time\":");
        buffer_append_decimal(body, (uint64_t)token->renewed_at / 1000);
    }
    if (token->period_s != 0) {
        buffer_append_literal(body, ",\"period\":");
        buffer_append_decimal(body, token->period_s);
    }
    buffer_append_literal(body, ",\"ttl\":");
    buffer_append_decimal(body, (uint64_t)left / 1000);
}

/* text is empty where the accessor was asked for. */
static void append_token(
        struct call *call, struct buffer *body, struct span text, const struct vault_token *token) {
    buffer_append_literal(body, "{\"accessor\":\"");
    buffer_append(body, token->accessor, VAULT_ACCESSOR_CHARS);
    buffer_append_literal(body, "\",");
    append_times(call, body, token);
    buffer_append_literal(body, ",\"display_name\":");
    json_write_text(body, token->display_name);
    buffer_append_literal(body, ",\"entity_id\":\"\",\"id\":");
    json_write_text(body, text);
    buffer_append_literal(body, ",\"meta\":");
    buffer_append_span(body, token->metadata);
    buffer_append_literal(body, ",\"num_uses\":0,\"orphan\":true,\"path\":");
    json_write_text(body, token->path);
    buffer_append_literal(body, ",\"policies\":");
    buffer_append_span(body, token->policies);
    buffer_append_literal(body, ",\"renewable\":");
    vault_append_bool(body, token->is_renewable);
    buffer_append_literal(body, ",\"type\":\"service\"}");
}

static int answer_lookup(struct call *call, const struct subject *subject) {
    struct buffer *body = vault_begin(call, 200);

    if (subject->is_root) {
        append_root(body, subject->text);
    } else {
        append_token(call, body, subject->text, &subject->token);
    }
    vault_end(call, NULL);
    return 0;
}

static int renew(struct call *call, struct vault_token *token, const struct vault_field *increment,
        struct span text) {
    uint32_t by_s = 0;
    int error = vault_field_duration(increment, &by_s, &call->problem);

    if (error != 0) {
        return error;
    }
    if (!token->is_renewable) {
        return problem_set(&call->problem, GK_E_BAD_REQUEST, NOT_RENEWABLE);
    }
    if (token->period_s != 0) {
        by_s = token->period_s;
    } else if (by_s == 0) {
        by_s = token->ttl_s;
    }
    error = vault_token_renew(call->broker, token, by_s);
    return error != 0 ? error : vault_answer_auth(call, text, token);
}

static int renew_subject(
        struct call *call, struct subject *subject, const struct vault_field *increment) {
    if (subject->is_root) {
        return problem_set(&call->problem, GK_E_BAD_REQUEST, NOT_RENEWABLE);
    }
    return renew(call, &subject->token, increment, subject->text);
}

/* A token that no login gave is not revoked: it is the daemon's own, or any. */
static int revoke_subject(struct call *call, const struct subject *subject) {
    int error = subject->is_root ? 0 : vault_token_revoke(call->broker, &subject->token);

    return error != 0 ? error : vault_answer_nothing(call);
}

int vault_lookup_self(struct call *call) {
    struct subject subject;
    int error = find_self(call, &subject);

    return error != 0 ? error : answer_lookup(call, &subject);
}

int vault_renew_self(struct call *call) {
    BUFFER_AUTO struct buffer bytes = BUFFER_NULL;
    struct vault_field increment = {.name = "increment"};
    struct subject subject;
    int error = vault_fields_read(call, &increment, 1, &bytes);

    if (error != 0) {
        return error;
    }
    error = find_self(call, &subject);
    return error != 0 ? error : renew_subject(call, &subject, &increment);
}

int vault_revoke_self(struct call *call) {
    struct subject subject;
    int error = find_self(call, &subject);

    return error != 0 ? error : revoke_subject(call, &subject);
}

/* The fields of a request about a token that its body names. */
enum named_field {
    NAMED_TOKEN,
    NAMED_ACCESSOR,
    NAMED_INCREMENT,
    NAMED_FIELD_COUNT,
};

struct named {
    struct vault_field fields[NAMED_FIELD_COUNT];
    struct buffer bytes;
};

#define NAMED_AUTO GK_CLEANUP(named_deinit)
#define NAMED_INIT \
    ((struct named){.fields = {{.name = "token"}, {.name = "accessor"}, {.name = "increment"}}})

static void named_deinit(struct named *named) {
    buffer_deinit(&named->bytes);
}

static int read_named(
        struct call *call, struct named *named, enum named_field which, struct span *ret_text) {
    int error = vault_fields_read(call, named->fields, NAMED_FIELD_COUNT, &named->bytes);

    return error != 0 ? error : vault_field_text(&named->fields[which], ret_text, &call->problem);
}

static int refuse_missing(struct call *call, const char *what) {
    return problem_set(&call->problem, GK_E_BAD_REQUEST, "missing %s", what);
}

int vault_lookup(struct call *call) {
    NAMED_AUTO struct named named = NAMED_INIT;
    struct subject subject;
    struct span text = SPAN_NULL;
    int error = read_named(call, &named, NAMED_TOKEN, &text);

    if (error != 0) {
        return error;
    }
    if (text.len == 0) {
        return vault_lookup_self(call);
    }
    error = find_subject(call, text, &subject);
    if (error == GK_E_FORBIDDEN) {
        return problem_set(&call->problem, GK_E_FORBIDDEN, "bad token");
    }
    return error != 0 ? error : answer_lookup(call, &subject);
}

int vault_renew(struct call *call) {
    NAMED_AUTO struct named named = NAMED_INIT;
    struct subject subject;
    struct span text = SPAN_NULL;
    int error = read_named(call, &named, NAMED_TOKEN, &text);

    if (error != 0) {
        return error;
    }
    if (text.len == 0) {
        return refuse_missing(call, "token ID");
    }
    error = find_subject(call, text, &subject);
    if (error == GK_E_FORBIDDEN) {
        return problem_set(&call->problem, GK_E_BAD_REQUEST, "token not found");
    }
    return error != 0 ? error : renew_subject(call, &subject, &named.fields[NAMED_INCREMENT]);
}

int vault_revoke(struct call *call) {
    NAMED_AUTO struct named named = NAMED_INIT;
    struct subject subject;
    struct span text = SPAN_NULL;
    int error = read_named(call, &named, NAMED_TOKEN, &text);

    if (error != 0) {
        return error;
    }
    if (text.len == 0) {
        return refuse_missing(call, "token ID");
    }
    error = find_subject(call, text, &subject);
    if (error == GK_E_FORBIDDEN) {
        return vault_answer_nothing(call); /* it is gone already */
    }
    return error != 0 ? error : revoke_subject(call, &subject);
}

/* The token that the body names by its accessor. */
static int find_named(struct call *call, struct named *named, struct vault_token *ret_token) {
    struct span accessor = SPAN_NULL;
    int error = read_named(call, named, NAMED_ACCESSOR, &accessor);

    if (error != 0) {
        return error;
    }
    if (accessor.len == 0) {
        return refuse_missing(call, "accessor");
    }
    error = vault_token_find_accessor(call->broker, accessor, ret_token);
    return error == GK_E_FORBIDDEN
                   ? problem_set(&call->problem, GK_E_BAD_REQUEST, "invalid accessor")
                   : error;
}

int vault_lookup_accessor(struct call *call) {
    NAMED_AUTO struct named named = NAMED_INIT;
    struct subject subject = {.text = SPAN_LITERAL("")};
    int error = find_named(call, &named, &subject.token);

    return error != 0 ? error : answer_lookup(call, &subject);
}

int vault_renew_accessor(struct call *call) {
    NAMED_AUTO struct named named = NAMED_INIT;
    struct vault_token token;
    int error = find_named(call, &named, &token);

    return error != 0 ? error
                      : renew(call, &token, &named.fields[NAMED_INCREMENT], SPAN_LITERAL(""));
}

int vault_revoke_accessor(struct call *call) {
    NAMED_AUTO struct named named = NAMED_INIT;
    struct vault_token token;
    int error = find_named(call, &named, &token);

    if (error != 0) {
        return error;
    }
    error = vault_token_revoke(call->broker, &token);
    return error != 0 ? error : vault_answer_nothing(call);
}

struct accessors {
    struct buffer *body;
    const char *separator;
};

static void append_accessor(void *userdata, const struct vault_token *token) {
    struct accessors *accessors = userdata;

    buffer_append_text(accessors->body, accessors->separator);
    buffer_append(accessors->body, token->accessor, VAULT_ACCESSOR_CHARS);
    buffer_append_literal(accessors->body, "\"");
    accessors->separator = ",\"";
}

int vault_list_accessors(struct call *call) {
    struct accessors accessors = {vault_begin(call, 200), "\""};
    int error;

    buffer_append_literal(accessors.body, "{\"keys\":[");
    error = vault_token_walk(call->broker, append_accessor, &accessors);
    buffer_append_literal(accessors.body, "]}");
    vault_end(call, NULL);
    return error;
}
