/*
 * env_set_fetch(): the entries of an environment, page by page, as they were at one moment unless
 * they change all the time.
 */
#include <ghostkey/error.h>
#include <ghostkey/protocol.h>

#include "env/env_set.h"
#include "heap.h"
#include "terminal/output.h"
#include "terminal/progress.h"
#include "wire/broker_pages.h"

/* Who changes secrets all that time will go on doing it. */
#define ATTEMPTS_MAX 3

static int fetch_pages(struct broker_client *broker, const struct broker_list_query *query,
        size_t secrets, struct env_set *set, size_t *pages) {
    GK_AUTO_FREE struct env_entry *entries = heap_resize(NULL, GK_PAGE_MAX, sizeof(*entries));
    BUFFER_AUTO struct buffer page = BUFFER_NULL;
    const char *next = NULL;

    broker_list_begin(broker, query, secrets);
    do {
        size_t count = 0;
        int error;

        buffer_clear(&page);
        error = broker_list_finish_page(broker, query, &page);
        if (error == 0 && secret_page_read(&page, entries, GK_PAGE_MAX, &count, &next) < 0) {
            error = broker_answer_misunderstood("not a page of secrets with their values");
        }
        if (error == 0) {
            env_set_add(set, entries, count);
            error = broker_list_go_on(broker, query, next, count);
        }
        if (error != 0) {
            progress_clear();
            return error;
        }
        *pages += 1;
        progress_show("reading", set->count, 0);
    } while (next != NULL);
    progress_clear();
    return GK_EXIT_DONE;
}

/* One reading of all of them; whether it is of one moment. */
static int fetch_once(struct broker_client *broker, const struct broker_list_query *query,
        struct env_set *set, bool *ret_changed) {
    json_int_t before = 0;
    size_t secrets = 0;
    size_t pages = 0;
    int error = broker_count(broker, &before, &secrets);

    if (error != 0) {
        return error;
    }
    error = fetch_pages(broker, query, secrets, set, &pages);
    if (error != 0 || pages == 1) {
        return error;
    }
    return broker_has_changed(broker, before, query->prefix, ret_changed);
}

int env_set_fetch(struct broker_client *broker, const char *prefix, struct env_set *ret_set) {
    const struct broker_list_query query = {.prefix = prefix, .expired = "exclude", .values = true};
    GK_CLEANUP(env_set_deinit) struct env_set set = {0};
    bool changed = true;

    for (int attempt = 0; changed && attempt < ATTEMPTS_MAX; attempt++) {
        int error;

        env_set_deinit(&set);
        changed = false;
        error = fetch_once(broker, &query, &set, &changed);
        if (error != 0) {
            return error;
        }
    }
    if (changed) {
        broker_warn_changed();
    }
    if (env_set_say_pairs(&set) > 0) {
        return GK_EXIT_FAILED;
    }
    *ret_set = set;
    set = (struct env_set){0};
    return GK_EXIT_DONE;
}
