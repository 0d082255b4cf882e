#include "api/vault/vault_mounts.h"

#include "broker/broker.h"
#include "broker/own.h"
#include "broker/secrets.h"
#include "http/api.h"
#include "http/request_text.h"
#include "model/mount.h"
#include "model/path_name.h"
#include "store/fields.h"

#define KEY_PREFIX "mount/"
#define PATH_MAX_BYTES (GK_NAME_MAX_BYTES + 1)
#define KEY_MAX_BYTES (sizeof(KEY_PREFIX) - 1 + PATH_MAX_BYTES)

struct key {
    char bytes[KEY_MAX_BYTES];
};

/* path has at most PATH_MAX_BYTES. */
static struct span key_of(struct span path, struct key *place) {
    size_t start = sizeof(KEY_PREFIX) - 1;

    memcpy(place->bytes, KEY_PREFIX, start);
    memcpy(place->bytes + start, path.data, path.len);
    return (struct span){place->bytes, start + path.len};
}

static void encode(const struct vault_mount *mount, struct buffer *buffer) {
    field_put_number(buffer, mount->max_versions, 8);
    field_put_number(buffer, mount->delete_version_after_s, 4);
    field_put_number(buffer, mount->cas_required, 1);
    field_put_span(buffer, mount->path);
    field_put_span(buffer, mount->description);
}

/* False: the record is not one of encode()'s. */
static bool decode(struct span record, struct vault_mount *ret_mount) {
    struct fields fields = {.rest = record};
    struct vault_mount mount = {.max_versions = field_take_number(&fields, 8)};

    mount.delete_version_after_s = (uint32_t)field_take_number(&fields, 4);
    mount.cas_required = field_take_below(&fields, 2) == 1;
    mount.path = field_take_span(&fields);
    mount.description = field_take_span(&fields);
    if (fields_end(&fields) != 0) {
        return false;
    }
    *ret_mount = mount;
    return true;
}

static bool find_kept(
        const struct api_context *context, struct span path, struct vault_mount *ret_mount) {
    struct span record;
    struct key key;

    return path.len <= PATH_MAX_BYTES &&
           broker_own_get(context->broker, OWNER_VAULT, key_of(path, &key), &record) &&
           decode(record, ret_mount);
}

/* Of that of --vault-mount nothing is kept until it is configured. */
static struct vault_mount first_mount(const struct api_context *context) {
    struct vault_mount mount = {.description = SPAN_LITERAL("key/value secret storage")};

    (void)find_kept(context, context->vault_mount, &mount);
    mount.path = context->vault_mount;
    mount.is_first = true;
    return mount;
}

/* Whether path is the mount's, without its '/'. */
static bool is_bare(struct span path, struct span mount) {
    return path.len + 1 == mount.len && span_starts_with(mount, path);
}

/* path is the mount's, without its '/'. */
static bool find_bare(
        const struct api_context *context, struct span path, struct vault_mount *ret_mount) {
    char whole[PATH_MAX_BYTES];

    if (path.len >= sizeof(whole)) {
        return false;
    }
    memcpy(whole, path.data, path.len);
    whole[path.len] = '/';
    return find_kept(context, (struct span){whole, path.len + 1}, ret_mount);
}

/* A mount that the path lies below, other than that of --vault-mount. */
static bool find_above(
        const struct api_context *context, struct span path, struct vault_mount *ret_mount) {
    for (size_t at = 0; at < path.len && at < PATH_MAX_BYTES; at++) {
        if (path.data[at] == '/' &&
                find_kept(context, (struct span){path.data, at + 1}, ret_mount)) {
            return true;
        }
    }
    return false;
}

static bool is_of_first(const struct api_context *context, struct span path) {
    return span_starts_with(path, context->vault_mount) || is_bare(path, context->vault_mount);
}

/* A mount other than that of --vault-mount. */
static bool find_other(
        const struct api_context *context, struct span path, struct vault_mount *ret_mount) {
    return find_above(context, path, ret_mount) ||
           (path.len > 0 && find_bare(context, path, ret_mount));
}

int vault_mount_find(
        const struct api_context *context, struct span path, struct vault_mount *ret_mount) {
    if (is_of_first(context, path)) {
        *ret_mount = first_mount(context);
        return 0;
    }
    return find_other(context, path, ret_mount) ? 0 : GK_E_NO_ROUTE;
}

bool vault_mount_has(const struct api_context *context, struct span path) {
    struct vault_mount mount;

    return is_of_first(context, path) || find_other(context, path, &mount);
}

uint64_t vault_mounts_keep(const struct api_context *context, struct span name) {
    uint64_t keep = first_mount(context).max_versions;
    char place[GK_NAME_MAX_BYTES];
    struct vault_mount mount;
    struct span path;

    if (!path_of_name(PATH_ALL_BYTES, name, place, &path)) {
        return 0; /* no client of Vault can name it */
    }
    if (find_above(context, path, &mount) && mount.max_versions > keep) {
        keep = mount.max_versions;
    }
    return keep;
}

