/* M/metadata/P: what is known of a key and of its versions. */
#include "api/vault/vault_custom.h"
#include "api/vault/vault_duration.h"
#include "api/vault/vault_fields.h"
#include "api/vault/vault_handlers.h"
#include "api/vault/vault_key.h"
#include "http/request_text.h"

struct told {
    struct call *call;
    const struct secret *secret;
    struct buffer *buffer;
    uint64_t oldest; /* 0: none was shown yet */
};

static void on_version(void *userdata, const struct version *version) {
    struct told *told = userdata;
    struct buffer *buffer = told->buffer;

    if (!vault_shows(told->call, told->secret, version)) {
        return;
    }
    buffer_append_text(buffer, told->oldest == 0 ? "\"" : ",\"");
    buffer_append_decimal(buffer, version->number);
    buffer_append_literal(buffer, "\":{");
    vault_append_times(buffer, told->secret, version);
    buffer_append_literal(buffer, "}");
    told->oldest = told->oldest == 0 ? version->number : told->oldest;
}

int vault_metadata_read(struct call *call) {
    VAULT_KEY_AUTO struct vault_key key = {.exists = false};
    BUFFER_AUTO struct buffer versions = BUFFER_NULL;
    struct told told = {.call = call, .secret = &key.secret, .buffer = &versions};
    struct buffer *body;
    int error;

    if (vault_target_of(call)->path.len == 0) {
        return vault_other(call);
    }
    error = vault_key_find(call, &key);
    if (error != 0) {
        return error;
    }
    if (!key.exists) {
        return GK_E_NO_SECRET;
    }
    error = broker_versions(call->broker, &key.secret, on_version, &told);
    if (error != 0) {
        return error;
    }
    body = vault_begin(call, 200);
    buffer_append_literal(body, "{\"cas_required\":");
    vault_append_bool(body, key.settings.cas_required);
    buffer_append_literal(body, ",\"created_time\":");
    vault_append_instant(body, key.secret.created_at);
    buffer_append_literal(body, ",\"current_version\":");
    buffer_append_decimal(body, key.secret.current.number);
    buffer_append_literal(body, ",\"custom_metadata\":");
    vault_append_custom(body, &key.secret);
    buffer_append_literal(body, ",\"delete_version_after\":\"");
    vault_append_duration(body, key.settings.delete_version_after_s);
    buffer_append_literal(body, "\",\"max_versions\":");
    buffer_append_decimal(body, key.settings.max_versions);
    buffer_append_literal(body, ",\"oldest_version\":");
    buffer_append_decimal(body, told.oldest > 1 ? told.oldest : 0);
    buffer_append_literal(body, ",\"updated_time\":");
    vault_append_instant(body, key.secret.updated_at);
    buffer_append_literal(body, ",\"versions\":{");
    buffer_append_span(body, buffer_span(&versions));
    buffer_append_literal(body, "}}");
    vault_end(call, NULL);
    return buffer_finish(&versions);
}

enum metadata_field {
    FIELD_MAX_VERSIONS,
    FIELD_CAS_REQUIRED,
    FIELD_DELETE_AFTER,
    FIELD_CUSTOM,
};
#define FIELD_COUNT (FIELD_CUSTOM + 1)

static int read_max_versions(
        const struct vault_field *field, uint32_t *ret_max, struct problem *problem) {
    unsigned long long number;

    if (!vault_field_is_given(field)) {
        return 0;
    }
    if ((field->value.kind != JSON_READER_NUMBER && field->value.kind != JSON_READER_TEXT) ||
            decimal_parse(field->value.raw, &number) != 0 || number > GK_KEEP_VERSIONS_CEILING) {
        return problem_set(problem, GK_E_BAD_REQUEST,
                "error converting input for field \"max_versions\": it must be a number up to %d",
                GK_KEEP_VERSIONS_CEILING);
    }
    *ret_max = (uint32_t)number;
    return 0;
}

