#include "commands/secret_suggest.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <ghostkey/error.h>
#include <ghostkey/protocol.h>

#include "terminal/output.h"
#include "terminal/suggest.h"
#include "wire/broker_pages.h"

#define LETTERS_AND_DIGITS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
#define MISTYPED_END 2 /* how many of the last characters may be wrong */

/* The best so far; "" is none. */
struct search {
    struct broker_client *broker;
    const char *name;
    bool is_there;
    bool is_whole; /* all names were looked at */
    char same[GK_NAME_MAX_BYTES + 1];
    char best[GK_NAME_MAX_BYTES + 1];
};

static void keep(char *place, const char *name) {
    (void)snprintf(place, GK_NAME_MAX_BYTES + 1, "%s", name); /* no name is longer */
}

static void look_at(struct search *search, const char *name, const char *env) {
    bool is_same = strcasecmp(name, search->name) == 0 ||
                   (env != NULL && strcasecmp(env, search->name) == 0);
    const char *best = search->best[0] != '\0' ? search->best : NULL;

    search->is_there = search->is_there || strcmp(name, search->name) == 0;
    if (search->same[0] == '\0' && is_same) {
        keep(search->same, name);
    }
    if (suggest_better(search->name, best, name) == name) {
        keep(search->best, name);
    }
}

/* Looks at one page of names that begin with the first `length` bytes of `text`. */
static int look_at_page(struct search *search, const char *text, size_t length) {
    char prefix[GK_NAME_MAX_BYTES + 1] = "";
    const struct broker_list_query query = {.prefix = prefix, .expired = "include"};
    AUTO_ANSWER page = {0};
    json_t *secrets = NULL;
    json_t *secret;
    const char *next = NULL;
    size_t index;
    int rc;

    memcpy(prefix, text, length);
    rc = broker_list(search->broker, &query, &page);
    rc = rc != GK_EXIT_DONE ? rc : broker_page_read(&page, &secrets, &next);
    if (rc != GK_EXIT_DONE) {
        return rc;
    }
    json_array_foreach(secrets, index, secret) {
        const char *name = json_string_value(json_object_get(secret, "name"));
        const json_t *metadata = json_object_get(secret, "metadata");

        if (name != NULL) {
            look_at(search, name, json_string_value(json_object_get(metadata, "env")));
        }
    }
    search->is_whole = next == NULL && length == 0;
    return GK_EXIT_DONE;
}

/*
 * Where there are more than a page of secrets, a page of each kind of names is looked at: those
 * that go on after the name, those that differ at its end, and those that begin as it does, also in
 * small letters, for it may be the name of a variable. What is further away is not found.
 */
static int look_around(struct search *search) {
    size_t length = strlen(search->name);
    size_t word = strspn(search->name, LETTERS_AND_DIGITS);
    size_t start = length / 2 < word ? length / 2 : word;
    char lower[GK_NAME_MAX_BYTES + 1] = "";
    int rc = look_at_page(search, search->name, length);

    for (size_t i = 0; i < start; i++) {
        bool is_upper = search->name[i] >= 'A' && search->name[i] <= 'Z';

        lower[i] = is_upper ? (char)(search->name[i] - 'A' + 'a') : search->name[i];
    }
    if (rc == GK_EXIT_DONE && length > MISTYPED_END) {
        rc = look_at_page(search, search->name, length - MISTYPED_END);
    }
    if (rc == GK_EXIT_DONE && start > 0) {
        rc = look_at_page(search, search->name, start);
    }
    if (rc == GK_EXIT_DONE && strncmp(lower, search->name, start) != 0) {
        rc = look_at_page(search, lower, start);
    }
    return rc;
}

void secret_suggest(struct broker_client *broker, const char *name) {
    struct search search = {.broker = broker, .name = name};
    const char *meant;
    int rc = look_at_page(&search, name, 0);

    if (rc == GK_EXIT_DONE && !search.is_whole) {
        rc = look_around(&search);
    }
    if (rc != GK_EXIT_DONE) {
        return;
    }
    meant = search.same[0] != '\0' ? search.same : search.best;
    if (meant[0] != '\0' && !search.is_there) { /* else one of its versions is not there */
        output_error("did you mean '%s'?", meant);
    }
}
