/* ghostctl list: a table of the secrets. */
#include "command.h"

#include <stdio.h>
#include <string.h>

#include <ghostkey/error.h>

#include "instant.h"
#include "output.h"
#include "secret_list.h"
#include "table.h"

static const struct option_spec options[] = {
        {"prefix", '\0', OPTION_TAKES_VALUE, "P", "only names that begin so"},
        {"expired", '\0', OPTION_TAKES_NOTHING, NULL, "only those that are expired"},
        {NULL},
};

static const char *const headings[] = {"NAME", "VERSION", "MODE", "EXPIRES IN", "STRATEGY"};

/* Now, by the broker's clock: the machine's may be another. */
static int read_now(struct broker_client *broker, int64_t *ret_now_ms) {
    AUTO_ANSWER answer = {0};
    const char *now;
    int rc = broker_clock(broker, &answer);

    if (rc != GK_EXIT_DONE) {
        return rc;
    }
    now = json_string_value(json_object_get(answer.document, "now"));
    if (now == NULL || instant_parse(now, ret_now_ms) < 0) {
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
    } else if (instant_parse(view->expires_at, &expires_ms) == 0) {
        instant_append_duration(cell, expires_ms - now_ms);
    } else {
        return broker_answer_misunderstood("no time 'expires_at'");
    }
    return GK_EXIT_DONE;
}

static int print_list(struct broker_client *broker, const struct secret_list *list) {
    GK_CLEANUP(table_deinit) struct table table = {0};
    int64_t now_ms = 0;
    int rc = list->count > 0 ? read_now(broker, &now_ms) : GK_EXIT_DONE;

    table_init(&table, headings, sizeof(headings) / sizeof(headings[0]));
    for (size_t i = 0; i < list->count && rc == GK_EXIT_DONE; i++) {
        const struct secret_view *view = &list->views[i];
        AUTO_BUFFER version = {0};
        AUTO_BUFFER expiry = {0};

        buffer_printf(&version, "%lld", (long long)view->version);
        rc = append_expiry(view, now_ms, &expiry);
        table_add(&table, view->name);
        table_add(&table, version.data);
        table_add(&table, view->mode);
        table_add(&table, expiry.data != NULL ? expiry.data : "");
        table_add(&table, view->strategy);
    }
    if (rc == GK_EXIT_DONE && list->count > 0) {
        table_print(&table, output_is_terminal(), output_is_coloured(), output_columns());
    }
    return rc;
}

static int run(const struct invocation *invocation) {
    const struct broker_list_query query = {
            .prefix = option_value(invocation->options, "prefix"),
            .expired = option_is_given(invocation->options, "expired") ? "only" : "include",
    };
    GK_CLEANUP(secret_list_deinit) struct secret_list list = {0};
    AUTO_BROKER *broker = NULL;
    int rc = command_connect(invocation, &broker);

    rc = rc != GK_EXIT_DONE ? rc : secret_list_fetch(broker, &query, &list);
    if (rc != GK_EXIT_DONE) {
        return rc;
    }
    if (invocation->json) {
        secret_list_print_json(&list);
        return GK_EXIT_DONE;
    }
    if (list.count == 0) {
        output_note("no secrets");
    }
    return print_list(broker, &list);
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
