#include "secret_suggest.h"

#include <string.h>
#include <strings.h>

#include <ghostkey/error.h>

#include "output.h"
#include "secret_list.h"
#include "suggest.h"

static bool is_other_case(const struct secret_view *view, const char *name) {
    return strcasecmp(view->name, name) == 0 ||
           (view->env != NULL && strcasecmp(view->env, name) == 0);
}

void secret_suggest(struct broker_client *broker, const char *name) {
    static const struct broker_list_query all = {.expired = "include"};
    GK_CLEANUP(secret_list_deinit) struct secret_list list = {0};
    const char *same = NULL;
    const char *best = NULL;

    if (secret_list_fetch(broker, &all, &list) != GK_EXIT_DONE) {
        return;
    }
    for (size_t i = 0; i < list.count; i++) {
        const struct secret_view *view = &list.views[i];

        if (strcmp(view->name, name) == 0) {
            return; /* it is one of its versions that is not there */
        }
        same = same == NULL && is_other_case(view, name) ? view->name : same;
        best = suggest_better(name, best, view->name);
    }
    if (same != NULL || best != NULL) {
        output_error("did you mean '%s'?", same != NULL ? same : best);
    }
}
