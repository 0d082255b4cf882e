/* env_set_fetch(): the entries of an environment, page by page, as they were at one moment. */
#include <ghostkey/error.h>
#include <ghostkey/protocol.h>

#include "env_set.h"
#include "output.h"
#include "progress.h"

/* Reading a page takes milliseconds: who changes secrets all that time will go on doing it. */
#define ATTEMPTS_MAX 20

static int fetch_pages(struct broker_client *broker, const struct broker_list_query *query,
        struct env_set *set, size_t *pages) {
    GK_AUTO_FREE struct env_entry *entries = memory_resize(NULL, GK_PAGE_MAX, sizeof(*entries));
    AUTO_BUFFER page = {0};
    const char *next = NULL;

    broker_list_begin(broker, query);
    do {
        size_t count = 0;
        int rc;

        buffer_clear(&page);
        rc = broker_list_finish_page(broker, query, &page);
        if (rc == GK_EXIT_DONE &&
                secret_page_read(&page, entries, GK_PAGE_MAX, &count, &next) < 0) {
            rc = broker_answer_misunderstood("not a page of secrets with their values");
        }
        if (rc != GK_EXIT_DONE) {
            progress_clear();
            return rc;
        }
        env_set_add(set, entries, count);
        *pages += 1;
        progress_show("reading", set->count, 0);
    } while (next != NULL);
    progress_clear();
    return GK_EXIT_DONE;
}

int env_set_fetch(struct broker_client *broker, const char *prefix, struct env_set *ret_set) {
    const struct broker_list_query query = {.prefix = prefix, .expired = "exclude", .values = true};

    for (int attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
        GK_CLEANUP(env_set_deinit) struct env_set set = {0};
        json_int_t before = 0;
        json_int_t after = 0;
        size_t pages = 0;
        int rc = broker_last_event(broker, &before);

        rc = rc != GK_EXIT_DONE ? rc : fetch_pages(broker, &query, &set, &pages);
        if (rc == GK_EXIT_DONE && pages > 1) {
            rc = broker_last_event(broker, &after);
        }
        if (rc != GK_EXIT_DONE) {
            return rc;
        }
        if (pages > 1 && before != after) {
            continue;
        }
        if (env_set_say_pairs(&set) > 0) {
            return GK_EXIT_FAILED;
        }
        *ret_set = set;
        set = (struct env_set){0};
        return GK_EXIT_DONE;
    }
    output_error("the secrets changed %d times while they were read; try again when it is quieter",
            ATTEMPTS_MAX);
    return GK_EXIT_FAILED;
}
