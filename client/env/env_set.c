#include "env/env_set.h"

#include <string.h>

#include <ghostkey/protocol.h>

#include "heap.h"
#include "secret_name.h"
#include "terminal/output.h"

#define CHUNK_BYTES ((size_t)1024 * 1024)
#define LENGTH_BYTES_MAX 10
#define RECORD_FIXED_BYTES (3 + LENGTH_BYTES_MAX + 1)

/*
 * Entries one after the other, each whole: how much of the name before is shared, how much is not,
 * that part of it; the length of an environment name that is not the default one (else 0), and that
 * name; the length of the value, seven bits a byte; the value, and a NUL.
 */
struct env_chunk {
    struct env_chunk *next;
    size_t size;
    size_t used;
    unsigned char bytes[];
};

/* Where the reading of a run stands. */
struct env_cursor {
    const struct env_chunk *chunk;
    size_t offset;
    size_t left;
    struct env_entry entry; /* the one read last */
    char name[ENV_SET_NAME_ROOM];
    char env[ENV_SET_ENV_ROOM];
};

static int compare_entries(const void *left, const void *right) {
    const struct env_entry *a = left;
    const struct env_entry *b = right;
    int by_env = strcmp(a->env, b->env);

    return by_env != 0 ? by_env : strcmp(a->name, b->name);
}

/* Room in one piece; in a new chunk, if need be. */
static unsigned char *reserve(struct env_set *set, size_t len) {
    struct env_chunk *chunk = set->last;

    if (chunk == NULL || chunk->size - chunk->used < len) {
        size_t size = len > CHUNK_BYTES ? len : CHUNK_BYTES;

        chunk = heap_resize(NULL, 1, sizeof(*chunk) + size);
        *chunk = (struct env_chunk){.size = size};
        *(set->last != NULL ? &set->last->next : &set->first) = chunk;
        set->last = chunk;
    }
    return chunk->bytes + chunk->used;
}

static size_t shared_len(const char *a, const char *b) {
    size_t len = 0;

    while (a[len] != '\0' && a[len] == b[len]) {
        len++;
    }
    return len;
}

static void begin_run(struct env_set *set, size_t first_len) {
    (void)reserve(set, first_len); /* where the first entry will be */
    set->runs = heap_resize(set->runs, set->run_count + 1, sizeof(*set->runs));
    set->runs[set->run_count++] = (struct env_run){.chunk = set->last, .offset = set->last->used};
    set->last_name[0] = '\0';
}

static void append_entry(struct env_set *set, const struct env_entry *entry, bool follows) {
    size_t name_len = strlen(entry->name);
    size_t most = RECORD_FIXED_BYTES + name_len + strlen(entry->env) + entry->value_len;
    char default_env[ENV_SET_ENV_ROOM];
    unsigned char *place;
    size_t shared;
    size_t env_len;
    size_t rest = entry->value_len;

    if (!follows) {
        begin_run(set, most);
    }
    place = reserve(set, most);
    shared = shared_len(set->last_name, entry->name);
    default_env[env_name_default(span_of(entry->name), default_env)] = '\0';
    env_len = strcmp(default_env, entry->env) == 0 ? 0 : strlen(entry->env);
    *place++ = (unsigned char)shared;
    *place++ = (unsigned char)(name_len - shared);
    place = mempcpy(place, entry->name + shared, name_len - shared);
    *place++ = (unsigned char)env_len;
    place = mempcpy(place, entry->env, env_len);
    for (; rest >= 0x80; rest >>= 7) {
        *place++ = (unsigned char)(rest | 0x80);
    }
    *place++ = (unsigned char)rest;
    place = mempcpy(place, entry->value, entry->value_len);
    *place++ = '\0';
    set->last->used = (size_t)(place - set->last->bytes);
    memcpy(set->last_name, entry->name, name_len + 1);
    set->runs[set->run_count - 1].count++;
    set->count++;
}

void env_set_add(struct env_set *set, struct env_entry *entries, size_t count) {
    const struct env_entry last = {.env = set->last_env, .name = set->last_name};
    bool follows;

    for (size_t i = 1; i < count; i++) {
        if (compare_entries(&entries[i - 1], &entries[i]) > 0) {
            qsort(entries, count, sizeof(*entries), compare_entries);
            break;
        }
    }
    follows = count > 0 && set->run_count > 0 && compare_entries(&last, &entries[0]) <= 0;
    for (size_t i = 0; i < count; i++) {
        append_entry(set, &entries[i], follows);
        follows = true;
    }
    if (count > 0) {
        memcpy(set->last_env, entries[count - 1].env, strlen(entries[count - 1].env) + 1);
    }
}

