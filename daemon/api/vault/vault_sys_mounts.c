/* sys/mounts and sys/internal/ui/mounts: clients look at the mounts, make and remove them. */
#include "api/vault/vault.h"
#include "api/vault/vault_fields.h"
#include "api/vault/vault_handlers.h"
#include "broker/derive.h"
#include "http/api.h"
#include "http/request_text.h"

#define ACCESSOR_CHARS 8
#define TUNE "/tune"

/* The one way to log in that always is mounted. */
#define TOKEN_MOUNT \
    "\"token/\":{\"accessor\":\"auth_token_ghostkey\",\"config\":{\"default_lease_ttl\":0," \
    "\"force_no_cache\":false,\"max_lease_ttl\":0,\"token_type\":\"default-service\"}," \
    "\"description\":\"token based credentials\",\"external_entropy_access\":false," \
    "\"local\":true,\"options\":null,\"seal_wrap\":false,\"type\":\"token\",\"uuid\":\"\"}"

struct mount_listing {
    struct call *call;
    struct buffer *body;
    const char *separator;
    int error; /* the first one */
};

/* The members of a mount, without the braces. */
static int append_members(struct call *call, struct buffer *body, const struct vault_mount *mount) {
    struct span parts[] = {SPAN_LITERAL("vault-mount"), mount->path};
    struct keystream *stream = broker_derive(call->broker, parts, 2);
    int error;

    buffer_append_literal(body, "\"accessor\":\"kv_");
    keystream_characters(stream, ALPHABET_HEX, ACCESSOR_CHARS, body);
    buffer_append_literal(body,
            "\",\"config\":{\"default_lease_ttl\":0,\"force_no_cache\":false,"
            "\"max_lease_ttl\":0},\"deprecation_status\":\"supported\",\"description\":");
    json_write_text(body, mount->description);
    buffer_append_literal(body,
            ",\"external_entropy_access\":false,\"local\":false,\"options\":{\"version\":\"2\"},"
            "\"plugin_version\":\"\",\"running_plugin_version\":\"\",\"running_sha256\":\"\","
            "\"seal_wrap\":false,\"type\":\"kv\",\"uuid\":\"");
    keystream_uuid(stream, body);
    buffer_append_literal(body, "\"");
    error = keystream_finish(stream);
    keystream_stop(stream);
    return error;
}

static void append_mount(void *userdata, const struct vault_mount *mount) {
    struct mount_listing *listing = userdata;
    int error;

    buffer_append_text(listing->body, listing->separator);
    json_write_text(listing->body, mount->path);
    buffer_append_literal(listing->body, ":{");
    error = append_members(listing->call, listing->body, mount);
    buffer_append_literal(listing->body, "}");
    listing->separator = ",";
    listing->error = listing->error != 0 ? listing->error : error;
}

/* The members of all mounts, without the braces. */
static int append_mounts(struct call *call, struct buffer *body) {
    struct mount_listing listing = {.call = call, .body = body, .separator = ""};
    int error = vault_mount_walk(call->context, append_mount, &listing);

    return error != 0 ? error : listing.error;
}

/* An answer that tells the members under `data` and, as old clients want it, at the top, too. */
static int answer_twice(struct call *call, const struct buffer *members) {
    struct buffer *body = vault_begin(call, 200);

    buffer_append_literal(body, "{");
    buffer_append_span(body, buffer_span(members));
    buffer_append_literal(body, "}");
    vault_end(call, NULL);
    buffer_truncate(body, body->len - 1); /* the envelope's '}' */
    buffer_append_literal(body, ",");
    buffer_append_span(body, buffer_span(members));
    buffer_append_literal(body, "}");
    return buffer_finish(members);
}

int vault_sys_mounts(struct call *call) {
    BUFFER_AUTO struct buffer members = BUFFER_NULL;
    int error = append_mounts(call, &members);

    return error != 0 ? error : answer_twice(call, &members);
}

int vault_sys_auth(struct call *call) {
    BUFFER_AUTO struct buffer members = BUFFER_NULL;

    buffer_append_literal(&members, TOKEN_MOUNT);
    return answer_twice(call, &members);
}

/* The path of a mount that a request names, with one '/' at its end. is_tune: of PATH/tune. */
struct named {
    struct buffer path;
    bool is_tune;
};

