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
        int rc;

        buffer_clear(&page);
        rc = broker_list_finish_page(broker, query, &page);
        if (rc == GK_EXIT_DONE &&
                secret_page_read(&page, entries, GK_PAGE_MAX, &count, &next) < 0) {
            rc = broker_answer_misunderstood("not a page of secrets with their values");
        }
        if (rc == GK_EXIT_DONE) {
            env_set_add(set, entries, count);
            rc = broker_list_go_on(broker, query, next, count);
        }
        if (rc != GK_EXIT_DONE) {
            progress_clear();
            return rc;
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
    int rc = broker_count(broker, &before, &secrets);

    rc = rc != GK_EXIT_DONE ? rc : fetch_pages(broker, query, secrets, set, &pages);
    if (rc != GK_EXIT_DONE || pages == 1) {
        return rc;
    }
    return broker_has_changed(broker, before, query->prefix, ret_changed);
}

int env_set_fetch(struct broker_client *broker, const char *prefix, struct env_set *ret_set) {
    const struct broker_list_query query = {.prefix = prefix, .expired = "exclude", .values = true};
    GK_CLEANUP(env_set_deinit) struct env_set set = {0};
    bool changed = true;

    for (int attempt = 0; changed && attempt < ATTEMPTS_MAX; attempt++) {
        int rc;

        env_set_deinit(&set);
        changed = false;
        rc = fetch_once(broker, &query, &set, &changed);
        if (rc != GK_EXIT_DONE) {
            return rc;
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
