#include "env/env_watch.h"

#include <jansson.h>
#include <string.h>

#include <ghostkey/error.h>

#include "monotonic.h"

#define QUIET_MS 100
#define DELAY_MAX_MS 1000

int env_watch_open(struct env_watch *watch, const struct target *target, const char *prefix) {
    *watch = (struct env_watch){.prefix = prefix};
    return event_stream_open_changes(target, &watch->stream);
}

void env_watch_deinit(struct env_watch *watch) {
    watch->stream = event_stream_close(watch->stream);
    buffer_deinit(&watch->event);
}

/* Whether the event's name, if it has one, begins with the prefix, if there is one. */
static bool concerns(const struct env_watch *watch) {
    json_auto_t *event = json_loadb(watch->event.data, watch->event.len, 0, NULL);
    const char *name = json_string_value(json_object_get(event, "name"));

    return watch->prefix == NULL || name == NULL ||
           strncmp(name, watch->prefix, strlen(watch->prefix)) == 0;
}

/* Milliseconds until a change is to be reported; -1: nothing has changed. */
static int report_in_ms(const struct env_watch *watch) {
    int64_t quiet_at = watch->last_ms + QUIET_MS;
    int64_t latest_at = watch->first_ms + DELAY_MAX_MS;
    int64_t left = (quiet_at < latest_at ? quiet_at : latest_at) - monotonic_ms();

    if (watch->first_ms == 0) {
        return -1;
    }
    return left > 0 ? (int)left : 0;
}

int env_watch_wait(struct env_watch *watch, int wake_fd, int timeout_ms, bool *ret_changed) {
    enum event_stream_news news;
    int left_ms = report_in_ms(watch);
    int wait = left_ms >= 0 && (timeout_ms < 0 || left_ms < timeout_ms) ? left_ms : timeout_ms;
    int error = event_stream_wait(watch->stream, wake_fd, wait, &news, &watch->event);

    if (error != 0) {
        return error;
    }
    if (news == EVENT_STREAM_REOPENED || (news == EVENT_STREAM_EVENT && concerns(watch))) {
        watch->last_ms = monotonic_ms();
        watch->first_ms = watch->first_ms == 0 ? watch->last_ms : watch->first_ms;
    }
    *ret_changed = report_in_ms(watch) == 0;
    if (*ret_changed) {
        watch->first_ms = 0;
    }
    return GK_EXIT_DONE;
}
