#include "api/vault/vault_key.h"

#include <strings.h>

#include "broker/version_states.h"
#include "http/request_text.h"
#include "model/extra.h"
#include "store/fields.h"

void vault_key_deinit(struct vault_key *key) {
    secret_deinit(&key->secret);
}

/* An entry that this version did not write is as if there were none. */
static void take_settings(struct span extra, struct vault_settings *settings) {
    struct fields fields = {.rest = extra_of(extra, OWNER_VAULT)};
    struct vault_settings taken;

    taken.max_versions = (uint32_t)field_take_number(&fields, 4);
    taken.cas_required = field_take_number(&fields, 1) == 1;
    taken.delete_version_after_s = (uint32_t)field_take_number(&fields, 4);
    taken.given_ttl_s = taken.delete_version_after_s;
    taken.replaced_ttl_s = 0;
    if (fields.rest.len > 0) { /* earlier entries end here */
        taken.given_ttl_s = (uint32_t)field_take_number(&fields, 4);
        taken.replaced_ttl_s = (uint32_t)field_take_number(&fields, 4);
    }
    if (fields_end(&fields) == 0) {
        *settings = taken;
    }
}

void vault_settings_set(
        struct span extra, const struct vault_settings *settings, struct buffer *buffer) {
    BUFFER_AUTO struct buffer entry = BUFFER_NULL;

    field_put_number(&entry, settings->max_versions, 4);
    field_put_number(&entry, settings->cas_required, 1);
    field_put_number(&entry, settings->delete_version_after_s, 4);
    field_put_number(&entry, settings->given_ttl_s, 4);
    field_put_number(&entry, settings->replaced_ttl_s, 4);
    if (buffer_finish(&entry) != 0) {
        buffer->broken = true;
        return;
    }
    extra_set(extra, OWNER_VAULT, buffer_span(&entry), buffer);
}

int vault_key_find(struct call *call, struct vault_key *key) {
    const struct vault_target *target = vault_target_of(call);
    struct problem problem = PROBLEM_NULL;
    int error;

    key->name = target->name;
    key->exists = false;
    key->secret = SECRET_NULL;
    key->settings = (struct vault_settings){0};
    error = broker_describe(call->broker, key->name, &key->secret, &problem);
    if (error == GK_E_NO_SECRET) {
        return 0;
    }
    if (error != 0) {
        return error;
    }
    key->exists = !key->secret.is_deleted;
    take_settings(key->secret.extra, &key->settings);
    return 0;
}

bool vault_shows(struct call *call, const struct secret *secret, const struct version *version) {
    return version->number == secret->current.number ||
           (version->number != secret_pending(secret) &&
                   broker_is_among_newest(call->broker, secret, version->number));
}

struct search {
    uint64_t number;
    struct version found;
};

static void on_version(void *userdata, const struct version *version) {
    struct search *search = userdata;

    if (version->number == search->number) {
        search->found = *version;
    }
}

int vault_find_version(struct call *call, const struct vault_key *key, uint64_t number,
        struct version *ret_version) {
    struct search search = {.number = number};
    struct problem problem = PROBLEM_NULL;
    struct secret secret;
    int error;

    if (number == 0 || number == key->secret.current.number) {
        *ret_version = key->secret.current;
        return key->secret.current.number != 0 ? 0 : GK_E_NO_VERSION;
    }
    error = broker_versions(call->broker, &key->secret, on_version, &search);
    if (error != 0) {
        return error;
    }
    if (search.found.number == 0 || !vault_shows(call, &key->secret, &search.found)) {
        return GK_E_NO_VERSION;
    }
    *ret_version = search.found;
    error = broker_get_version(call->broker, key->name, number, &secret, &problem);
    if (error == GK_E_NO_VERSION) {
        return 0;
    }
    if (error != 0) {
        return error;
    }
    *ret_version = secret.current; /* with its value */
    return 0;
}

bool vault_is_live(struct call *call, const struct secret *secret, const struct version *version) {
    return version->state == VERSION_LIVE &&
           broker_now(call->broker) < broker_version_ends_at(secret, version);
}

void vault_append_times(
        struct buffer *buffer, const struct secret *secret, const struct version *version) {
    bool was_deleted = version->state == VERSION_DELETED || version->deleted_at != 0;
    buffer_append_literal(buffer, "\"created_time\":");
    vault_append_instant(buffer, version->made_at);
    buffer_append_literal(buffer, ",\"deletion_time\":");
    vault_append_instant(
            buffer, was_deleted ? version->deleted_at : broker_version_ends_at(secret, version));
    buffer_append_literal(buffer, ",\"destroyed\":");
    vault_append_bool(buffer, version->state == VERSION_DESTROYED);
}

void vault_append_custom(struct buffer *buffer, const struct secret *secret) {
    struct span rest = secret->labels;
    char separator = '{';
    struct label label;

    while (labels_next(&rest, &label)) {
        buffer_append_byte(buffer, separator);
        json_write_text(buffer, label.name);
        buffer_append_literal(buffer, ":");
        json_write_text(buffer, label.value);
        separator = ',';
    }
    buffer_append_text(buffer, separator == '{' ? "null" : "}");
}

void vault_append_version(
        struct buffer *buffer, const struct secret *secret, const struct version *version) {
    buffer_append_literal(buffer, "{");
    vault_append_times(buffer, secret, version);
    buffer_append_literal(buffer, ",\"version\":");
    buffer_append_decimal(buffer, version->number);
    buffer_append_literal(buffer, ",\"custom_metadata\":");
    vault_append_custom(buffer, secret);
    buffer_append_literal(buffer, "}");
}

uint64_t vault_keeps(const struct api_context *context, const struct secret *secret) {
    uint64_t of_mount = vault_mounts_keep(context, secret->name);
    struct vault_settings settings = {.max_versions = 0};

    take_settings(secret->extra, &settings);
    return settings.max_versions > of_mount ? settings.max_versions : of_mount;
}

uint32_t vault_life_s(const struct vault_mount *mount, const struct vault_settings *settings) {
    uint32_t of_mount = mount->delete_version_after_s;
    uint32_t of_key = settings->delete_version_after_s;

    if (of_mount == 0 || of_key == 0) {
        return of_mount + of_key;
    }
    return of_mount < of_key ? of_mount : of_key;
}

int vault_check_patch(struct call *call) {
    struct span rest = request_header(&call->request, "content-type");
    struct span type = span_trim(span_take_until(&rest, ';'));
    const struct span wanted = SPAN_LITERAL(GK_MEDIA_MERGE_PATCH);

    if (type.len == wanted.len && strncasecmp(type.data, wanted.data, type.len) == 0) {
        return 0;
    }
    return problem_set(&call->problem, GK_E_MEDIA_TYPE,
            "PATCH requires Content-Type of " GK_MEDIA_MERGE_PATCH);
}
