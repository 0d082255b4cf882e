#include "commands/event_view.h"

#include <stdint.h>
#include <string.h>

#include <ghostkey/error.h>

#include "heap.h"
#include "terminal/escape.h"
#include "terminal/fold.h"
#include "terminal/output.h"
#include "terminal/table.h"

#define EVENT_WIDTH 9 /* of the longest word for an event */
#define NAME_WIDTH 24
#define HELD_SPARE 1000 /* old events go when this many more than twice newest_count are held */
#define REST_WIDTH 50   /* of the line without the name, for a version of 6 digits */

/* Prints "2000-01-01T00:00:00.000Z rotated db_pass 3 expiry"; on a terminal, in columns. */
static int print_line(const json_t *event) {
    const char *at = json_string_value(json_object_get(event, "at"));
    const char *what = json_string_value(json_object_get(event, "event"));
    const char *name = json_string_value(json_object_get(event, "name"));
    const char *cause = json_string_value(json_object_get(event, "cause"));
    const char *reason = json_string_value(json_object_get(event, "reason"));
    long long version = json_integer_value(json_object_get(event, "version"));
    BUFFER_AUTO struct buffer shown = BUFFER_NULL;
    BUFFER_AUTO struct buffer line = BUFFER_NULL;
    BUFFER_AUTO struct buffer safe = BUFFER_NULL;
    BUFFER_AUTO struct buffer folded = BUFFER_NULL;
    size_t columns = SIZE_MAX; /* no line is folded */

    if (at == NULL || what == NULL || name == NULL || cause == NULL) {
        return broker_answer_misunderstood("an event without 'at', 'event', 'name' or 'cause'");
    }
    if (output_is_terminal()) {
        size_t width;

        columns = output_columns();
        width = columns > REST_WIDTH + NAME_WIDTH ? columns - REST_WIDTH : NAME_WIDTH;
        columns = columns > 0 ? columns : SIZE_MAX;
        table_append_cut(&shown, name, width);
        buffer_printf(&line, "%s %-*s %s%*s %lld %s", at, EVENT_WIDTH, what, buffer_string(&shown),
                strlen(name) < NAME_WIDTH ? (int)(NAME_WIDTH - strlen(name)) : 0, "", version,
                cause);
    } else {
        buffer_printf(&line, "%s %s %s %lld %s", at, what, name, version, cause);
    }
    if (reason != NULL) {
        buffer_printf(&line, " %s", reason);
    }
    escape_append_text(&safe, buffer_string(&line));
    fold_append(&folded, buffer_string(&safe), columns);
    output_text("%s\n", buffer_string(&folded));
    return GK_EXIT_DONE;
}

/* Prints an event as a line, or with --json as the daemon sent it. */
static int print_event(const struct event_view *view, const json_t *event) {
    GK_AUTO_FREE char *text = NULL;

    if (!view->invocation->json) {
        return print_line(event);
    }
    text = json_dumps(event, JSON_COMPACT);
    if (text == NULL) {
        heap_exhausted();
    }
    output_json_line(text, strlen(text));
    return GK_EXIT_DONE;
}

void event_view_deinit(struct event_view *view) {
    json_decref(view->held);
    view->held = NULL;
}

/* Drops all held events but the newest. */
static void drop_old(struct event_view *view) {
    json_t *newest = json_array();
    size_t count = json_array_size(view->held);
    size_t first = count > view->newest_count ? count - view->newest_count : 0;

    if (newest == NULL) {
        heap_exhausted();
    }
    for (size_t i = first; i < count; i++) {
        json_array_append(newest, json_array_get(view->held, i));
    }
    json_decref(view->held);
    view->held = newest;
    view->dropped += first;
}

static void hold(struct event_view *view, json_t *event) {
    if (view->held == NULL) {
        view->held = json_array();
    }
    if (json_array_append(view->held, event) != 0) {
        heap_exhausted();
    }
    if (json_array_size(view->held) >= 2 * view->newest_count + HELD_SPARE) {
        drop_old(view);
    }
}

int event_view_take(struct event_view *view, json_t *event) {
    const char *name = json_string_value(json_object_get(event, "name"));

    if (name != NULL && !name_choice_has(&view->choice, name)) {
        return GK_EXIT_DONE;
    }
    if (view->newest_count > 0) {
        hold(view, event);
        return GK_EXIT_DONE;
    }
    if (event_view_is_full(view)) {
        return GK_EXIT_DONE;
    }
    view->left_count -= view->is_limited;
    return print_event(view, event);
}

int event_view_end(struct event_view *view) {
    json_t *event;
    size_t index;

    if (view->held == NULL) {
        return GK_EXIT_DONE;
    }
    drop_old(view);
    json_array_foreach(view->held, index, event) {
        int error = print_event(view, event);

        if (error != 0) {
            return error;
        }
    }
    return GK_EXIT_DONE;
}

bool event_view_is_full(const struct event_view *view) {
    return view->is_limited && view->left_count == 0;
}
