/* ghostctl list: a table of the secrets. */
#include <string.h>

#include <ghostkey/error.h>
#include <ghostkey/protocol.h>

#include "command.h"
#include "commands/clock_view.h"
#include "commands/members.h"
#include "commands/name_choice.h"
#include "common/instant.h"
#include "common/utf8.h"
#include "heap.h"
#include "terminal/escape.h"
#include "terminal/output.h"
#include "terminal/table.h"
#include "wire/secret_list.h"

#define MS_PER_S 1000
#define HELD_MAX_BYTES ((size_t)8 * 1024 * 1024)

static const struct option_spec options[] = {
        {"prefix", '\0', OPTION_TAKES_VALUE, "P", "only names that begin with P"},
        {"label", '\0', OPTION_TAKES_VALUE, "K[=V]", "only secrets with this label"},
        {"expired", '\0', OPTION_TAKES_NOTHING, NULL, "only secrets that are expired"},
        {"deleted", '\0', OPTION_TAKES_NOTHING, NULL,
                "only those without a value, such as deleted ones"},
        {"names", '\0', OPTION_TAKES_NOTHING, NULL, "names alone"},
        {"wide", '\0', OPTION_TAKES_NOTHING, NULL, "also variable, time of change, labels"},
        {NULL},
};

/* `--names` prints the first, `--wide` all of them. */
static const char *const headings[] = {
        "NAME", "VERSION", "MODE", "EXPIRES IN", "STRATEGY", "ENV", "UPDATED", "LABELS"};
static const char *const deleted_headings[] = {
        "NAME", "VERSION", "MODE", "GONE IN", "STRATEGY", "ENV", "UPDATED", "LABELS"};
#define COLUMNS_OF_NAMES 1
#define COLUMNS_BY_DEFAULT 5
#define COLUMNS_WIDE (sizeof(headings) / sizeof(headings[0]))

/* How long until that time; NULL: never. */
static int append_left(const char *at, const char *member, int64_t now_ms, struct buffer *cell) {
    int64_t at_ms;

    if (at == NULL) {
        buffer_append_byte(cell, '-');
    } else if (instant_parse(span_of(at), &at_ms) == 0) {
        duration_append(cell, at_ms - now_ms);
    } else {
        return broker_answer_misunderstood(member);
    }
    return GK_EXIT_DONE;
}

/* Without a terminal the text is held back, up to HELD_MAX_BYTES, so that it can be made anew. */
struct listing {
    const struct name_choice *choice;
    bool json;
    bool is_of_deleted;
    size_t columns;
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
    table_init(&listing->table, listing->is_of_deleted ? deleted_headings : headings,
            listing->columns);
    buffer_clear(&listing->held);
    listing->count = 0;
    return true;
}

static bool is_chosen(const struct listing *listing, const struct secret_view *view) {
    return name_choice_has(listing->choice, view->name);
}

/* Prints all pages as if they were one. */
static void take_json(struct listing *listing, const struct secret_list_page *page) {
    const json_t *secrets = json_object_get(page->answer->document, "secrets");

    if (page->is_first && page->is_last && listing->choice->pattern_count == 0) {
        buffer_append(&listing->held, page->answer->body.data, page->answer->body.len);
        buffer_append_byte(&listing->held, '\n');
        return;
    }
    buffer_append_text(&listing->held, page->is_first ? "{\"secrets\":[" : "");
    for (size_t i = 0; i < page->count; i++) {
        GK_AUTO_WIPE char *text = NULL;

        if (is_chosen(listing, &page->views[i])) {
            text = json_dumps(json_array_get(secrets, i), JSON_COMPACT);
            buffer_append_text(&listing->held, listing->count++ > 0 ? "," : "");
            buffer_append_text(&listing->held, text != NULL ? text : "");
        }
    }
    buffer_append_text(&listing->held, page->is_last ? "],\"next\":null}\n" : "");
}

