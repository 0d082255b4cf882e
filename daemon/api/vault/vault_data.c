/* M/data/P and M/subkeys/P: versions that are read, written, patched and deleted. */
#include "api/vault/vault_fields.h"
#include "api/vault/vault_handlers.h"
#include "api/vault/vault_key.h"
#include "api/vault/vault_query.h"
#include "api/vault/vault_value.h"
#include "broker/version_states.h"
#include "http/request_text.h"

/* Finds the key and the version that the query asks for. GK_E_NO_VERSION: none can be shown. */
static int find_asked(struct call *call, struct vault_key *key, struct version *ret_version) {
    int error = vault_key_find(call, key);

    if (error != 0) {
        return error;
    }
    if (!key->exists) {
        return GK_E_NO_SECRET;
    }
    if (call->is_stale && key->secret.previous != 0 &&
            vault_find_version(call, key, key->secret.previous, ret_version) == 0 &&
            vault_is_live(call, &key->secret, ret_version)) {
        return 0;
    }
    return vault_find_version(call, key, vault_target_of(call)->version, ret_version);
}

/* Answers with a version: its data under that name, and its metadata. */
static int answer_version(struct call *call, const struct vault_key *key,
        const struct version *version, const char *name, uint64_t depth) {
    bool is_live = vault_is_live(call, &key->secret, version);
    struct buffer *body = vault_begin(call, is_live ? 200 : 404);

    buffer_append_literal(body, "{\"");
    buffer_append_text(body, name);
    buffer_append_literal(body, "\":");
    if (!is_live) {
        buffer_append_literal(body, "null");
    } else if (name[0] == 's') {
        vault_subkeys_append(body, version, depth);
    } else {
        vault_value_append(body, version);
        mentions_add(&call->told, key->name, version);
    }
    buffer_append_literal(body, ",\"metadata\":");
    vault_append_version(body, &key->secret, version);
    buffer_append_literal(body, "}");
    vault_end(call, NULL);
    return 0;
}

int vault_data_read(struct call *call) {
    VAULT_KEY_AUTO struct vault_key key = {.exists = false};
    struct version version;
    int error;

    if (vault_target_of(call)->path.len == 0) {
        return vault_other(call);
    }
    error = find_asked(call, &key, &version);
    return error != 0 ? error : answer_version(call, &key, &version, "data", 0);
}

int vault_subkeys_read(struct call *call) {
    VAULT_KEY_AUTO struct vault_key key = {.exists = false};
    struct version version;
    uint64_t depth;
    int error;

    if (vault_target_of(call)->path.len == 0) {
        return vault_other(call);
    }
    error = vault_query_number(call, "depth", &depth);
    if (error != 0) {
        return error;
    }
    error = find_asked(call, &key, &version);
    return error != 0 ? error : answer_version(call, &key, &version, "subkeys", depth);
}

/* Reads options.cas. GK_E_BAD_REQUEST */
static int read_cas(struct call *call, const struct vault_field *options, struct buffer *bytes,
        bool *ret_given, uint64_t *ret_cas) {
    struct json_reader_value cas = vault_field_member(options, "cas", bytes);
    bool is_negative = cas.raw.len > 1 && cas.raw.data[0] == '-';
    struct span digits = is_negative ? (struct span){cas.raw.data + 1, cas.raw.len - 1} : cas.raw;
    unsigned long long number;

    *ret_given = cas.kind != JSON_READER_NOTHING && cas.kind != JSON_READER_NULL;
    if (!*ret_given) {
        return 0;
    }
    if ((cas.kind != JSON_READER_NUMBER && cas.kind != JSON_READER_TEXT) ||
            decimal_parse(digits, &number) != 0) {
        return problem_set(
                &call->problem, GK_E_BAD_REQUEST, "error parsing check-and-set parameter");
    }
    *ret_cas = is_negative ? UINT64_MAX : number; /* no version has that number */
    return 0;
}

static int check_cas(struct call *call, const struct vault_key *key,
        const struct vault_field *options, struct buffer *bytes) {
    bool is_required = vault_target_of(call)->mount.cas_required || key->settings.cas_required;
    uint64_t current = key->exists ? key->secret.current.number : 0;
    bool is_given = false;
    uint64_t cas = 0;
    int error;

    if (options->value.kind == JSON_READER_NESTED ? options->value.raw.data[0] != '{'
                                                  : vault_field_is_given(options)) {
        return problem_set(
                &call->problem, GK_E_BAD_REQUEST, "the member \"options\" must be an object");
    }
    error = read_cas(call, options, bytes, &is_given, &cas);
    if (error != 0) {
        return error;
    }
    if (!is_given) {
        return !is_required ? 0
                            : problem_set(&call->problem, GK_E_BAD_REQUEST,
                                      "check-and-set parameter required for this call");
    }
    return cas == current ? 0
                          : problem_set(&call->problem, GK_E_BAD_REQUEST,
                                    "check-and-set parameter did not match the current version");
}

/*
 * Makes delete_version_after the TTL. Once that is 0 again, the earlier TTL returns, unless another
 * API has changed the TTL since. extra takes the settings, which remember both.
 */
