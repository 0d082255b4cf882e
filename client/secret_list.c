#include "secret_list.h"

#include <ghostkey/error.h>
#include <ghostkey/protocol.h>

#include "output.h"
#include "progress.h"

/* Reading a page takes milliseconds: who changes secrets all that time will go on doing it. */
#define ATTEMPTS_MAX 20

/* A page on its way to the taker. */
static int take_page(const struct secret_list_taker *taker, const struct broker_answer *answer,
        bool is_first, size_t *count, const char **ret_next) {
    GK_AUTO_FREE struct secret_view *views = NULL;
    struct secret_list_page page = {.answer = answer, .is_first = is_first};
    json_t *secrets = NULL;
    json_t *secret;
    size_t index;
    int rc = broker_page_read(answer, &secrets, ret_next);

    if (rc != GK_EXIT_DONE) {
        return rc;
    }
    views = memory_resize(NULL, json_array_size(secrets) + 1, sizeof(*views));
    json_array_foreach(secrets, index, secret) {
        rc = secret_view_read(secret, &views[index]);
        if (rc != GK_EXIT_DONE) {
            return rc;
        }
    }
    page.views = views;
    page.count = json_array_size(secrets);
    page.is_last = *ret_next == NULL;
    *count += page.count;
    return taker->take(taker->userdata, &page);
}

static int read_pages(struct broker_client *broker, const struct broker_list_query *query,
        const struct secret_list_taker *taker, size_t *pages) {
    struct broker_list_query first = *query;
    const char *next = NULL;
    size_t count = 0;

    first.after = NULL;
    broker_list_begin(broker, &first);
    do {
        AUTO_ANSWER page = {0};
        int rc = broker_list_finish(broker, &first, &page);

        rc = rc != GK_EXIT_DONE ? rc : take_page(taker, &page, *pages == 0, &count, &next);
        if (rc != GK_EXIT_DONE) {
            progress_clear();
            return rc;
        }
        *pages += 1;
        progress_show("reading", count, 0);
    } while (next != NULL);
    progress_clear();
    return GK_EXIT_DONE;
}

int secret_list_read(struct broker_client *broker, const struct broker_list_query *query,
        const struct secret_list_taker *taker) {
    for (int attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
        json_int_t before = 0;
        json_int_t after = 0;
        size_t pages = 0;
        int rc;

        if (!taker->begin(taker->userdata)) {
            output_warning("the secrets changed while they were read; each page is as it was when "
                           "it was read");
            return GK_EXIT_DONE;
        }
        rc = broker_last_event(broker, &before);
        rc = rc != GK_EXIT_DONE ? rc : read_pages(broker, query, taker, &pages);
        if (rc == GK_EXIT_DONE && pages > 1) {
            rc = broker_last_event(broker, &after);
        }
        if (rc != GK_EXIT_DONE) {
            return rc;
        }
        if (pages == 1 || before == after) {
            return GK_EXIT_DONE;
        }
    }
    output_error("the secrets changed %d times while they were read; try again when it is quieter",
            ATTEMPTS_MAX);
    return GK_EXIT_FAILED;
}