/* The next cell of a row. */
static void add_cell(struct listing *listing, size_t column, const char *text) {
    if (output_is_terminal()) {
        table_add(&listing->table, text);
        return;
    }
    escape_append_text(&listing->held, text);
    buffer_append_byte(&listing->held, column + 1 == listing->columns ? '\n' : ' ');
}

/* Text, a word of JSON or the members of an object; '-' for nothing. */
static void append_member(struct buffer *cell, const json_t *value) {
    if (json_is_object(value)) {
        members_append(cell, value);
    } else if (json_is_string(value)) {
        buffer_append_text(cell, json_string_value(value));
    }
    buffer_append_text(cell, cell->len == 0 ? "-" : "");
}

static int append_due(
        const struct listing *listing, const struct secret_view *view, struct buffer *cell) {
    const json_t *gone_at = json_object_get(view->metadata, "gone_at");

    if (listing->is_of_deleted) {
        return append_left(json_string_value(gone_at), "no time 'gone_at'", listing->now_ms, cell);
    }
    if (view->expires_at != NULL && view->is_expired) {
        buffer_append_text(cell, "expired");
        return GK_EXIT_DONE;
    }
    return append_left(view->expires_at, "no time 'expires_at'", listing->now_ms, cell);
}

/* On a terminal how long ago, for which there is room; else the time. */
static int append_updated(
        const struct listing *listing, const json_t *updated_at, struct buffer *cell) {
    const char *text = json_string_value(updated_at);
    int64_t at_ms;

    if (!output_is_terminal() || text == NULL) {
        append_member(cell, updated_at);
        return GK_EXIT_DONE;
    }
    if (instant_parse(span_of(text), &at_ms) != 0) {
        return broker_answer_misunderstood("no time 'updated_at'");
    }
    if (listing->now_ms - at_ms < MS_PER_S) {
        buffer_append_text(cell, "now");
        return GK_EXIT_DONE;
    }
    duration_append(cell, listing->now_ms - at_ms);
    buffer_append_text(cell, " ago");
    return GK_EXIT_DONE;
}

static int take_row(struct listing *listing, const struct secret_view *view) {
    BUFFER_AUTO struct buffer version = BUFFER_NULL;
    BUFFER_AUTO struct buffer due = BUFFER_NULL;
    BUFFER_AUTO struct buffer labels = BUFFER_NULL;
    BUFFER_AUTO struct buffer updated = BUFFER_NULL;
    const char *cells[COLUMNS_WIDE];
    int error = append_due(listing, view, &due);

    if (error != 0) {
        return error;
    }
    buffer_printf(&version, "%lld", (long long)view->version);
    error = append_updated(listing, json_object_get(view->metadata, "updated_at"), &updated);
    if (error != 0) {
        return error;
    }
    append_member(&labels, json_object_get(view->metadata, "labels"));
    cells[0] = view->name;
    cells[1] = buffer_string(&version);
    cells[2] = view->mode;
    cells[3] = buffer_string(&due);
    cells[4] = view->strategy;
    cells[5] = view->env != NULL ? view->env : "-";
    cells[6] = buffer_string(&updated);
    cells[7] = buffer_string(&labels);
    for (size_t i = 0; i < listing->columns; i++) {
        add_cell(listing, i, cells[i]);
    }
    listing->count++;
    return GK_EXIT_DONE;
}

static int take_page(void *userdata, const struct secret_list_page *page) {
    struct listing *listing = userdata;

    if (listing->json) {
        take_json(listing, page);
    }
    for (size_t i = 0; i < page->count && !listing->json; i++) {
        int error = is_chosen(listing, &page->views[i]) ? take_row(listing, &page->views[i]) : 0;

        if (error != 0) {
            return error;
        }
    }
    if (listing->held.len > HELD_MAX_BYTES) {
        output_json(listing->held.data, listing->held.len);
        buffer_clear(&listing->held);
        listing->is_printed = true;
    }
    return 0;
}

