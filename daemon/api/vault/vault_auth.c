/* Logins and auth/token/create: what gives a client a token (ghostkey.vault(7), LOGINS). */
#include "api/vault/vault_auth.h"

#include <ctype.h>
#include <errno.h>

#include "api/vault/vault.h"
#include "api/vault/vault_access.h"
#include "api/vault/vault_fields.h"
#include "api/vault/vault_handlers.h"
#include "http/request_text.h"
#include "http/token.h"

#define TEXTS_MAX_BYTES 8192 /* of a token's display name, metadata and policies */
#define DEFAULT_POLICIES "[\"default\"]"

int vault_answer_auth(struct call *call, struct span text, const struct vault_token *token) {
    struct span accessor = {token->accessor, VAULT_ACCESSOR_CHARS};
    struct buffer *body = vault_begin_auth(call, accessor);
    instant left = token->expires_at - broker_now(call->broker);

    buffer_append_literal(body, "{\"client_token\":");
    json_write_text(body, text);
    buffer_append_literal(body, ",\"accessor\":\"");
    buffer_append_span(body, accessor);
    buffer_append_literal(body, "\",\"policies\":");
    buffer_append_span(body, token->policies);
    buffer_append_literal(body, ",\"token_policies\":");
    buffer_append_span(body, token->policies);
    buffer_append_literal(body, ",\"metadata\":");
    buffer_append_span(body, token->metadata);
    buffer_append_literal(body, ",\"lease_duration\":");
    buffer_append_decimal(body, (uint64_t)left / 1000);
    buffer_append_literal(body, ",\"renewable\":");
    vault_append_bool(body, token->is_renewable);
    buffer_append_literal(body, ",\"entity_id\":\"\",\"token_type\":\"service\",\"orphan\":true,"
                                "\"mfa_requirement\":null,\"num_uses\":0}}");
    return 0;
}

/* The longest life of a token, renewals included. 0: no limit */
static uint32_t life_max_s(const struct vault_token *token) {
    if (token->explicit_max_s != 0) {
        return token->explicit_max_s;
    }
    return token->period_s != 0 ? 0 : VAULT_TOKEN_MAX_LIFE_S;
}

/* Sets the times of a new token. ttl_s 0: no TTL was asked for. */
static void set_life(struct call *call, struct vault_token *token, uint32_t ttl_s) {
    uint32_t max_s = life_max_s(token);

    if (token->period_s != 0) {
        ttl_s = token->period_s;
    } else if (ttl_s == 0) {
        ttl_s = (uint32_t)call->context->vault_token_ttl_s;
    }
    token->ttl_s = max_s != 0 && ttl_s > max_s ? max_s : ttl_s;
    token->made_at = broker_now(call->broker);
    token->expires_at = token->made_at + (instant)token->ttl_s * 1000;
    token->ends_at = max_s == 0 ? INT64_MAX : token->made_at + (instant)max_s * 1000;
}

static int answer_new(struct call *call, struct vault_token *token, uint32_t ttl_s) {
    BUFFER_AUTO struct buffer text = BUFFER_NULL;
    size_t texts_len = token->display_name.len + token->metadata.len + token->policies.len;
    int error;

    if (texts_len > TEXTS_MAX_BYTES) {
        return problem_set(&call->problem, GK_E_BAD_REQUEST,
                "the display name, policies and metadata of a token have more than %d bytes",
                TEXTS_MAX_BYTES);
    }
    set_life(call, token, ttl_s);
    error = vault_token_make(
            call->broker, token, vault_tcp_secret(call->is_tcp, call->context), &text);
    return error != 0 ? error : vault_answer_auth(call, buffer_span(&text), token);
}

enum login_field {
    LOGIN_SECRET_ID,
    LOGIN_JWT,
    LOGIN_PASSWORD,
    LOGIN_SECRET_COUNT, /* the fields before it are secrets */
    LOGIN_ROLE_ID = LOGIN_SECRET_COUNT,
    LOGIN_ROLE,
    LOGIN_FIELD_COUNT,
};

/* Refuses a wrong secret, in Vault's words where it has some. */
static int refuse_secret(struct call *call, enum login_field which) {
    switch (which) {
    case LOGIN_SECRET_ID:
        return problem_set(&call->problem, GK_E_BAD_REQUEST, "invalid role or secret ID");
    case LOGIN_PASSWORD:
        return problem_set(&call->problem, GK_E_BAD_REQUEST, "invalid username or password");
    default:
        return GK_E_UNAUTHORIZED;
    }
}

