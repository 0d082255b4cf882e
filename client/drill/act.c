#include "drill/act.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>

#include <ghostkey/error.h>
#include <ghostkey/protocol.h>

#include "common/instant.h"
#include "terminal/output.h"
#include "terminal/signals.h"
#include "wire/broker_verbs.h"

#define ROUTE_FAULTS "/v1/faults/"
#define RECOVER "30d"
#define MS_PER_S 1000
#define NOT_FOUND_STATUS 404
#define COMMAND_LOOK_MS 50

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

static int restart_broker(struct drill_stage *stage, int number) {
    sandbox_broker_end(stage->sandbox, number);
    stage->broker_runs = false;
    return start_broker(stage);
}

static int stop_broker(struct drill_stage *stage) {
    sandbox_broker_end(stage->sandbox, SIGTERM);
    stage->broker_runs = false;
    return sandbox_refuse(stage->sandbox);
}

/* Gives the secret a new value and leaves its definition; one that is not there is made. */
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

    if (error != GK_EXIT_NOT_FOUND) {
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

static int advance(struct broker_client *broker, const json_t *length) {
    json_auto_t *body = json_pack("{s:O}", "by", length);
    const struct broker_request request = {
            .method = "POST", .route = GK_ROUTE_CLOCK_ADVANCE, .body = body, .takes_long = true};
    BROKER_ANSWER_AUTO struct broker_answer answer = {0};

    return broker_ask(broker, &request, &answer);
}

static int ask_fault(
        struct broker_client *broker, const char *method, const char *id, const json_t *rule) {
    const struct broker_request request = {
            .method = method, .route = ROUTE_FAULTS, .name = id, .body = rule};
    BROKER_ANSWER_AUTO struct broker_answer answer = {0};

    return broker_ask(broker, &request, &answer);
}

static int set_faults(struct broker_client *broker, const json_t *rules) {
    const char *id;
    json_t *rule;

    json_object_foreach((json_t *)rules, id, rule) {
        int error = ask_fault(broker, "PUT", id, rule);

        if (error != 0) {
            return error;
        }
    }
    return GK_EXIT_DONE;
}

/* What is asked of the broker. */
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
        return advance(broker, object);
    case DRILL_FAULT:
        return set_faults(broker, object);
    default:
        return ask_fault(broker, "DELETE", text, NULL);
    }
}

static int run_command(struct drill_stage *stage, const char *command) {
    struct drill_process process = DRILL_PROCESS_NULL;
    int error = drill_process_start_shell(&process, command, stage->app->environment, false);

    if (error != 0) {
        return error;
    }
    while (drill_process_runs(&process) && !signals_is_interrupted()) {
        drill_app_pause(stage->app, COMMAND_LOOK_MS);
    }
    drill_process_end(&process, 0);
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
