#include "drill/judge.h"

#include <ghostkey/error.h>

#include "drill/watcher.h"
#include "monotonic.h"
#include "terminal/signals.h"

#define PROBE_MAX_MS 5000 /* a probe that hangs longer is ended and tried again */
#define MS_PER_S 1000
#define STEADY_MS 1000 /* how long COMMAND has to run on where no probe tells more */

/* Appends why the app is not fresh; nothing: it is. */
static void append_stale(const struct drill_judge *judge, struct buffer *why) {
    json_auto_t *holds = NULL;
    const json_t *held;
    size_t index;

    if (drill_stage_holds(judge->stage, &holds) != 0) {
        buffer_append_text(why, "the broker could not be asked what the app holds");
        return;
    }
    json_array_foreach(holds, index, held) {
        json_int_t version = json_integer_value(json_object_get(held, "version"));
        json_int_t current = json_integer_value(json_object_get(held, "current"));

        if (version != current) {
            buffer_printf(why, "the app holds version %lld of '%s', and version %lld is current",
                    (long long)version, json_string_value(json_object_get(held, "name")),
                    (long long)current);
            return;
        }
    }
    if (json_array_size(holds) == 0) {
        buffer_append_text(why, "the app has read no secret");
    }
}

static void say_ended(struct drill_judge *judge) {
    buffer_clear(&judge->why);
    buffer_printf(
            &judge->why, "COMMAND ended with exit status %d", judge->stage->app->process.status);
}

static void say_unhealthy(struct drill_judge *judge, int64_t within_ms) {
    buffer_clear(&judge->why);
    buffer_printf(&judge->why, "the probe did not succeed in %lld s (",
            (long long)(within_ms / MS_PER_S));
    if (judge->stage->app->probe_status == DRILL_PROBE_ENDED) {
        buffer_append_text(&judge->why, "the last one had not ended by then)");
    } else {
        buffer_printf(&judge->why, "exit status %d)", judge->stage->app->probe_status);
    }
}

/* A probe of the last moment gets a little time, too. */
static int64_t probe_limit(int64_t left_ms) {
    if (left_ms < DRILL_PROBE_EACH_MS) {
        return DRILL_PROBE_EACH_MS;
    }
    return left_ms < PROBE_MAX_MS ? left_ms : PROBE_MAX_MS;
}

/* One look at the app. True: nothing can change the verdict any more, which is in judge->why. */
static bool is_decided(struct drill_judge *judge, const struct drill_step *step, int64_t left_ms) {
    bool is_healthy;

    if (!drill_process_runs(&judge->stage->app->process)) {
        if (step->expect != DRILL_UNHEALTHY) {
            say_ended(judge);
        }
        return true;
    }
    is_healthy = drill_app_is_healthy(judge->stage->app, probe_limit(left_ms));
    if (step->expect == DRILL_UNHEALTHY) {
        if (is_healthy) {
            buffer_append_text(&judge->why, "the app was healthy");
        }
        return is_healthy;
    }
    if (!is_healthy) {
        /* The probe of the last moment has little time: what the one before said tells more. */
        if (judge->why.len == 0 || left_ms >= PROBE_MAX_MS ||
                judge->stage->app->probe_status != DRILL_PROBE_ENDED) {
            say_unhealthy(judge, step->within_ms);
        }
        return false;
    }
    buffer_clear(&judge->why);
    if (step->expect == DRILL_FRESH) {
        append_stale(judge, &judge->why);
    }
    if (judge->stage->app->probe == NULL && left_ms > 0 && step->within_ms - left_ms < STEADY_MS) {
        return false;
    }
    return judge->why.len == 0;
}

/* Until the verdict stands, or the time is over. */
static void look_until_decided(struct drill_judge *judge, const struct drill_step *step) {
    int64_t end_ms = monotonic_ms() + step->within_ms;
    int64_t left_ms = step->within_ms;

    /* The last look may begin at the end itself, so there is one however short the time is. */
    while (left_ms >= 0 && !signals_is_interrupted()) {
        if (is_decided(judge, step, left_ms)) {
            return;
        }
        drill_app_pause(judge->stage->app, DRILL_PROBE_EACH_MS);
        left_ms = end_ms - monotonic_ms();
    }
}

void drill_judge_await(struct drill_judge *judge, const struct drill_step *step) {
    buffer_clear(&judge->why);
    buffer_clear(&judge->note);
    look_until_decided(judge, step);
    if (judge->why.len == 0 && step->expect == DRILL_HEALTHY && judge->stage->app->probe == NULL &&
            judge->stage->broker_runs && !signals_is_interrupted()) {
        append_stale(judge, &judge->note);
    }
}
