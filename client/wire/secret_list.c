#include "wire/secret_list.h"

#include <ghostkey/error.h>
#include <ghostkey/protocol.h>

#include "heap.h"
#include "terminal/output.h"
#include "terminal/progress.h"

/* Who changes secrets all that time will go on doing it. */
#define ATTEMPTS_MAX 3

/* A page on its way to the taker. */
static int take_page(const struct secret_list_taker *taker, const struct broker_answer *answer,
        bool is_first, size_t *ret_count, const char **ret_next) {
    GK_AUTO_FREE struct secret_view *views = NULL;
    struct secret_list_page page = {.answer = answer, .is_first = is_first};
    json_t *secrets = NULL;
    json_t *secret;
    size_t index;
    int error = broker_page_read(answer, &secrets, ret_next);

    if (error != 0) {
        return error;
    }
    views = heap_resize(NULL, json_array_size(secrets) + 1, sizeof(*views));
    json_array_foreach(secrets, index, secret) {
        error = secret_view_read(secret, &views[index]);
        if (error != 0) {
            return error;
        }
    }
    page.views = views;
    page.count = json_array_size(secrets);
    page.is_last = *ret_next == NULL;
    *ret_count = page.count;
    return taker->take(taker->userdata, &page);
}

static int read_pages(struct broker_client *broker, const struct broker_list_query *query,
        size_t secrets, const struct secret_list_taker *taker, size_t *pages) {
    struct broker_list_query first = *query;
    bool is_last = false;
    size_t total = 0;

    first.after = NULL;
    broker_list_begin(broker, &first, secrets);
    while (!is_last) {
        BROKER_ANSWER_AUTO struct broker_answer page = {0};
        const char *next = NULL;
        size_t count = 0;
        int error = broker_list_finish(broker, &first, &page);

        if (error != 0) {
            return error;
        }
        error = take_page(taker, &page, *pages == 0, &count, &next);
        if (error != 0) {
            return error;
        }
        error = broker_list_go_on(broker, &first, next, count);
        if (error != 0) {
            progress_clear();
            return error;
        }
        *pages += 1;
        total += count;
        is_last = next == NULL;
        progress_show("reading", total, 0);
    }
    progress_clear();
    return GK_EXIT_DONE;
}

int secret_list_read(struct broker_client *broker, const struct broker_list_query *query,
        const struct secret_list_taker *taker) {
    for (int attempt = 1; taker->begin(taker->userdata); attempt++) {
        json_int_t before = 0;
        size_t secrets = 0;
        size_t pages = 0;
        bool changed = false;
        int error = broker_count(broker, &before, &secrets);

        if (error != 0) {
            return error;
        }
        error = read_pages(broker, query, secrets, taker, &pages);
        if (error == 0 && pages > 1) {
            error = broker_has_changed(broker, before, query->prefix, &changed);
        }
        if (error != 0 || !changed) {
            return error;
        }
        if (attempt == ATTEMPTS_MAX) {
            break;
        }
    }
    broker_warn_changed();
    return GK_EXIT_DONE;
}
