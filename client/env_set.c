#include "env_set.h"

#include <string.h>

#include <ghostkey/error.h>

#include "output.h"

static int compare_entries(const void *left, const void *right) {
    const struct env_entry *a = left;
    const struct env_entry *b = right;
    int by_env = strcmp(a->env, b->env);

    return by_env != 0 ? by_env : strcmp(a->name, b->name);
}

size_t env_set_arrange(struct env_entry *entries, size_t count) {
    size_t pairs = 0;

    if (count > 0) {
        qsort(entries, count, sizeof(*entries), compare_entries);
    }
    for (size_t i = 1; i < count; i++) {
        if (strcmp(entries[i - 1].env, entries[i].env) == 0) {
            output_error("'%s' and '%s' have the same environment name %s; give one of them "
                         "another with 'put --env', or keep it out with 'put --no-env'",
                    entries[i - 1].name, entries[i].name, entries[i].env);
            pairs++;
        }
    }
    return pairs;
}

static int collect_entries(struct env_set *set) {
    set->entries = memory_resize(NULL, set->list.count + 1, sizeof(*set->entries));
    for (size_t i = 0; i < set->list.count; i++) {
        const struct secret_view *view = &set->list.views[i];

        if (view->env == NULL || view->is_expired) {
            continue;
        }
        if (view->text == NULL) {
            return broker_answer_misunderstood("no value");
        }
        set->entries[set->count++] = (struct env_entry){
                .env = view->env,
                .name = view->name,
                .value = view->text,
                .value_length = view->text_length,
        };
    }
    return GK_EXIT_DONE;
}

int env_set_fetch(struct broker_client *broker, const char *prefix, struct env_set *ret_set) {
    const struct broker_list_query query = {.prefix = prefix, .expired = "exclude", .values = true};
    GK_CLEANUP(env_set_deinit) struct env_set set = {0};
    int rc = secret_list_fetch(broker, &query, &set.list);

    rc = rc != GK_EXIT_DONE ? rc : collect_entries(&set);
    if (rc != GK_EXIT_DONE) {
        return rc;
    }
    if (env_set_arrange(set.entries, set.count) > 0) {
        return GK_EXIT_FAILED;
    }
    *ret_set = set;
    set = (struct env_set){0};
    return GK_EXIT_DONE;
}

void env_set_deinit(struct env_set *set) {
    secret_list_deinit(&set->list);
    free(set->entries);
    *set = (struct env_set){0};
}