/* Over TCP each secret that is given must be the token of the token file, and one must be given. */
static int check_secrets(struct call *call, const struct vault_field fields[LOGIN_FIELD_COUNT]) {
    bool is_given = false;

    for (enum login_field which = 0; which < LOGIN_SECRET_COUNT; which++) {
        struct span secret = SPAN_NULL;
        int error = vault_field_text(&fields[which], &secret, &call->problem);

        if (error != 0) {
            return error;
        }
        if (secret.data == NULL) {
            continue;
        }
        if (call->is_tcp && !token_matches(call->context->token, secret)) {
            return refuse_secret(call, which);
        }
        is_given = true;
    }
    if (is_given || !call->is_tcp) {
        return 0;
    }
    return problem_set(&call->problem, GK_E_BAD_REQUEST,
            "over TCP a login needs 'secret_id', 'jwt' or 'password' with the token from the "
            "daemon's token file");
}

/* Appends the metadata of a login's token: its user or its role. */
static int append_metadata(struct call *call, const struct vault_login *login,
        const struct vault_field fields[LOGIN_FIELD_COUNT], struct buffer *buffer) {
    struct span role = SPAN_NULL;
    struct span role_id = SPAN_NULL;
    int error = vault_field_text(&fields[LOGIN_ROLE], &role, &call->problem);

    if (error != 0) {
        return error;
    }
    error = vault_field_text(&fields[LOGIN_ROLE_ID], &role_id, &call->problem);
    if (error != 0) {
        return error;
    }
    if (login->user.data != NULL) {
        buffer_append_literal(buffer, "{\"username\":");
        json_write_text(buffer, login->user);
    } else if (role.data != NULL) {
        buffer_append_literal(buffer, "{\"role\":");
        json_write_text(buffer, role);
    } else if (role_id.data != NULL) {
        buffer_append_literal(buffer, "{\"role_name\":");
        json_write_text(buffer, role_id);
    } else {
        buffer_append_literal(buffer, "{");
    }
    buffer_append_literal(buffer, "}");
    return 0;
}

/* "approle", "userpass-bob", "team-jwt" */
static void append_display_name(const struct vault_login *login, struct buffer *buffer) {
    for (size_t at = 0; at < login->method.len; at++) {
        char c = login->method.data[at];

        buffer_append_byte(buffer, c == '/' ? '-' : c);
    }
    if (login->user.data != NULL) {
        buffer_append_literal(buffer, "-");
        buffer_append_span(buffer, login->user);
    }
}

int vault_login(struct call *call) {
    BUFFER_AUTO struct buffer bytes = BUFFER_NULL;
    BUFFER_AUTO struct buffer path = BUFFER_NULL;
    BUFFER_AUTO struct buffer name = BUFFER_NULL;
    BUFFER_AUTO struct buffer metadata = BUFFER_NULL;
    struct vault_field fields[LOGIN_FIELD_COUNT] = {{.name = "secret_id"}, {.name = "jwt"},
            {.name = "password"}, {.name = "role_id"}, {.name = "role"}};
    struct vault_token token = {.is_renewable = true, .policies = SPAN_LITERAL(DEFAULT_POLICIES)};
    struct vault_login login;
    int error;

    (void)vault_is_login(
            vault_target_of(call)->path, &login); /* it is one: the route was found by it */
    error = vault_fields_read(call, fields, LOGIN_FIELD_COUNT, &bytes);
    if (error != 0) {
        return error;
    }
    error = check_secrets(call, fields);
    if (error != 0) {
        return error;
    }
    error = append_metadata(call, &login, fields, &metadata);
    if (error != 0) {
        return error;
    }
    buffer_append_literal(&path, "auth/");
    buffer_append_span(&path, vault_target_of(call)->path);
    append_display_name(&login, &name);
    if (buffer_finish(&path) != 0 || buffer_finish(&name) != 0 || buffer_finish(&metadata) != 0) {
        return -ENOMEM;
    }
    token.path = buffer_span(&path);
    token.display_name = buffer_span(&name);
    token.metadata = buffer_span(&metadata);
    return answer_new(call, &token, 0);
}

enum create_field {
    CREATE_ID,
    CREATE_TTL,
    CREATE_LEASE, /* the old name of ttl */
    CREATE_EXPLICIT_MAX_TTL,
    CREATE_PERIOD,
    CREATE_RENEWABLE,
    CREATE_DISPLAY_NAME,
    CREATE_META,
    CREATE_POLICIES,
    CREATE_NO_DEFAULT_POLICY,
    CREATE_NUM_USES,
    CREATE_FIELD_COUNT,
};