#define NAMED_AUTO GK_CLEANUP(named_deinit)

static void named_deinit(struct named *named) {
    buffer_deinit(&named->path);
}

static int read_named(struct call *call, bool may_tune, struct named *ret_named) {
    const struct span tune = SPAN_LITERAL(TUNE);
    struct span path = vault_target_of(call)->path;
    struct span end;

    while (path.len > 0 && path.data[path.len - 1] == '/') {
        path.len -= 1;
    }
    if (may_tune && path.len > tune.len) {
        end = (struct span){path.data + path.len - tune.len, tune.len};
        ret_named->is_tune = span_equals(end, tune);
    }
    path.len -= ret_named->is_tune ? tune.len : 0;
    buffer_append_span(&ret_named->path, path);
    buffer_append_literal(&ret_named->path, "/");
    return buffer_finish(&ret_named->path);
}

/* The mount that has just that path. GK_E_BAD_REQUEST */
static int find_named(struct call *call, struct span path, struct vault_mount *ret_mount) {
    int error = vault_mount_find(call->context, path, ret_mount);

    if (error < 0) {
        return error;
    }
    if (error != 0 || !span_equals(ret_mount->path, path)) {
        return problem_set(&call->problem, GK_E_BAD_REQUEST, "No secret engine mount at %s",
                shown_utf8(path).text);
    }
    return 0;
}

static void append_tuning(struct buffer *buffer, const struct vault_mount *mount) {
    buffer_append_literal(buffer,
            "\"default_lease_ttl\":2764800,\"force_no_cache\":false,\"max_lease_ttl\":2764800,"
            "\"description\":");
    json_write_text(buffer, mount->description);
    buffer_append_literal(buffer, ",\"options\":{\"version\":\"2\"}");
}

int vault_sys_read_mount(struct call *call) {
    NAMED_AUTO struct named named = {.is_tune = false};
    BUFFER_AUTO struct buffer members = BUFFER_NULL;
    struct vault_mount mount;
    int error = read_named(call, true, &named);

    if (error != 0) {
        return error;
    }
    if (vault_target_of(call)->path.len == 0) {
        return vault_sys_mounts(call);
    }
    error = find_named(call, buffer_span(&named.path), &mount);
    if (error != 0) {
        return error;
    }
    if (named.is_tune) {
        append_tuning(&members, &mount);
        return answer_twice(call, &members);
    }
    error = append_members(call, &members, &mount);
    return error != 0 ? error : answer_twice(call, &members);
}

enum mount_field {
    MOUNT_TYPE,
    MOUNT_OPTIONS,
    MOUNT_DESCRIPTION,
    MOUNT_FIELD_COUNT,
};

/* GK_E_BAD_REQUEST: the options name another version than 2, or none though one is needed. */
static int check_version(struct call *call, const struct vault_field *options, struct buffer *bytes,
        bool is_needed) {
    struct json_reader_value version = vault_field_member(options, "version", bytes);

    if (version.kind == JSON_READER_NOTHING && !is_needed) {
        return 0;
    }
    return span_is(version.raw, "2") ? 0
                                     : problem_set(&call->problem, GK_E_BAD_REQUEST,
                                               "GhostKey has version 2 of the KV engine alone: "
                                               "\"options\": {\"version\": \"2\"}");
}

/* GK_E_BAD_REQUEST: what is to be mounted is no KV engine of version 2. */
static int check_engine(struct call *call, const struct vault_field fields[MOUNT_FIELD_COUNT],
        struct buffer *bytes) {
    struct span type = SPAN_NULL;
    int error = vault_field_text(&fields[MOUNT_TYPE], &type, &call->problem);

    if (error != 0) {
        return error;
    }
    if (type.len == 0) {
        return problem_set(
                &call->problem, GK_E_BAD_REQUEST, "backend type must be specified as a string");
    }
    if (!span_is(type, "kv") && !span_is(type, "kv-v2")) {
        return problem_set(&call->problem, GK_E_BAD_REQUEST,
                "GhostKey has no secrets engine of the type \"%s\": it has \"kv\"",
                shown_utf8(type).text);
    }
    return check_version(call, &fields[MOUNT_OPTIONS], bytes, span_is(type, "kv"));
}

