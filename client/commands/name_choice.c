#include "commands/name_choice.h"

#include <string.h>

#include <ghostkey/error.h>

#include "common/pattern.h"
#include "heap.h"
#include "terminal/output.h"
#include "wire/secret_list.h"

int name_choice_check(const struct invocation *invocation) {
    for (size_t i = 0; i < invocation->argument_count; i++) {
        if (!pattern_is_valid(invocation->arguments[i])) {
            return command_usage(invocation->command,
                    "'%s' has a byte that no name has; a pattern is a name with '?', '*' or '**' "
                    "in it",
                    invocation->arguments[i]);
        }
    }
    return GK_EXIT_DONE;
}

bool name_choice_has(const struct name_choice *choice, const char *name) {
    if (choice->prefix != NULL && strncmp(name, choice->prefix, strlen(choice->prefix)) != 0) {
        return false;
    }
    for (size_t i = 0; i < choice->pattern_count; i++) {
        if (pattern_matches(choice->patterns[i], span_of(name))) {
            return true;
        }
    }
    return choice->pattern_count == 0;
}

char *name_choice_prefix(const struct name_choice *choice) {
    if (choice->prefix != NULL) {
        return heap_duplicate(choice->prefix, strlen(choice->prefix));
    }
    if (choice->pattern_count != 1) {
        return heap_duplicate("", 0);
    }
    return heap_duplicate(choice->patterns[0], pattern_prefix_len(choice->patterns[0]));
}

struct found {
    const struct name_choice *choice;
    const char *skipped_strategy;
    struct buffer names;
    struct buffer skipped; /* a NUL follows each name */
};

static void found_deinit(struct found *found) {
    buffer_deinit(&found->names);
    buffer_deinit(&found->skipped);
}

static bool begin_names(void *userdata) {
    struct found *found = userdata;

    buffer_clear(&found->names);
    buffer_clear(&found->skipped);
    return true;
}

static int take_names(void *userdata, const struct secret_list_page *page) {
    struct found *found = userdata;

    for (size_t i = 0; i < page->count; i++) {
        const struct secret_view *view = &page->views[i];
        bool is_skipped = found->skipped_strategy != NULL &&
                          strcmp(view->strategy, found->skipped_strategy) == 0;

        if (name_choice_has(found->choice, view->name)) {
            buffer_append(is_skipped ? &found->skipped : &found->names, view->name,
                    strlen(view->name) + 1);
        }
    }
    return GK_EXIT_DONE;
}

int name_choice_find(const struct name_choice *choice, struct broker_client *broker,
        const char *skipped_strategy, struct buffer *ret_names) {
    GK_CLEANUP(found_deinit)
    struct found found = {.choice = choice, .skipped_strategy = skipped_strategy};
    GK_AUTO_FREE char *prefix = name_choice_prefix(choice);
    const struct secret_query query = {.prefix = prefix, .expired = "include"};
    const struct secret_list_reader reader = {
            .begin = begin_names, .take = take_names, .userdata = &found};
    int error = secret_list_read(broker, &query, &reader);

    if (error != 0) {
        return error;
    }
    for (size_t at = 0; at < found.skipped.len; at += strlen(found.skipped.data + at) + 1) {
        output_line("'%s' is left out: its strategy is '%s'", found.skipped.data + at,
                skipped_strategy);
    }
    if (found.names.len + found.skipped.len == 0) {
        if (choice->prefix != NULL) {
            output_error("no secret's name begins with '%s'", choice->prefix);
        } else {
            output_error("no secret's name matches");
        }
        return GK_EXIT_NOT_FOUND;
    }
    buffer_append(ret_names, buffer_string(&found.names), found.names.len);
    return GK_EXIT_DONE;
}
