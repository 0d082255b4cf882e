#include "drill/act.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>

#include <ghostkey/error.h>
#include <ghostkey/protocol.h>

#include "common/instant.h"
#include "drill/watcher.h"
#include "terminal/output.h"
#include "terminal/signals.h"
#include "wire/broker_verbs.h"

#define RECOVER "30d"
#define MS_PER_S 1000
#define NOT_FOUND_STATUS 404
#define COMMAND_POLL_MS 50

__attribute__((format(printf, 2, 3))) static int fail_step(
        struct drill_stage *stage, const char *format, ...) {
    va_list arguments;

    buffer_clear(&stage->failure);
    va_start(arguments, format);
    buffer_vprintf(&stage->failure, format, arguments);
    va_end(arguments);
    output_error("%s", buffer_string(&stage->failure));
    return GK_EXIT_FAILED;
}

int drill_stage_holds(const struct drill_stage *stage, json_t **ret_holds) {
    BROKER_CLIENT_AUTO struct broker_client *broker = NULL;
    int error;

    if (!stage->broker_runs) {
        return GK_EXIT_FAILED;
    }
    error = broker_client_open(&stage->target, &broker);
    if (error != 0) {
        return error;
    }
    error = drill_add_names(broker, stage->names);
    if (error != 0) {
        return error;
    }
    return drill_holds(broker, stage->app, stage->names, stage->held, ret_holds);
}

/* The broker is about to end. If it does not answer, what is known already is kept. */
static void remember_held(struct drill_stage *stage) {
    json_t *held = NULL;

    if (drill_stage_holds(stage, &held) == 0) {
        json_decref(stage->held);
        stage->held = held;
    }
}

static int start_broker(struct drill_stage *stage) {
    int error;

    if (stage->broker_runs) {
        return GK_EXIT_DONE;
    }
    error = sandbox_broker_start(stage->sandbox);
    stage->broker_runs = error == 0;
    stage->broker_is_new = true;
    return error;
}

static void end_broker(struct drill_stage *stage, int number) {
    remember_held(stage);
    sandbox_broker_end(stage->sandbox, number);
    stage->broker_runs = false;
}

static int restart_broker(struct drill_stage *stage, int number) {
    end_broker(stage, number);
    return start_broker(stage);
}

static int stop_broker(struct drill_stage *stage) {
    end_broker(stage, SIGTERM);
    return sandbox_refuse(stage->sandbox);
}

/* Gives the secret a new value and leaves its definition; makes the secret if there is none. */
static int put(struct broker_client *broker, const char *name, const json_t *text) {
    json_auto_t *body = json_pack("{s:O}", "value", text);
    struct broker_request request = {.method = "PATCH",
            .route = GK_ROUTE_SECRET,
            .name = name,
            .body = body,
            .unprinted = NOT_FOUND_STATUS};
    BROKER_ANSWER_AUTO struct broker_answer patched = {0};
    BROKER_ANSWER_AUTO struct broker_answer made = {0};
    int error = broker_ask(broker, &request, &patched);

    if (error != GK_EXIT_NOT_FOUND || broker_client_met_fault(broker)) {
        return error;
    }
    request.method = "PUT";
    request.unprinted = 0;
    return broker_ask(broker, &request, &made);
}

static int put_all(struct broker_client *broker, const json_t *texts) {
    const char *name;
    json_t *text;

    json_object_foreach((json_t *)texts, name, text) {
        int error = put(broker, name, text);

        if (error != 0) {
            return error;
        }
    }
    return GK_EXIT_DONE;
}

static int set_faults(struct broker_client *broker, const json_t *rules) {
    const char *id;
    json_t *rule;

    json_object_foreach((json_t *)rules, id, rule) {
        BROKER_ANSWER_AUTO struct broker_answer answer = {0};
        int error = broker_fault_put(broker, id, rule, &answer);

        if (error != 0) {
            return error;
        }
    }
    return GK_EXIT_DONE;
}

