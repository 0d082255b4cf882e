#include "secret_suggest.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <ghostkey/error.h>
#include <ghostkey/protocol.h>

#include "output.h"
#include "secret_list.h"
#include "suggest.h"

static bool is_other_case(const struct secret_view *view, const char *name) {
    return strcasecmp(view->name, name) == 0 ||
           (view->env != NULL && strcasecmp(view->env, name) == 0);
}

/* The best so far; "" is none. */
struct search {
    const char *name;
    bool is_there;
    char same[GK_NAME_MAX_BYTES + 1];
    char best[GK_NAME_MAX_BYTES + 1];
};

static bool begin_search(void *userdata) {
    struct search *search = userdata;

    search->is_there = false;
    search->same[0] = search->best[0] = '\0';
    return true;
}

static void keep(char *place, const char *name) {
    (void)snprintf(place, GK_NAME_MAX_BYTES + 1, "%s", name); /* no name is longer */
}

static int search_page(void *userdata, const struct secret_list_page *page) {
    struct search *search = userdata;

    for (size_t i = 0; i < page->count; i++) {
        const struct secret_view *view = &page->views[i];
        const char *best = search->best[0] != '\0' ? search->best : NULL;

        search->is_there = search->is_there || strcmp(view->name, search->name) == 0;
        if (search->same[0] == '\0' && is_other_case(view, search->name)) {
            keep(search->same, view->name);
        }
        if (suggest_better(search->name, best, view->name) == view->name) {
            keep(search->best, view->name);
        }
    }
    return GK_EXIT_DONE;
}

void secret_suggest(struct broker_client *broker, const char *name) {
    static const struct broker_list_query all = {.expired = "include"};
    struct search search = {.name = name};
    const struct secret_list_taker taker = {
            .begin = begin_search, .take = search_page, .userdata = &search};
    const char *meant;

    if (secret_list_read(broker, &all, &taker) != GK_EXIT_DONE) {
        return;
    }
    meant = search.same[0] != '\0' ? search.same : search.best;
    if (meant[0] != '\0' && !search.is_there) { /* else one of its versions is not there */
        output_error("did you mean '%s'?", meant);
    }
}
