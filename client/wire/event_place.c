#include "wire/event_place.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include <ghostkey/error.h>

#include "heap.h"
#include "terminal/output.h"

void event_place_deinit(struct event_place *place) {
    buffer_deinit(&place->last);
}

int event_place_find_end(struct event_place *place, const struct target *target) {
    BROKER_CLIENT_AUTO struct broker_client *broker = NULL;
    json_int_t last = 0;
    size_t secrets = 0;
    int error = broker_client_open(target, &broker);

    if (error != 0) {
        return error;
    }
    error = broker_count(broker, &last, &secrets);
    if (error != 0) {
        return error;
    }
    place->seq = (uint64_t)last;
    return GK_EXIT_DONE;
}

int event_place_find_last(struct event_place *place, const struct target *target) {
    BROKER_CLIENT_AUTO struct broker_client *broker = NULL;
    BUFFER_AUTO struct buffer before = BUFFER_NULL;
    BROKER_ANSWER_AUTO struct broker_answer answer = {0};
    GK_AUTO_WIPE char *text = NULL;
    const json_t *event;
    int error;

    if (place->seq == 0) {
        return GK_EXIT_DONE;
    }
    error = broker_client_open(target, &broker);
    if (error != 0) {
        return error;
    }
    buffer_printf(&before, "%" PRIu64, place->seq - 1);
    error = broker_events(broker, buffer_string(&before), &answer);
    if (error != 0) {
        return error;
    }
    event = json_array_get(json_object_get(answer.document, "events"), 0);
    text = json_dumps(event, JSON_COMPACT);
    buffer_append_text(&place->last, text != NULL ? text : "");
    return GK_EXIT_DONE;
}

uint64_t event_place_resume(struct event_place *place) {
    place->checks_last = place->last.len > 0;
    return place->seq - place->checks_last;
}

int event_place_say_gap(uint64_t first, uint64_t next) {
    BUFFER_AUTO struct buffer lost = BUFFER_NULL;

    if (first == next - 1) {
        buffer_printf(&lost, "event %" PRIu64 " is", first);
    } else {
        buffer_printf(&lost, "events %" PRIu64 " to %" PRIu64 " are", first, next - 1);
    }
    output_error("%s no longer kept; '--after %" PRIu64 "' prints those that follow",
            buffer_string(&lost), next - 1);
    return GK_EXIT_FAILED;
}

static int say_lost_state(const struct event_place *place, const char *shown) {
    output_error(
            "the daemon at %s has lost its state and counts its events from 1 again: those after "
            "event %" PRIu64 " are lost; '--after 0' prints all that it keeps",
            shown, place->seq);
    return GK_EXIT_FAILED;
}

/* Whether two texts are the same event. Another version of the daemon may add members. */
static bool is_same(const struct buffer *left, const struct buffer *right) {
    static const char *const members[] = {"seq", "at", "event", "name", "version", "cause"};
    json_auto_t *a = json_loadb(left->data, left->len, 0, NULL);
    json_auto_t *b = json_loadb(right->data, right->len, 0, NULL);

    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        const json_t *of_a = json_object_get(a, members[i]);
        const json_t *of_b = json_object_get(b, members[i]);

        if (of_a != of_b && !json_equal(of_a, of_b)) {
            return false;
        }
    }
    return true;
}

int event_place_take(struct event_place *place, const char *shown, const char *id,
        const struct buffer *event, bool *ret_is_known) {
    uint64_t seq = strtoull(id, NULL, 10);
    bool may_be_known = place->checks_last && seq == place->seq;

    if (id[0] == '\0' || strspn(id, "0123456789") != strlen(id)) {
        return broker_answer_misunderstood("an event whose 'id' is not its number");
    }
    place->checks_last = false;
    *ret_is_known = may_be_known && is_same(&place->last, event);
    if (*ret_is_known) {
        return GK_EXIT_DONE;
    }
    if (seq == 0 || (seq <= place->seq && !place->accepts_any)) { /* 0: a reset */
        return say_lost_state(place, shown);
    }
    if (seq > place->seq + 1 && !place->accepts_any) {
        return event_place_say_gap(place->seq + 1, seq);
    }
    place->accepts_any = false;
    place->seq = seq;
    buffer_clear(&place->last);
    buffer_append(&place->last, event->data, event->len);
    return GK_EXIT_DONE;
}
