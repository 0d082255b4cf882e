/* LIST M/metadata/P: the keys and folders below a path. */
#include <stdlib.h>

#include "api/vault/vault_handlers.h"
#include "api/vault/vault_key.h"
#include "common/utf8.h"
#include "model/path_name.h"

#define NAME_END "\xff" /* above every byte of a name */
#define PREFIX_MAX_BYTES (GK_NAME_MAX_BYTES + 4)

/* A walk over the secrets below a path. */
struct walk {
    struct span mount;   /* how the paths of its secrets begin: "", "team/" */
    bool is_whole;       /* all of the mount is listed, not a folder */
    struct span folder;  /* the folder's path without the '/' at its end: "" of the path "/" */
    struct span prefix;  /* how the names begin that are walked */
    struct buffer *keys; /* each behind its length, a size_t */
    size_t count;
    struct span after; /* where the next page begins; data NULL: there is none */
    char after_place[GK_NAME_MAX_BYTES + 1];
};

#define KEYS_LEN sizeof(size_t)

static void append_key(struct walk *walk, struct span key) {
    buffer_append(walk->keys, &key.len, KEYS_LEN);
    buffer_append_span(walk->keys, key);
    walk->count += 1;
}

static bool strip(struct span *path, struct span prefix) {
    if (!span_starts_with(*path, prefix)) {
        return false;
    }
    path->data += prefix.len;
    path->len -= prefix.len;
    return true;
}

/* Behind all names that begin as this one does up to the first '/' behind the prefix. */
static bool skip_folder(struct walk *walk, struct span name) {
    struct span rest = {name.data + walk->prefix.len, name.len - walk->prefix.len};
    const char *slash = memchr(rest.data, '/', rest.len);
    size_t len;

    if (slash == NULL) {
        return false;
    }
    len = (size_t)(slash + 1 - name.data);
    memcpy(walk->after_place, name.data, len);
    memcpy(walk->after_place + len, NAME_END, 1);
    walk->after = (struct span){walk->after_place, len + 1};
    return true;
}

/* Takes the key. At a folder the page ends, so that what is in it is not visited. */
static bool on_secret(void *userdata, const struct secret *secret) {
    struct walk *walk = userdata;
    char place[GK_NAME_MAX_BYTES];
    struct span rest;
    const char *slash;

    if (secret->is_deleted || !path_of_name(PATH_ALL_BYTES, secret->name, place, &rest) ||
            !utf8_is_valid(rest) || !strip(&rest, walk->mount) || !strip(&rest, walk->folder) ||
            (!walk->is_whole && !strip(&rest, SPAN_LITERAL("/"))) || rest.len == 0) {
        return true;
    }
    slash = memchr(rest.data, '/', rest.len);
    if (slash == NULL) {
        append_key(walk, rest);
        return true;
    }
    append_key(walk, (struct span){rest.data, (size_t)(slash + 1 - rest.data)});
    return !skip_folder(walk, secret->name);
}

static int walk_names(struct call *call, struct walk *walk, struct span prefix) {
    struct listing listing = {
            .prefix = prefix,
            .limit = SIZE_MAX,
            .expired = LISTED_INCLUDE,
            .deleted = LISTED_INCLUDE,
    };
    bool more;

    walk->prefix = prefix;
    do {
        int error;

        walk->after = SPAN_NULL;
        error = broker_list(call->broker, &listing, on_secret, walk, &more);
        if (error != 0) {
            return error;
        }
        listing.after = walk->after;
    } while (walk->after.data != NULL);
    return 0;
}

static int compare(const void *a, const void *b) {
    return span_compare(*(const struct span *)a, *(const struct span *)b);
}

/* Answers with the keys in byte order, each once. */
static int answer_keys(struct call *call, const struct walk *walk) {
    GK_AUTO_FREE struct span *keys = calloc(walk->count + 1, sizeof(*keys));
    struct span rest = buffer_span(walk->keys);
    struct buffer *body;

    if (keys == NULL) {
        return -ENOMEM;
    }
    for (size_t at = 0; at < walk->count; at++) {
        memcpy(&keys[at].len, rest.data, KEYS_LEN);
        keys[at].data = rest.data + KEYS_LEN;
        rest.data += KEYS_LEN + keys[at].len;
    }
    qsort(keys, walk->count, sizeof(*keys), compare);
    body = vault_begin(call, 200);
    buffer_append_literal(body, "{\"keys\":[");
    for (size_t at = 0; at < walk->count; at++) {
        if (at > 0 && span_equals(keys[at], keys[at - 1])) {
            continue;
        }
        buffer_append_text(body, at > 0 ? "," : "");
        json_write_text(body, keys[at]);
    }
    buffer_append_literal(body, "]}");
    vault_end(call, NULL);
    return 0;
}

/* Visits the secrets below the folder, whose name is without a '/' at its end. */
static int walk_folder(struct call *call, struct walk *walk, struct span name) {
    char place[PREFIX_MAX_BYTES];
    int error;

    if (walk->is_whole && name.len == 0) {
        return walk_names(call, walk, SPAN_LITERAL(""));
    }
    memcpy(place, name.data, name.len); /* it is also empty: the paths that begin with '/' */
    memcpy(place + name.len, "%2F", 3); /* of paths with several '/' in a row */
    error = walk_names(call, walk, (struct span){place, name.len + 3});
    place[name.len] = '/';
    return error != 0 ? error : walk_names(call, walk, (struct span){place, name.len + 1});
}

int vault_metadata_list(struct call *call) {
    const struct vault_mount *mount = &vault_target_of(call)->mount;
    BUFFER_AUTO struct buffer keys = BUFFER_NULL;
    struct walk walk = {.folder = vault_target_of(call)->path, .keys = &keys};
    struct vault_mount root = {.path = SPAN_LITERAL(""), .is_first = true};
    char place[GK_NAME_MAX_BYTES];
    struct span name = {place, 0};
    int error;

    walk.mount = mount->is_first ? SPAN_LITERAL("") : mount->path;
    walk.is_whole = walk.folder.len == 0;
    if (!walk.is_whole && walk.folder.data[walk.folder.len - 1] == '/') {
        walk.folder.len -= 1;
    }
    if ((walk.folder.len > 0 || (!walk.is_whole && !mount->is_first)) &&
            vault_mount_name(mount, walk.folder, place, &name) != NULL) {
        return vault_answer_missing(call); /* no secret has so long a name */
    }
    if (walk.is_whole && !mount->is_first) {
        struct span path = {mount->path.data, mount->path.len - 1};

        (void)vault_mount_name(&root, path, place, &name); /* it is that of a mount */
    }
    error = walk_folder(call, &walk, name);
    if (error != 0) {
        return error;
    }
    error = buffer_finish(&keys);
    if (error != 0) {
        return error;
    }
    return walk.count == 0 ? vault_answer_missing(call) : answer_keys(call, &walk);
}