static void set_life(struct call *call, const struct vault_key *key, struct definition *definition,
        struct buffer *extra) {
    uint32_t life_s = vault_life_s(&vault_target_of(call)->mount, &key->settings);
    struct vault_settings settings = key->settings;
    bool is_given = settings.given_ttl_s != 0 && key->secret.ttl_s == settings.given_ttl_s;

    if (life_s == 0 && settings.given_ttl_s == 0) {
        return;
    }
    if (!is_given) {
        settings.replaced_ttl_s = key->secret.ttl_s;
    }
    definition->ttl_s = life_s != 0 ? life_s : settings.replaced_ttl_s;
    /* one that rotates when it expires cannot become static: it keeps the TTL that it has */
    definition->has_ttl = definition->ttl_s != 0 || !key->secret.policy.on_expiry;
    settings.given_ttl_s = life_s;
    vault_settings_set(key->secret.extra, &settings, extra);
    definition->has_extra = true;
}

/* Keeps a new value, and answers with its version. The definition stays as it is. */
static int keep_data(
        struct call *call, const struct vault_key *key, struct span object, bool is_patch) {
    BUFFER_AUTO struct buffer bytes = BUFFER_NULL;
    BUFFER_AUTO struct buffer extra = BUFFER_NULL;
    SECRET_AUTO struct secret secret = SECRET_NULL;
    struct definition definition;
    int error;

    memset(&definition, 0, DEFINITION_HEAD_BYTES);
    definition.name = key->name;
    definition.value_source = VALUE_GIVEN;
    definition.is_put = !is_patch;
    set_life(call, key, &definition, &extra);
    error = buffer_finish(&extra);
    if (error != 0) {
        return error;
    }
    definition.extra = buffer_span(&extra);
    error = vault_value_read(object, &bytes, &definition.value, &definition.binary, &call->problem);
    if (error != 0) {
        return error;
    }
    error = (key->exists ? broker_patch : broker_put)(
            call->broker, &definition, &secret, &call->problem);
    if (error != 0) {
        return error;
    }
    vault_append_version(vault_begin(call, 200), &secret, &secret.current);
    vault_end(call, NULL);
    return 0;
}

/* Reads `data` and `options` of a body. bytes: as of vault_fields_read(). */
static int read_body(struct call *call, struct vault_field fields[2], struct buffer *bytes) {
    int error;

    fields[0] = (struct vault_field){.name = "data"};
    fields[1] = (struct vault_field){.name = "options"};
    error = vault_fields_read(call, fields, 2, bytes);
    if (error != 0) {
        return error;
    }
    if (!vault_field_is_given(&fields[0])) {
        return problem_set(&call->problem, GK_E_BAD_REQUEST, "no data provided");
    }
    if (fields[0].value.kind != JSON_READER_NESTED || fields[0].value.raw.data[0] != '{') {
        return problem_set(
                &call->problem, GK_E_BAD_REQUEST, "the member \"data\" must be an object");
    }
    return 0;
}

int vault_data_write(struct call *call) {
    BUFFER_AUTO struct buffer bytes = BUFFER_NULL;
    VAULT_KEY_AUTO struct vault_key key = {.exists = false};
    struct vault_field fields[2];
    int error;

    if (vault_target_of(call)->path.len == 0) {
        return vault_other(call);
    }
    error = vault_key_find(call, &key);
    if (error != 0) {
        return error;
    }
    error = read_body(call, fields, &bytes);
    if (error != 0) {
        return error;
    }
    error = check_cas(call, &key, &fields[1], &bytes);
    if (error != 0) {
        return error;
    }
    return keep_data(call, &key, fields[0].value.raw, false);
}

/* The current version was deleted: 404 with its metadata. */
static int answer_deleted(struct call *call, const struct vault_key *key) {
    vault_append_version(vault_begin(call, 404), &key->secret, &key->secret.current);
    vault_end(call, NULL);
    return 0;
}

int vault_data_patch(struct call *call) {
    BUFFER_AUTO struct buffer bytes = BUFFER_NULL;
    BUFFER_AUTO struct buffer current = BUFFER_NULL;
    BUFFER_AUTO struct buffer merged = BUFFER_NULL;
    VAULT_KEY_AUTO struct vault_key key = {.exists = false};
    struct vault_field fields[2];
    int error = vault_check_patch(call);

    if (error != 0) {
        return error;
    }
    if (vault_target_of(call)->path.len == 0) {
        return vault_other(call);
    }
    error = vault_key_find(call, &key);
    if (error != 0) {
        return error;
    }
    error = read_body(call, fields, &bytes);
    if (error != 0) {
        return error;
    }
    if (!key.exists) {
        return GK_E_NO_SECRET;
    }
    error = check_cas(call, &key, &fields[1], &bytes);
    if (error != 0) {
        return error;
    }
    if (key.secret.current.number == 0) {
        return GK_E_NO_VERSION;
    }
    if (!vault_is_live(call, &key.secret, &key.secret.current)) {
        return answer_deleted(call, &key);
    }
    vault_value_append(&current, &key.secret.current);
    error = buffer_finish(&current);
    if (error != 0) {
        return error;
    }
    error = vault_merge(buffer_span(&current), fields[0].value.raw, &merged);
    return error != 0 ? error : keep_data(call, &key, buffer_span(&merged), true);
}

int vault_data_delete(struct call *call) {
    VAULT_KEY_AUTO struct vault_key key = {.exists = false};
    int error;

    if (vault_target_of(call)->path.len == 0) {
        return vault_other(call);
    }
    error = vault_key_find(call, &key);
    if (error != 0) {
        return error;
    }
    error = broker_change_versions(
            call->broker, key.name, VERSION_DELETE, &key.secret.current.number, 1);
    return error != 0 ? error : vault_answer_nothing(call);
}
