/* auth/token/: what is known of a token, its renewal and its end. */
#include "api/vault/vault.h"
#include "api/vault/vault_access.h"
#include "api/vault/vault_auth.h"
#include "api/vault/vault_fields.h"
#include "api/vault/vault_handlers.h"
#include "http/token.h"

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
    vault_append_unix_time(body, token->made_at);
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
        vault_append_unix_time(body, token->renewed_at);
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

/* What a request about a token says in its body. */
enum asked_field {
    ASKED_TOKEN,
    ASKED_ACCESSOR,
    ASKED_INCREMENT,
    ASKED_FIELD_COUNT,
};

struct asked {
    struct vault_field fields[ASKED_FIELD_COUNT];
    struct buffer bytes;
    struct subject subject;
};

#define ASKED_AUTO GK_CLEANUP(asked_deinit)
#define ASKED_INIT \
    ((struct asked){.fields = {{.name = "token"}, {.name = "accessor"}, {.name = "increment"}}})

static void asked_deinit(struct asked *asked) {
    buffer_deinit(&asked->bytes);
}

/* How a request says which token it is about. */
enum naming {
    BY_BEARING, /* it bears the token */
    BY_TOKEN,
    BY_TOKEN_OR_BEARING,
    BY_ACCESSOR,
};

static int find_accessor(struct call *call, struct span accessor, struct subject *ret_subject) {
    struct subject subject = {.text = SPAN_LITERAL("")};
    int error = vault_token_find_accessor(call->broker, accessor, &subject.token);

    if (error == GK_E_FORBIDDEN) {
        return problem_set(&call->problem, GK_E_BAD_REQUEST, "invalid accessor");
    }
    if (error != 0) {
        return error;
    }
    *ret_subject = subject;
    return 0;
}

/* Reads the body, and finds the token that the request is about. GK_E_FORBIDDEN: none is live. */
static int find_asked(struct call *call, enum naming naming, struct asked *asked) {
    enum asked_field which = naming == BY_ACCESSOR ? ASKED_ACCESSOR : ASKED_TOKEN;
    struct span text = SPAN_NULL;
    int error = vault_fields_read(call, asked->fields, ASKED_FIELD_COUNT, &asked->bytes);

    if (error != 0) {
        return error;
    }
    error = vault_field_text(&asked->fields[which], &text, &call->problem);
    if (error != 0) {
        return error;
    }
    if (naming == BY_BEARING || (naming == BY_TOKEN_OR_BEARING && text.len == 0)) {
        return find_subject(call, vault_token_of(&call->request), &asked->subject);
    }
    if (text.len == 0) {
        return problem_set(&call->problem, GK_E_BAD_REQUEST,
                which == ASKED_TOKEN ? "missing token ID" : "missing accessor");
    }
    return which == ASKED_TOKEN ? find_subject(call, text, &asked->subject)
                                : find_accessor(call, text, &asked->subject);
}

static int lookup_token(struct call *call, enum naming naming) {
    ASKED_AUTO struct asked asked = ASKED_INIT;
    int error = find_asked(call, naming, &asked);
    struct buffer *body;

    if (error != 0) {
        return error;
    }
    body = vault_begin(call, 200);
    if (asked.subject.is_root) {
        append_root(body, asked.subject.text);
    } else {
        append_token(call, body, asked.subject.text, &asked.subject.token);
    }
    vault_end(call, NULL);
    return 0;
}

static int renew_token(struct call *call, enum naming naming) {
    ASKED_AUTO struct asked asked = ASKED_INIT;
    struct vault_token *token = &asked.subject.token;
    uint32_t by_s = 0;
    int error = find_asked(call, naming, &asked);

    if (error != 0) {
        return error;
    }
    error = vault_field_duration(&asked.fields[ASKED_INCREMENT], &by_s, &call->problem);
    if (error != 0) {
        return error;
    }
    if (asked.subject.is_root || !token->is_renewable) {
        return problem_set(&call->problem, GK_E_BAD_REQUEST, "lease is not renewable");
    }
    if (token->period_s != 0) {
        by_s = token->period_s;
    } else if (by_s == 0) {
        by_s = token->ttl_s;
    }
    error = vault_token_renew(call->broker, token, by_s);
    return error != 0 ? error : vault_answer_auth(call, asked.subject.text, token);
}

/* A token that no login gave is not revoked: it is the daemon's own, or any. */
static int revoke_token(struct call *call, enum naming naming) {
    ASKED_AUTO struct asked asked = ASKED_INIT;
    int error = find_asked(call, naming, &asked);

    if (error != 0) {
        return error;
    }
    error = asked.subject.is_root ? 0 : vault_token_revoke(call->broker, &asked.subject.token);
    return error != 0 ? error : vault_answer_nothing(call);
}

int vault_lookup_self(struct call *call) {
    return lookup_token(call, BY_BEARING);
}

int vault_renew_self(struct call *call) {
    return renew_token(call, BY_BEARING);
}

int vault_revoke_self(struct call *call) {
    return revoke_token(call, BY_BEARING);
}

int vault_lookup(struct call *call) {
    int error = lookup_token(call, BY_TOKEN_OR_BEARING);

    return error == GK_E_FORBIDDEN ? problem_set(&call->problem, error, "bad token") : error;
}

int vault_renew(struct call *call) {
    int error = renew_token(call, BY_TOKEN);

    return error == GK_E_FORBIDDEN
                   ? problem_set(&call->problem, GK_E_BAD_REQUEST, "token not found")
                   : error;
}

int vault_revoke(struct call *call) {
    int error = revoke_token(call, BY_TOKEN);

    return error == GK_E_FORBIDDEN ? vault_answer_nothing(call) : error; /* it is gone already */
}

int vault_lookup_accessor(struct call *call) {
    return lookup_token(call, BY_ACCESSOR);
}

int vault_renew_accessor(struct call *call) {
    return renew_token(call, BY_ACCESSOR);
}

int vault_revoke_accessor(struct call *call) {
    return revoke_token(call, BY_ACCESSOR);
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
