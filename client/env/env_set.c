#include "env/env_set.h"

#include <string.h>

#include <ghostkey/error.h>
#include <ghostkey/protocol.h>

#include "heap.h"
#include "terminal/output.h"
#include "wire/secret_list.h"

/* Each entry has one block of memory of its own, which begins with its environment name. */
static void release_entries(struct env_set *set) {
    for (size_t i = 0; i < set->count; i++) {
        heap_wipe_free((char *)set->entries[i].env);
    }
    set->count = 0;
}

void env_set_deinit(struct env_set *set) {
    release_entries(set);
    free(set->entries);
    *set = (struct env_set){0};
}

static struct env_entry copy_entry(const struct env_entry *entry) {
    size_t env_size = strlen(entry->env) + 1;
    size_t name_size = strlen(entry->name) + 1;
    char *env = heap_resize(NULL, env_size + name_size + entry->value_len + 1, 1);
    char *name = mempcpy(env, entry->env, env_size);
    char *value = mempcpy(name, entry->name, name_size);
    char *end = mempcpy(value, entry->value, entry->value_len);

    *end = '\0';
    return (struct env_entry){
            .env = env, .name = name, .value = value, .value_len = entry->value_len};
}

void env_set_add(struct env_set *set, const struct env_entry *entries, size_t count) {
    if (set->capacity - set->count < count) {
        set->capacity = 2 * set->capacity + count;
        set->entries = heap_resize(set->entries, set->capacity, sizeof(*set->entries));
    }
    for (size_t i = 0; i < count; i++) {
        set->entries[set->count++] = copy_entry(&entries[i]);
    }
}

static int compare_entries(const void *left, const void *right) {
    const struct env_entry *a = left;
    const struct env_entry *b = right;
    int by_env = strcmp(a->env, b->env);

    return by_env != 0 ? by_env : strcmp(a->name, b->name);
}

void env_set_sort(struct env_set *set) {
    if (set->count > 0) {
        qsort(set->entries, set->count, sizeof(*set->entries), compare_entries);
    }
}

size_t env_set_say_pairs(const struct env_set *set) {
    size_t pairs = 0;

    for (size_t i = 1; i < set->count; i++) {
        const struct env_entry *one = &set->entries[i - 1];
        const struct env_entry *other = &set->entries[i];

        if (strcmp(one->env, other->env) == 0) {
            output_error("'%s' and '%s' have the same environment name %s; give one of them "
                         "another with 'put --env', or keep it out with 'put --no-env'",
                    one->name, other->name, one->env);
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