/* Sets the settings that were sent. In a patch null means the default. */
static int read_settings(const struct vault_field fields[FIELD_COUNT], bool is_patch,
        struct vault_settings *settings, struct problem *problem) {
    int error;

    if (is_patch && fields[FIELD_MAX_VERSIONS].value.kind == JSON_READER_NULL) {
        settings->max_versions = 0;
    }
    if (is_patch && fields[FIELD_CAS_REQUIRED].value.kind == JSON_READER_NULL) {
        settings->cas_required = false;
    }
    if (is_patch && fields[FIELD_DELETE_AFTER].value.kind == JSON_READER_NULL) {
        settings->delete_version_after_s = 0;
    }
    error = read_max_versions(&fields[FIELD_MAX_VERSIONS], &settings->max_versions, problem);
    if (error != 0) {
        return error;
    }
    error = vault_field_bool(&fields[FIELD_CAS_REQUIRED], &settings->cas_required, problem);
    if (error != 0) {
        return error;
    }
    return vault_field_duration(
            &fields[FIELD_DELETE_AFTER], &settings->delete_version_after_s, problem);
}

/* Reads the body and keeps what it says of the key. */
static int change_metadata(struct call *call, struct vault_key *key, bool is_patch) {
    BUFFER_AUTO struct buffer bytes = BUFFER_NULL;
    BUFFER_AUTO struct buffer texts = BUFFER_NULL;
    BUFFER_AUTO struct buffer extra = BUFFER_NULL;
    SECRET_AUTO struct secret secret = SECRET_NULL;
    struct vault_field fields[FIELD_COUNT] = {
            [FIELD_MAX_VERSIONS] = {.name = "max_versions"},
            [FIELD_CAS_REQUIRED] = {.name = "cas_required"},
            [FIELD_DELETE_AFTER] = {.name = "delete_version_after"},
            [FIELD_CUSTOM] = {.name = "custom_metadata"},
    };
    const struct json_reader_value *custom = &fields[FIELD_CUSTOM].value;
    struct definition definition;
    int error = vault_fields_read(call, fields, FIELD_COUNT, &bytes);

    if (error != 0) {
        return error;
    }
    error = read_settings(fields, is_patch, &key->settings, &call->problem);
    if (error != 0) {
        return error;
    }
    memset(&definition, 0, DEFINITION_HEAD_BYTES);
    definition.name = key->name;
    definition.value_source = key->exists ? VALUE_KEPT : VALUE_NONE;
    if (custom->kind != JSON_READER_NOTHING && (is_patch || custom->kind != JSON_READER_NULL)) {
        error = vault_custom_read(custom, is_patch, &texts, &definition, &call->problem);
    }
    if (error != 0) {
        return error;
    }
    vault_settings_set(key->secret.extra, &key->settings, &extra);
    error = buffer_finish(&extra);
    if (error != 0) {
        return error;
    }
    definition.has_extra = true;
    definition.extra = buffer_span(&extra);
    error = (key->exists ? broker_patch : broker_put)(
            call->broker, &definition, &secret, &call->problem);
    if (error == GK_E_BAD_REQUEST && call->problem.field == FIELD_LABELS) {
        return problem_set(&call->problem, error,
                "custom_metadata validation failed: there are more than %d keys", GK_LABELS_MAX);
    }
    return error;
}

int vault_metadata_write(struct call *call) {
    VAULT_KEY_AUTO struct vault_key key = {.exists = false};
    int error;

    if (vault_target_of(call)->path.len == 0) {
        return vault_other(call);
    }
    error = vault_key_find(call, &key);
    if (error != 0) {
        return error;
    }
    error = change_metadata(call, &key, false);
    return error != 0 ? error : vault_answer_nothing(call);
}

int vault_metadata_patch(struct call *call) {
    VAULT_KEY_AUTO struct vault_key key = {.exists = false};
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
    if (!key.exists) {
        return GK_E_NO_SECRET;
    }
    error = change_metadata(call, &key, true);
    return error != 0 ? error : vault_answer_nothing(call);
}

int vault_metadata_delete(struct call *call) {
    VAULT_KEY_AUTO struct vault_key key = {.exists = false};
    struct problem problem = PROBLEM_NULL;
    instant gone_at;
    int error;

    if (vault_target_of(call)->path.len == 0) {
        return vault_other(call);
    }
    error = vault_key_find(call, &key);
    if (error != 0) {
        return error;
    }
    error = broker_delete(call->broker, key.name, NULL, 0, &gone_at, &problem);
    return error != 0 && error != GK_E_NO_SECRET ? error : vault_answer_nothing(call);
}