static int read_description(
        struct call *call, const struct vault_field *field, struct span *ret_description) {
    int error = vault_field_text(field, ret_description, &call->problem);

    if (error != 0) {
        return error;
    }
    if (ret_description->len > VAULT_MOUNT_TEXT_MAX_BYTES) {
        return problem_set(&call->problem, GK_E_BAD_REQUEST,
                "\"description\" is longer than %d bytes", VAULT_MOUNT_TEXT_MAX_BYTES);
    }
    return 0;
}

/* M/tune: only the description can change. */
static int tune(struct call *call, struct span path, const struct vault_field *fields,
        struct buffer *bytes) {
    struct vault_mount mount;
    int error = check_version(call, &fields[MOUNT_OPTIONS], bytes, false);

    if (error != 0) {
        return error;
    }
    error = find_named(call, path, &mount);
    if (error != 0) {
        return error;
    }
    error = read_description(call, &fields[MOUNT_DESCRIPTION], &mount.description);
    if (error != 0) {
        return error;
    }
    error = vault_mount_keep(call->context, &mount);
    return error != 0 ? error : vault_answer_nothing(call);
}

static int make(struct call *call, struct span path, const struct vault_field *fields,
        struct buffer *bytes) {
    struct span description = SPAN_LITERAL("");
    int error = check_engine(call, fields, bytes);

    if (error != 0) {
        return error;
    }
    error = read_description(call, &fields[MOUNT_DESCRIPTION], &description);
    if (error != 0) {
        return error;
    }
    error = vault_mount_make(call->context, path, description, &call->problem);
    return error != 0 ? error : vault_answer_nothing(call);
}

int vault_sys_write_mount(struct call *call) {
    NAMED_AUTO struct named named = {.is_tune = false};
    BUFFER_AUTO struct buffer bytes = BUFFER_NULL;
    struct vault_field fields[MOUNT_FIELD_COUNT] = {
            {.name = "type"}, {.name = "options"}, {.name = "description"}};
    int error = vault_fields_read(call, fields, MOUNT_FIELD_COUNT, &bytes);

    if (error != 0) {
        return error;
    }
    error = read_named(call, true, &named);
    if (error != 0) {
        return error;
    }
    return named.is_tune ? tune(call, buffer_span(&named.path), fields, &bytes)
                         : make(call, buffer_span(&named.path), fields, &bytes);
}

/* Also if nothing is mounted there, as Vault does it. */
int vault_sys_unmount(struct call *call) {
    NAMED_AUTO struct named named = {.is_tune = false};
    struct vault_mount mount;
    int error = read_named(call, false, &named);

    if (error != 0) {
        return error;
    }
    error = find_named(call, buffer_span(&named.path), &mount);
    if (error > 0) {
        return vault_answer_nothing(call);
    }
    if (error != 0) {
        return error;
    }
    error = vault_mount_remove(call->context, &mount, &call->problem);
    return error != 0 ? error : vault_answer_nothing(call);
}

int vault_sys_ui_mounts(struct call *call) {
    struct buffer *body = vault_begin(call, 200);
    int error;

    buffer_append_literal(body, "{\"auth\":{" TOKEN_MOUNT "},\"secret\":{");
    error = append_mounts(call, body);
    buffer_append_literal(body, "}}");
    vault_end(call, NULL);
    return error;
}

/* What each `vault kv` asks first: the mount that the path lies below. */
int vault_sys_ui_mount(struct call *call) {
    NAMED_AUTO struct named named = {.is_tune = false};
    struct vault_mount mount;
    struct buffer *body;
    int error = read_named(call, false, &named);

    if (error != 0) {
        return error;
    }
    error = vault_mount_find(call->context, vault_target_of(call)->path, &mount);
    if (error < 0) {
        return error;
    }
    if (error > 0) {
        return problem_set(&call->problem, GK_E_FORBIDDEN,
                "preflight capability check returned 403, please ensure client's policies grant "
                "access to path \"%s\"",
                buffer_string(&named.path));
    }
    body = vault_begin(call, 200);
    buffer_append_literal(body, "{");
    error = append_members(call, body, &mount);
    buffer_append_literal(body, ",\"path\":");
    json_write_text(body, mount.path);
    buffer_append_literal(body, "}");
    vault_end(call, NULL);
    return error;
}
