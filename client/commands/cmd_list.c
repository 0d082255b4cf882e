/* ghostctl list: a table of the secrets. */
#include "command.h"

#include <stdio.h>
#include <string.h>

#include <ghostkey/error.h>

#include "common/instant.h"
#include "heap.h"
#include "terminal/escape.h"
#include "terminal/output.h"
#include "terminal/table.h"
#include "wire/secret_list.h"

#define HELD_MAX_BYTES ((size_t)8 * 1024 * 1024)

static const struct option_spec options[] = {
        {"prefix", '\0', OPTION_TAKES_VALUE, "P", "only names that begin with P"},
        {"expired", '\0', OPTION_TAKES_NOTHING, NULL, "only secrets that are expired"},
        {NULL},
};

static const char *const headings[] = {"NAME", "VERSION", "MODE", "EXPIRES IN", "STRATEGY"};

/* The broker's clock, which may differ from the machine's. */
static int read_now(struct broker_client *broker, int64_t *ret_now_ms) {
    BROKER_ANSWER_AUTO struct broker_answer answer = {0};
    const char *now;
    int error = broker_clock(broker, &answer);

    if (error != 0) {
        return error;
    }
    now = json_string_value(json_object_get(answer.document, "now"));
    if (now == NULL || instant_parse(span_of(now), ret_now_ms) != 0) {
        return broker_answer_misunderstood("no time 'now'");
    }
    return GK_EXIT_DONE;
}

static int append_expiry(const struct secret_view *view, int64_t now_ms, struct buffer *cell) {
    int64_t expires_ms;

    if (view->expires_at == NULL) {
        buffer_append_byte(cell, '-');
    } else if (view->is_expired) {
        buffer_append_text(cell, "expired");
    } else if (instant_parse(span_of(view->expires_at), &expires_ms) == 0) {
        duration_append(cell, expires_ms - now_ms);
    } else {
        return broker_answer_misunderstood("no time 'expires_at'");
    }
    return GK_EXIT_DONE;
}

/* Without a terminal the text is held back, up to HELD_MAX_BYTES, so that it can be made anew. */
struct listing {
    bool json;
    int64_t now_ms;
    size_t count;
    struct table table; /* for a terminal */
    struct buffer held;
    bool is_printed; /* at least in part */
};

static void listing_deinit(struct listing *listing) {
    table_deinit(&listing->table);
    buffer_deinit(&listing->held);
}

static bool begin_list(void *userdata) {
    struct listing *listing = userdata;

    if (listing->is_printed) {
        return false;
    }
    table_deinit(&listing->table);
    table_init(&listing->table, headings, sizeof(headings) / sizeof(headings[0]));
    buffer_clear(&listing->held);
    listing->count = 0;
    return true;
}

/* Prints all pages as if they were one. */
static void take_json(struct listing *listing, const struct secret_list_page *page) {
    const json_t *secret;
    size_t index;

    if (page->is_first && page->is_last) {
        buffer_append(&listing->held, page->answer->body.data, page->answer->body.len);
        buffer_append_byte(&listing->held, '\n');
        return;
    }
    json_array_foreach(json_object_get(page->answer->document, "secrets"), index, secret) {
        GK_AUTO_WIPE char *text = json_dumps(secret, JSON_COMPACT);

        buffer_append_text(&listing->held, page->is_first && index == 0 ? "{\"secrets\":[" : ",");
        buffer_append_text(&listing->held, text != NULL ? text : "");
    }
    if (page->is_last) {
        buffer_append_text(&listing->held, "],\"next\":null}\n");
    }
}

static int take_row(struct listing *listing, const struct secret_view *view) {
    BUFFER_AUTO struct buffer version = BUFFER_NULL;
    BUFFER_AUTO struct buffer expiry = BUFFER_NULL;
    int error = append_expiry(view, listing->now_ms, &expiry);

    if (error != 0) {
        return error;
    }
    if (!output_is_terminal()) {
        escape_append_text(&listing->held, view->name);
        buffer_printf(&listing->held, " %lld ", (long long)view->version);
        escape_append_text(&listing->held, view->mode);
        buffer_printf(&listing->held, " %s ", buffer_string(&expiry));
        escape_append_text(&listing->held, view->strategy);
        buffer_append_byte(&listing->held, '\n');
        return GK_EXIT_DONE;
    }
    buffer_printf(&version, "%lld", (long long)view->version);
    table_add(&listing->table, view->name);
    table_add(&listing->table, buffer_string(&version));
    table_add(&listing->table, view->mode);
    table_add(&listing->table, buffer_string(&expiry));
    table_add(&listing->table, view->strategy);
    return GK_EXIT_DONE;
}

static int take_page(void *userdata, const struct secret_list_page *page) {
    struct listing *listing = userdata;

    if (listing->json) {
        take_json(listing, page);
    }
    for (size_t i = 0; i < page->count && !listing->json; i++) {
        int error = take_row(listing, &page->views[i]);

        if (error != 0) {
            return error;
        }
    }
    if (listing->held.len > HELD_MAX_BYTES) {
        output_json(listing->held.data, listing->held.len);
        buffer_clear(&listing->held);
        listing->is_printed = true;
    }
    listing->count += page->count;
    return 0;
}

static int run(const struct invocation *invocation) {
    const struct secret_query query = {
            .prefix = option_value(invocation->options, "prefix"),
            .expired = option_is_given(invocation->options, "expired") ? "only" : "include",
    };
    GK_CLEANUP(listing_deinit) struct listing listing = {.json = invocation->json};
    const struct secret_list_reader reader = {
            .begin = begin_list, .take = take_page, .userdata = &listing};
    BROKER_CLIENT_AUTO struct broker_client *broker = NULL;
    int error = command_connect(invocation, &broker);

    if (error != 0) {
        return error;
    }
    if (!listing.json) {
        error = read_now(broker, &listing.now_ms);
        if (error != 0) {
            return error;
        }
    }
    error = secret_list_read(broker, &query, &reader);
    if (error != 0) {
        return error;
    }
    output_json(listing.held.data, listing.held.len);
    if (listing.count == 0 && !listing.json) {
        output_note("no secrets");
    } else if (listing.table.cell_count > 0) {
        table_print(&listing.table, true, output_is_coloured(), output_columns());
    }
    return GK_EXIT_DONE;
}

const struct command cmd_list = {
        .name = "list",
        .args = "",
        .summary = "List the secrets, without their values.",
        .help = "Columns: name, version, mode, expires in, strategy; without a terminal they are\n"
                "joined by one space and have no heading.",
        .example = "ghostctl list --prefix app/",
        .options = options,
        .arguments_max = 0,
        .run = run,
};
