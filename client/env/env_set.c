#include "env/env_set.h"

#include <string.h>

#include <ghostkey/error.h>
#include <ghostkey/protocol.h>

#include "heap.h"
#include "terminal/output.h"
#include "wire/secret_list.h"

/* The entries that were added together. */
struct env_set_block {
    struct env_set_block *before; /* NULL: it is the first */
    char bytes[];
};

static void release_entries(struct env_set *set) {
    while (set->last_block != NULL) {
        struct env_set_block *block = set->last_block;

        set->last_block = block->before;
        heap_wipe_free(block);
    }
    set->count = 0;
}

void env_set_deinit(struct env_set *set) {
    release_entries(set);
    free(set->packed);
    *set = (struct env_set){0};
}

/* A packed entry: the length of the value, the environment name, the name, the value. */
static size_t packed_size(const struct env_entry *entry) {
    return sizeof(entry->value_len) + strlen(entry->env) + strlen(entry->name) + entry->value_len +
           3;
}

static char *pack(char *place, const struct env_entry *entry) {
    place = mempcpy(place, &entry->value_len, sizeof(entry->value_len));
    place = stpcpy(place, entry->env) + 1;
    place = stpcpy(place, entry->name) + 1;
    place = mempcpy(place, entry->value, entry->value_len);
    *place++ = '\0';
    return place;
}

struct env_entry env_set_at(const struct env_set *set, size_t index) {
    struct env_entry entry;

    memcpy(&entry.value_len, set->packed[index], sizeof(entry.value_len));
    entry.env = set->packed[index] + sizeof(entry.value_len);
    entry.name = entry.env + strlen(entry.env) + 1;
    entry.value = entry.name + strlen(entry.name) + 1;
    return entry;
}

void env_set_add(struct env_set *set, const struct env_entry *entries, size_t count) {
    struct env_set_block *block;
    size_t size = sizeof(*block);
    char *place;

    for (size_t i = 0; i < count; i++) {
        size += packed_size(&entries[i]);
    }
    block = heap_resize(NULL, size, 1);
    block->before = set->last_block;
    set->last_block = block;
    if (set->capacity - set->count < count) {
        set->capacity = 2 * set->capacity + count;
        set->packed = heap_resize(set->packed, set->capacity, sizeof(*set->packed));
    }
    place = block->bytes;
    for (size_t i = 0; i < count; i++) {
        set->packed[set->count++] = place;
        place = pack(place, &entries[i]);
    }
}

static const char *env_of(const void *packed) {
    return *(const char *const *)packed + sizeof(size_t);
}

static int compare_packed(const void *left, const void *right) {
    const char *a = env_of(left);
    const char *b = env_of(right);
    int by_env = strcmp(a, b);

    return by_env != 0 ? by_env : strcmp(a + strlen(a) + 1, b + strlen(b) + 1);
}

void env_set_sort(struct env_set *set) {
    if (set->count > 0) {
        qsort(set->packed, set->count, sizeof(*set->packed), compare_packed);
    }
}

/* Compares the name in `NAME=value` with the environment name of an entry. */
static int compare_variable(const void *variable, const void *packed) {
    const char *env = env_of(packed);
    size_t len = strcspn(variable, "=");
    int order = strncmp(variable, env, len);

    return order != 0 ? order : -(env[len] != '\0');
}

bool env_set_has(const struct env_set *set, const char *variable) {
    return set->count > 0 && bsearch(variable, set->packed, set->count, sizeof(*set->packed),
                                     compare_variable) != NULL;
}

size_t env_set_say_pairs(const struct env_set *set) {
    size_t pairs = 0;

    for (size_t i = 1; i < set->count; i++) {
        struct env_entry one = env_set_at(set, i - 1);
        struct env_entry other = env_set_at(set, i);

        if (strcmp(one.env, other.env) == 0) {
            output_error("'%s' and '%s' have the same environment name %s; give one of them "
                         "another with 'update --env', or keep it out with 'update --no-env'",
                    one.name, other.name, one.env);
            pairs++;
        }
    }
    return pairs;
}

static bool begin(void *userdata) {
    release_entries(userdata);
    return true;
}

static int take_bytes(
        void *userdata, struct buffer *page, size_t *ret_count, const char **ret_next) {
    GK_AUTO_FREE struct env_entry *entries = heap_resize(NULL, GK_PAGE_MAX, sizeof(*entries));

    if (secret_page_read(page, entries, GK_PAGE_MAX, ret_count, ret_next) != 0) {
        return broker_answer_misunderstood("not a page of secrets with their values");
    }
    env_set_add(userdata, entries, *ret_count);
    return 0;
}

int env_set_fetch(struct broker_client *broker, const char *prefix, struct env_set *ret_set) {
    const struct secret_query query = {.prefix = prefix, .expired = "exclude", .values = true};
    ENV_SET_AUTO struct env_set set = {0};
    const struct secret_list_reader reader = {
            .begin = begin, .take_bytes = take_bytes, .userdata = &set};
    int error = secret_list_read(broker, &query, &reader);

    if (error != 0) {
        return error;
    }
    env_set_sort(&set);
    if (env_set_say_pairs(&set) > 0) {
        return GK_EXIT_FAILED;
    }
    *ret_set = set;
    set = (struct env_set){0};
    return 0;
}