static int remove_fault(struct drill_stage *stage, struct broker_client *broker, const char *id) {
    BROKER_ANSWER_AUTO struct broker_answer answer = {0};
    int error = broker_fault_remove(broker, id, &answer);

    if (error != 0) {
        return error;
    }
    if (json_integer_value(json_object_get(answer.document, "fired")) == 0) {
        buffer_clear(&stage->unmet);
        buffer_append_text(&stage->unmet, id);
    }
    return GK_EXIT_DONE;
}

/* `length`: a number of seconds, or text. */
static int advance(
        struct broker_client *broker, const json_t *length, struct broker_answer *ret_answer) {
    BUFFER_AUTO struct buffer seconds = BUFFER_NULL;

    buffer_printf(&seconds, "%lld", (long long)json_integer_value(length));
    return broker_clock_advance(broker,
            json_is_string(length) ? json_string_value(length) : buffer_string(&seconds),
            ret_answer);
}

/* The verbs that need a running broker. */
static int ask(struct drill_stage *stage, enum drill_verb verb, const json_t *object) {
    const char *text = json_string_value(object);
    BROKER_CLIENT_AUTO struct broker_client *broker = NULL;
    BROKER_ANSWER_AUTO struct broker_answer answer = {0};
    int error;

    if (!stage->broker_runs) {
        return fail_step(stage, "the broker was stopped by an earlier step");
    }
    error = broker_client_open(&stage->target, &broker);
    if (error != 0) {
        return error;
    }
    switch (verb) {
    case DRILL_ROTATE:
        return broker_rotate(broker, text, false, &answer);
    case DRILL_DELETE:
        return broker_delete(broker, text, RECOVER, &answer);
    case DRILL_RESTORE:
        return broker_stage(broker, GK_ROUTE_RESTORE, text, 0, &answer);
    case DRILL_PUT:
        return put_all(broker, object);
    case DRILL_ADVANCE:
        return advance(broker, object, &answer);
    case DRILL_FAULT:
        return set_faults(broker, object);
    default:
        return remove_fault(stage, broker, text);
    }
}

static int run_command(struct drill_stage *stage, const char *command) {
    struct drill_process process = DRILL_PROCESS_NULL;
    int error = drill_process_start_shell(&process, command, stage->app->environment, false);

    if (error != 0) {
        return error;
    }
    while (drill_process_runs(&process) && !signals_is_interrupted()) {
        drill_app_pause(stage->app, COMMAND_POLL_MS);
    }
    drill_process_end(&process, 0);
    if (signals_is_interrupted()) {
        return GK_EXIT_FAILED; /* it was ended here */
    }
    if (process.status != 0) {
        return fail_step(stage, "'%s' ended with exit status %d", command, process.status);
    }
    return GK_EXIT_DONE;
}

static int pause_for(struct drill_stage *stage, const json_t *length) {
    int64_t seconds = 0;

    if (ttl_parse(span_of(json_string_value(length)), &seconds) == 0) {
        drill_app_pause(stage->app, seconds * MS_PER_S);
    }
    return GK_EXIT_DONE;
}

int drill_act(struct drill_stage *stage, const json_t *action) {
    enum drill_verb verb = drill_action_verb(action);
    const json_t *object = drill_action_object(action);

    switch (verb) {
    case DRILL_RUN:
        return run_command(stage, json_string_value(object));
    case DRILL_PAUSE:
        return pause_for(stage, object);
    case DRILL_RESTART:
        return restart_broker(stage, SIGTERM);
    case DRILL_KILL:
        return restart_broker(stage, SIGKILL);
    case DRILL_STOP:
        return stage->broker_runs ? stop_broker(stage) : GK_EXIT_DONE;
    case DRILL_START:
        return start_broker(stage);
    default:
        return ask(stage, verb, object);
    }
}