void env_set_deinit(struct env_set *set) {
    while (set->first != NULL) {
        struct env_chunk *chunk = set->first;

        set->first = chunk->next;
        heap_wipe_free(chunk);
    }
    free(set->runs);
    *set = (struct env_set){0};
}

/* The next entry of the run; false at its end. */
static bool advance(struct env_cursor *cursor) {
    const unsigned char *place;
    size_t shared;
    size_t len;
    unsigned shift = 0;

    if (cursor->left == 0) {
        return false;
    }
    cursor->left--;
    if (cursor->offset == cursor->chunk->used) {
        cursor->chunk = cursor->chunk->next;
        cursor->offset = 0;
    }
    place = cursor->chunk->bytes + cursor->offset;
    shared = *place++;
    len = *place++;
    memcpy(cursor->name + shared, place, len);
    cursor->name[shared + len] = '\0';
    place += len;
    len = *place++;
    if (len > 0) {
        memcpy(cursor->env, place, len);
        cursor->env[len] = '\0';
        place += len;
    } else {
        cursor->env[env_name_default(span_of(cursor->name), cursor->env)] = '\0';
    }
    len = 0;
    do {
        len |= (size_t)(*place & 0x7F) << shift;
        shift += 7;
    } while ((*place++ & 0x80) != 0);
    cursor->entry = (struct env_entry){.env = cursor->env,
            .name = cursor->name,
            .value = (const char *)place,
            .value_len = len};
    cursor->offset = (size_t)(place - cursor->chunk->bytes) + len + 1;
    return true;
}

static void sift_down(struct env_walk *walk, size_t at) {
    for (;;) {
        struct env_cursor *moved = walk->heap[at];
        size_t least = 2 * at + 1;

        if (least >= walk->count) {
            return;
        }
        if (least + 1 < walk->count &&
                compare_entries(&walk->heap[least + 1]->entry, &walk->heap[least]->entry) < 0) {
            least++;
        }
        if (compare_entries(&moved->entry, &walk->heap[least]->entry) <= 0) {
            return;
        }
        walk->heap[at] = walk->heap[least];
        walk->heap[least] = moved;
        at = least;
    }
}

void env_walk_begin(struct env_walk *walk, const struct env_set *set) {
    *walk = (struct env_walk){
            .cursors = heap_resize(NULL, set->run_count + 1, sizeof(*walk->cursors)),
            .heap = heap_resize(NULL, set->run_count + 1, sizeof(struct env_cursor *)),
            .count = set->run_count,
    };
    for (size_t i = 0; i < set->run_count; i++) {
        struct env_cursor *cursor = &walk->cursors[i];

        *cursor = (struct env_cursor){.chunk = set->runs[i].chunk,
                .offset = set->runs[i].offset,
                .left = set->runs[i].count};
        (void)advance(cursor); /* no run is empty */
        walk->heap[i] = cursor;
    }
    for (size_t i = set->run_count / 2; i > 0; i--) {
        sift_down(walk, i - 1);
    }
}

bool env_walk_next(struct env_walk *walk) {
    if (walk->begun && walk->count > 0) {
        if (!advance(walk->heap[0])) {
            walk->heap[0] = walk->heap[--walk->count];
        }
        if (walk->count > 0) {
            sift_down(walk, 0);
        }
    }
    walk->begun = true;
    if (walk->count == 0) {
        return false;
    }
    walk->entry = walk->heap[0]->entry;
    return true;
}

void env_walk_deinit(struct env_walk *walk) {
    heap_wipe_free(walk->cursors);
    free(walk->heap);
    *walk = (struct env_walk){0};
}

size_t env_set_say_pairs(const struct env_set *set) {
    ENV_WALK_AUTO struct env_walk walk = {0};
    char env[ENV_SET_ENV_ROOM] = "";
    char name[ENV_SET_NAME_ROOM] = "";
    size_t pairs = 0;

    env_walk_begin(&walk, set);
    while (env_walk_next(&walk)) {
        if (strcmp(env, walk.entry.env) == 0) {
            output_error("'%s' and '%s' have the same environment name %s; give one of them "
                         "another with 'put --env', or keep it out with 'put --no-env'",
                    name, walk.entry.name, env);
            pairs++;
        }
        memcpy(env, walk.entry.env, strlen(walk.entry.env) + 1);
        memcpy(name, walk.entry.name, strlen(walk.entry.name) + 1);
    }
    return pairs;
}
