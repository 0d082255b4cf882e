#include "commands/secret_suggest.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <ghostkey/error.h>
#include <ghostkey/protocol.h>

#include "common/suggest.h"
#include "terminal/output.h"
#include "wire/secret_list.h"

#define NEAR_COUNT 100 /* secrets in a page of names that begin alike */

struct search {
    struct broker_client *broker;
    const char *typed;
    bool is_there;                       /* a secret of that very name */
    char same[GK_NAME_MAX_BYTES + 1];    /* in another case, or as an environment name; "": none */
    char nearest[GK_NAME_MAX_BYTES + 1]; /* "": none */
};

static void keep(char *place, const char *name) {
    (void)snprintf(place, GK_NAME_MAX_BYTES + 1, "%s", name); /* no name is longer */
}

static void look_at(struct search *search, const char *name, const char *env) {
    bool is_same = strcasecmp(name, search->typed) == 0 ||
                   (env != NULL && strcasecmp(env, search->typed) == 0);
    const char *nearest = search->nearest[0] != '\0' ? search->nearest : NULL;

    search->is_there = search->is_there || strcmp(name, search->typed) == 0;
    if (search->same[0] == '\0' && is_same) {
        keep(search->same, name);
    }
    if (suggest_better(search->typed, nearest, name) == name) {
        keep(search->nearest, name);
    }
}

static int look_at_page(void *userdata, const struct secret_list_page *page) {
    for (size_t i = 0; i < page->count; i++) {
        look_at(userdata, page->views[i].name, page->views[i].env);
    }
    return 0;
}

/* Looks at the first `limit` secrets whose names begin with `prefix`. *ret_is_all: at all of them.
 */
static int look_at_prefix(struct search *search, const char *prefix, int limit, bool *ret_is_all) {
    const struct secret_query query = {
            .prefix = prefix, .expired = "include", .deleted = "include", .limit = limit};
    const struct secret_list_reader reader = {.take = look_at_page, .userdata = search};

    return secret_list_read_first(search->broker, &query, &reader, ret_is_all);
}

/*
 * Looks at all names that share the first N bytes of `text`, for the smallest N whose names fit
 * into a page, and at some names that share fewer. N is found by bisection, in at most 9 pages for
 * a name of 255 bytes.
 */
static int look_around(struct search *search, const char *text) {
    size_t too_short = 0; /* more than a page of names begin with that many bytes of the text */
    size_t long_enough = strlen(text) + 1;

    for (size_t len = strlen(text); too_short + 1 < long_enough;
            len = too_short + (long_enough - too_short) / 2) {
        char prefix[GK_NAME_MAX_BYTES + 1];
        bool is_all = false;
        int error;

        (void)snprintf(prefix, sizeof(prefix), "%.*s", (int)len, text);
        error = look_at_prefix(search, prefix, NEAR_COUNT, &is_all);
        if (error != 0) {
            return error;
        }
        *(is_all ? &long_enough : &too_short) = len;
    }
    return 0;
}

static int look_everywhere(struct search *search) {
    char lower[GK_NAME_MAX_BYTES + 1];
    bool is_all = false;
    int error = look_at_prefix(search, "", GK_PAGE_MAX, &is_all);

    if (error != 0 || is_all) {
        return error;
    }
    error = look_around(search, search->typed);
    if (error != 0) {
        return error;
    }
    keep(lower, search->typed);
    for (char *byte = lower; *byte != '\0'; byte++) {
        *byte = *byte >= 'A' && *byte <= 'Z' ? (char)(*byte - 'A' + 'a') : *byte;
    }
    return strcmp(lower, search->typed) != 0 ? look_around(search, lower) : 0;
}

int secret_suggest_after(int error, struct broker_client *broker, const char *name) {
    struct search search = {.broker = broker, .typed = name};
    const char *meant;

    if (error != GK_EXIT_NOT_FOUND || look_everywhere(&search) != 0) {
        return error;
    }
    meant = search.same[0] != '\0' ? search.same : search.nearest;
    if (meant[0] != '\0' && !search.is_there) { /* if it is there, only the version is missing */
        output_error("did you mean '%s'?", meant);
    }
    return error;
}