int vault_mount_keep(const struct api_context *context, const struct vault_mount *mount) {
    BUFFER_AUTO struct buffer record = BUFFER_NULL;
    struct key key;

    encode(mount, &record);
    if (buffer_finish(&record) != 0) {
        return -ENOMEM;
    }
    return broker_own_put(
            context->broker, OWNER_VAULT, key_of(mount->path, &key), buffer_span(&record));
}

struct walk {
    struct span first;
    void (*visit)(void *userdata, const struct vault_mount *mount);
    void *userdata;
};

static int visit_record(void *userdata, struct span key, struct span record) {
    const struct walk *walk = userdata;
    struct vault_mount mount;

    if (decode(record, &mount) && !span_equals(mount.path, walk->first)) {
        walk->visit(walk->userdata, &mount);
    }
    return 0;
}

int vault_mount_walk(const struct api_context *context,
        void (*visit)(void *userdata, const struct vault_mount *mount), void *userdata) {
    struct walk walk = {context->vault_mount, visit, userdata};
    struct vault_mount first = first_mount(context);

    visit(userdata, &first);
    return broker_own_walk(
            context->broker, OWNER_VAULT, SPAN_LITERAL(KEY_PREFIX), visit_record, &walk);
}

struct conflict {
    struct span path;
    struct buffer other; /* the path of the mount that is in the way */
};

static void note_conflict(void *userdata, const struct vault_mount *mount) {
    struct conflict *conflict = userdata;

    if (conflict->other.len == 0 && (span_starts_with(conflict->path, mount->path) ||
                                            span_starts_with(mount->path, conflict->path))) {
        buffer_append_span(&conflict->other, mount->path);
    }
}

/* GK_E_BAD_REQUEST: another mount has the path, or one above or below it. */
static int check_free(
        const struct api_context *context, struct span path, struct problem *problem) {
    BUFFER_AUTO struct buffer other = BUFFER_NULL;
    struct conflict conflict = {.path = path};
    int error = vault_mount_walk(context, note_conflict, &conflict);

    other = conflict.other;
    if (error != 0) {
        return error;
    }
    return other.len == 0 ? 0
                          : problem_set(problem, GK_E_BAD_REQUEST, "path is already in use at %s",
                                    buffer_string(&other));
}

int vault_mount_make(const struct api_context *context, struct span path, struct span description,
        struct problem *problem) {
    char place[GK_NAME_MAX_BYTES];
    struct vault_mount mount = {.path = path, .description = description};
    struct span bare = {path.data, path.len - 1};
    struct span name;
    const char *fault = mount_fault(bare);
    int error;

    if (fault == NULL) {
        fault = path_name(PATH_ALL_BYTES, bare, place, &name);
    }
    if (fault != NULL) {
        return problem_set(problem, GK_E_BAD_REQUEST, "cannot mount \"%s\": the path %s",
                shown_utf8(path).text, fault);
    }
    error = check_free(context, path, problem);
    return error != 0 ? error : vault_mount_keep(context, &mount);
}

int vault_mount_remove(const struct api_context *context, const struct vault_mount *mount,
        struct problem *problem) {
    static const char *const slashes[] = {
            "/", "%2F%2F"}; /* how path_name() keeps one and several */
    char place[GK_NAME_MAX_BYTES + sizeof("%2F%2F")];
    struct key key_place;
    struct span key = key_of(mount->path, &key_place);
    struct span bare = {mount->path.data, mount->path.len - 1};
    struct span name = SPAN_NULL;

    if (mount->is_first) {
        return problem_set(problem, GK_E_BAD_REQUEST,
                "\"%s\" is the mount of --vault-mount and cannot be unmounted",
                shown_utf8(mount->path).text);
    }
    (void)path_name(PATH_ALL_BYTES, bare, place, &name); /* vault_mount_make() has checked it */
    for (size_t at = 0; at < sizeof(slashes) / sizeof(slashes[0]); at++) {
        size_t len = strlen(slashes[at]);
        int error;

        memcpy(place + name.len, slashes[at], len); /* the name is in place */
        error = broker_delete_below(context->broker, (struct span){place, name.len + len});
        if (error != 0) {
            return error;
        }
    }
    return broker_own_delete(context->broker, OWNER_VAULT, key);
}

const char *vault_mount_name(const struct vault_mount *mount, struct span path,
        char place[GK_NAME_MAX_BYTES], struct span *ret_name) {
    char whole[2 * VAULT_PATH_MAX_BYTES];

    if (mount->is_first) {
        return path_name(PATH_ALL_BYTES, path, place, ret_name);
    }
    memcpy(whole, mount->path.data, mount->path.len);
    if (path.len > 0) {
        memcpy(whole + mount->path.len, path.data, path.len);
    }
    path = (struct span){whole, mount->path.len + path.len};
    return path_name(PATH_ALL_BYTES, path, place, ret_name);
}