static bool is_label(const char *text) {
    size_t len = strcspn(text, "=");

    return len > 0 && len <= GK_LABEL_NAME_MAX_BYTES &&
           strlen(text) <= len + 1 + GK_LABEL_VALUE_MAX_BYTES;
}

static int check_options(const struct invocation *invocation) {
    const char *label = option_value(invocation->options, "label");
    size_t place = 0;
    bool names = option_is_given(invocation->options, "names");

    if (names && (option_is_given(invocation->options, "wide") || invocation->json)) {
        return command_usage(invocation->command, "--names contradicts --wide and --json");
    }
    if (option_next_value(invocation->options, "label", &place) != NULL &&
            option_next_value(invocation->options, "label", &place) != NULL) {
        return command_usage(invocation->command, "--label can be given once");
    }
    if (label != NULL && !utf8_is_valid(span_of(label))) {
        return command_usage(invocation->command, "'--label' is not UTF-8");
    }
    if (label != NULL && !is_label(label)) {
        return command_usage(invocation->command,
                "'--label %s' is neither K nor K=V, where K has 1 to %d bytes and V at most %d",
                label, GK_LABEL_NAME_MAX_BYTES, GK_LABEL_VALUE_MAX_BYTES);
    }
    return name_choice_check(invocation);
}

static int print_list(
        struct listing *listing, struct broker_client *broker, const struct secret_query *query) {
    const struct secret_list_reader reader = {
            .begin = begin_list, .take = take_page, .userdata = listing};
    int error = listing->json ? 0 : clock_view_now(broker, &listing->now_ms);

    if (error != 0) {
        return error;
    }
    error = secret_list_read(broker, query, &reader);
    if (error != 0) {
        return error;
    }
    output_json(listing->held.data, listing->held.len);
    if (listing->count == 0 && !listing->json) {
        output_note("no secrets");
    } else if (listing->table.cell_count > 0) {
        table_print(&listing->table, listing->columns != COLUMNS_OF_NAMES, output_is_coloured(),
                output_columns());
    }
    return GK_EXIT_DONE;
}

static int run(const struct invocation *invocation) {
    const struct option_list *given = invocation->options;
    const struct name_choice choice = {
            .prefix = option_value(given, "prefix"),
            .patterns = invocation->arguments,
            .pattern_count = invocation->argument_count,
    };
    GK_AUTO_FREE char *prefix = name_choice_prefix(&choice);
    const struct secret_query query = {
            .prefix = prefix,
            .expired = option_is_given(given, "expired") ? "only" : "include",
            .deleted = option_is_given(given, "deleted") ? "only" : NULL,
            .label = option_value(given, "label"),
    };
    GK_CLEANUP(listing_deinit)
    struct listing listing = {
            .choice = &choice,
            .json = invocation->json,
            .is_of_deleted = query.deleted != NULL,
            .columns = option_is_given(given, "names")  ? COLUMNS_OF_NAMES
                       : option_is_given(given, "wide") ? COLUMNS_WIDE
                                                        : COLUMNS_BY_DEFAULT,
    };
    BROKER_CLIENT_AUTO struct broker_client *broker = NULL;
    int error = check_options(invocation);

    if (error != 0) {
        return error;
    }
    error = command_connect(invocation, &broker);
    return error != 0 ? error : print_list(&listing, broker, &query);
}

const struct command cmd_list = {
        .name = "list",
        .args = "[PATTERN...]",
        .summary = "List the secrets, without their values.",
        .help = "Columns: name, version, mode, expires in, strategy; without a terminal they are\n"
                "joined by one space and have no heading. In a PATTERN '?' is one byte and '*'\n"
                "any number, without '/'; '**' is any number of any. With --deleted the fourth\n"
                "column is the time until a deleted secret is gone for good.",
        .example = "ghostctl list 'app/*' --label team=core",
        .options = options,
        .arguments_min = 0,
        .arguments_max = COMMAND_ARGUMENTS_ANY,
        .completes = COMMAND_COMPLETES_SECRETS,
        .run = run,
};
