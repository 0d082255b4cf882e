#include "secret_list.h"

#include <ghostkey/error.h>

#include "output.h"
#include "progress.h"

/* Reading a page takes milliseconds: who changes secrets all that time will go on doing it. */
#define ATTEMPTS_MAX 20

void secret_list_deinit(struct secret_list *list) {
    for (size_t i = 0; i < list->page_count; i++) {
        broker_answer_deinit(&list->pages[i]);
    }
    free(list->pages);
    free(list->views);
    *list = (struct secret_list){0};
}

static int add_page(struct secret_list *list, struct broker_answer *page, const char **ret_next) {
    json_t *secrets = NULL;
    json_t *secret;
    size_t index;
    int rc = broker_page_read(page, &secrets, ret_next);

    if (rc != GK_EXIT_DONE) {
        return rc;
    }
    list->views = memory_resize(
            list->views, list->count + json_array_size(secrets) + 1, sizeof(*list->views));
    json_array_foreach(secrets, index, secret) {
        rc = secret_view_read(secret, &list->views[list->count]);
        if (rc != GK_EXIT_DONE) {
            return rc;
        }
        list->count++;
    }
    list->pages = memory_resize(list->pages, list->page_count + 1, sizeof(*list->pages));
    list->pages[list->page_count++] = *page;
    *page = (struct broker_answer){0};
    return GK_EXIT_DONE;
}

static int fetch_pages(struct broker_client *broker, const struct broker_list_query *query,
        struct secret_list *list) {
    struct broker_list_query first = *query;
    const char *next = NULL;

    first.after = NULL;
    broker_list_begin(broker, &first);
    do {
        AUTO_ANSWER page = {0};
        int rc = broker_list_finish(broker, &first, &page);

        rc = rc != GK_EXIT_DONE ? rc : add_page(list, &page, &next);
        if (rc != GK_EXIT_DONE) {
            progress_clear();
            return rc;
        }
        progress_show("reading", list->count, 0);
    } while (next != NULL);
    progress_clear();
    return GK_EXIT_DONE;
}

int secret_list_fetch(struct broker_client *broker, const struct broker_list_query *query,
        struct secret_list *ret_list) {
    for (int attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
        GK_CLEANUP(secret_list_deinit) struct secret_list list = {0};
        json_int_t before = 0;
        json_int_t after = 0;
        int rc = broker_last_event(broker, &before);

        rc = rc != GK_EXIT_DONE ? rc : fetch_pages(broker, query, &list);
        if (rc == GK_EXIT_DONE && list.page_count > 1) {
            rc = broker_last_event(broker, &after);
        }
        if (rc != GK_EXIT_DONE) {
            return rc;
        }
        if (list.page_count == 1 || before == after) {
            *ret_list = list;
            list = (struct secret_list){0};
            return GK_EXIT_DONE;
        }
    }
    output_error("the secrets changed %d times while they were read; try again when it is quieter",
            ATTEMPTS_MAX);
    return GK_EXIT_FAILED;
}

void secret_list_print_json(struct secret_list *list) {
    json_t *first = json_object_get(list->pages[0].document, "secrets");
    AUTO_WIPE char *text = NULL;

    if (list->page_count == 1) {
        output_data(list->pages[0].body.data, list->pages[0].body.length);
        output_data("\n", 1);
        return;
    }
    for (size_t i = 1; i < list->page_count; i++) {
        json_array_extend(first, json_object_get(list->pages[i].document, "secrets"));
    }
    json_object_set_new(list->pages[0].document, "next", json_null());
    text = json_dumps(list->pages[0].document, JSON_COMPACT);
    output_text("%s\n", text != NULL ? text : "");
}
