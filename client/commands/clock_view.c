#include "commands/clock_view.h"

#include <ghostkey/error.h>

#include "common/buffer.h"
#include "common/instant.h"
#include "terminal/output.h"

#define MS_PER_S 1000

void clock_view_ahead(const json_t *clock) {
    const json_t *ahead = json_object_get(clock, "ahead");
    BUFFER_AUTO struct buffer duration = BUFFER_NULL;

    if (!json_is_integer(ahead) || json_integer_value(ahead) > INT64_MAX / MS_PER_S) {
        return;
    }
    duration_append(&duration, json_integer_value(ahead) * MS_PER_S);
    output_text(
            "ahead: %s (of the machine's clock, which was set back; to begin again at its time, "
            "start ghostkeyd with a new state)\n",
            buffer_string(&duration));
}

int clock_view_now(struct broker_client *broker, int64_t *ret_now_ms) {
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