/* Reads the times, and whether the token can be renewed. `ttl` wins over `lease`. */
static int read_life(const struct vault_field *fields, struct vault_token *token,
        uint32_t *ret_ttl_s, struct problem *problem) {
    int error = vault_field_duration(&fields[CREATE_LEASE], ret_ttl_s, problem);

    if (error != 0) {
        return error;
    }
    error = vault_field_duration(&fields[CREATE_TTL], ret_ttl_s, problem);
    if (error != 0) {
        return error;
    }
    error = vault_field_duration(&fields[CREATE_EXPLICIT_MAX_TTL], &token->explicit_max_s, problem);
    if (error != 0) {
        return error;
    }
    error = vault_field_duration(&fields[CREATE_PERIOD], &token->period_s, problem);
    if (error != 0) {
        return error;
    }
    return vault_field_bool(&fields[CREATE_RENEWABLE], &token->is_renewable, problem);
}

/* GK_E_BAD_REQUEST: the request chooses the id, or limits the uses. */
static int check_unsupported(const struct vault_field *fields, struct problem *problem) {
    uint64_t uses = 0;
    int error;

    if (vault_field_is_given(&fields[CREATE_ID])) {
        return problem_set(
                problem, GK_E_BAD_REQUEST, "\"id\" cannot be chosen: GhostKey derives each token");
    }
    error = vault_field_count(&fields[CREATE_NUM_USES], UINT32_MAX, &uses, problem);
    if (error != 0 || uses == 0) {
        return error;
    }
    return problem_set(problem, GK_E_BAD_REQUEST,
            "\"num_uses\" must be 0: GhostKey does not count how often a token is used");
}

/* "token", "token-my-app": as in Vault, what is no letter, digit or '-' becomes '-'. */
static int append_token_name(
        const struct vault_field *fields, struct buffer *buffer, struct problem *problem) {
    struct span name = SPAN_NULL;
    int error = vault_field_text(&fields[CREATE_DISPLAY_NAME], &name, problem);

    if (error != 0) {
        return error;
    }
    buffer_append_literal(buffer, "token");
    if (name.len > 0) {
        buffer_append_literal(buffer, "-");
    }
    for (size_t at = 0; at < name.len; at++) {
        char c = name.data[at];

        if (((unsigned char)c & 0xc0) != 0x80) { /* the first byte of a character */
            buffer_append_byte(buffer, isalnum((unsigned char)c) ? c : '-');
        }
    }
    if (buffer->len > 0 && buffer->data[buffer->len - 1] == '-') {
        buffer_truncate(buffer, buffer->len - 1);
    }
    return 0;
}

static int append_policies(
        const struct vault_field *fields, struct buffer *buffer, struct problem *problem) {
    bool without_default = false;
    int error = vault_field_bool(&fields[CREATE_NO_DEFAULT_POLICY], &without_default, problem);

    if (error != 0) {
        return error;
    }
    return vault_field_append_list(&fields[CREATE_POLICIES],
            without_default ? SPAN_NULL : SPAN_LITERAL("default"), buffer, problem);
}

int vault_token_create(struct call *call) {
    BUFFER_AUTO struct buffer bytes = BUFFER_NULL;
    BUFFER_AUTO struct buffer name = BUFFER_NULL;
    BUFFER_AUTO struct buffer metadata = BUFFER_NULL;
    BUFFER_AUTO struct buffer policies = BUFFER_NULL;
    struct vault_field fields[CREATE_FIELD_COUNT] = {{.name = "id"}, {.name = "ttl"},
            {.name = "lease"}, {.name = "explicit_max_ttl"}, {.name = "period"},
            {.name = "renewable"}, {.name = "display_name"}, {.name = "meta"}, {.name = "policies"},
            {.name = "no_default_policy"}, {.name = "num_uses"}};
    struct vault_token token = {.is_renewable = true, .path = SPAN_LITERAL("auth/token/create")};
    uint32_t ttl_s = 0;
    int error = vault_fields_read(call, fields, CREATE_FIELD_COUNT, &bytes);

    if (error != 0) {
        return error;
    }
    error = check_unsupported(fields, &call->problem);
    if (error != 0) {
        return error;
    }
    error = read_life(fields, &token, &ttl_s, &call->problem);
    if (error != 0) {
        return error;
    }
    error = append_token_name(fields, &name, &call->problem);
    if (error != 0) {
        return error;
    }
    error = append_policies(fields, &policies, &call->problem);
    if (error != 0) {
        return error;
    }
    error = vault_field_append_texts(&fields[CREATE_META], &metadata, &call->problem);
    if (error != 0) {
        return error;
    }
    if (buffer_finish(&name) != 0 || buffer_finish(&policies) != 0 ||
            buffer_finish(&metadata) != 0) {
        return -ENOMEM;
    }
    token.display_name = buffer_span(&name);
    token.policies = buffer_span(&policies);
    token.metadata = buffer_span(&metadata);
    return answer_new(call, &token, ttl_s);
}
