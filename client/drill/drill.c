#include "drill/drill.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <ghostkey/error.h>
#include <ghostkey/protocol.h>

#include "drill/judge.h"
#include "drill/report.h"
#include "drill/watcher.h"
#include "env/env_file.h"
#include "heap.h"
#include "monotonic.h"
#include "terminal/output.h"
#include "terminal/signals.h"
#include "wire/broker_refusal.h"
#include "wire/broker_verbs.h"

#define SIGNAL_EXIT_BASE 128

struct drill {
    const struct drill_order *order;
    struct drill_stage stage;
    struct drill_judge judge; /* its verdict is that on the step */
    struct drill_app app;
    struct drill_plan made; /* the default plan; empty: the user's is used */
    const struct drill_plan *plan;
    json_t *secrets; /* their documents, as they were at the beginning */
    json_t *results; /* for the report */
    json_int_t seq;  /* of the last request before the step */
    int signal_fd;
};

static void drill_deinit(struct drill *drill) {
    signals_set_interrupt_fd(-1);
    broker_set_wording(NULL, NULL);
    drill_app_end(&drill->app);
    target_deinit(&drill->stage.target);
    drill->stage.sandbox = sandbox_end(drill->stage.sandbox);
    drill_plan_deinit(&drill->made);
    json_decref(drill->secrets);
    json_decref(drill->stage.held);
    json_decref(drill->stage.names);
    json_decref(drill->results);
    buffer_deinit(&drill->judge.why);
    buffer_deinit(&drill->judge.note);
    buffer_deinit(&drill->stage.failure);
    buffer_deinit(&drill->stage.unmet);
    drill->signal_fd = gk_close(drill->signal_fd);
}

/* Keeps a copy of what the broker says when it refuses, for the report. */
static void keep_refusal(const void *userdata, const char *detail, struct buffer *shown) {
    struct drill *drill = (struct drill *)userdata;

    buffer_append_text(shown, detail);
    buffer_clear(&drill->stage.failure);
    buffer_append_text(&drill->stage.failure, detail);
}

/* ---- the steps ---------------------------------------------------------------------------------
 */

/* What the app did since the step began and what it holds; null if the broker cannot be asked. */
static void add_details(struct drill *drill, json_t *result) {
    BROKER_CLIENT_AUTO struct broker_client *broker = NULL;
    json_t *requests = NULL;
    json_t *holds = NULL;

    if (!drill->stage.broker_runs || signals_is_interrupted() ||
            broker_client_open(&drill->stage.target, &broker) != 0 ||
            drill_requests(broker, &drill->app, drill->seq, &requests) != 0 ||
            drill_stage_holds(&drill->stage, &holds) != 0) {
        holds = json_array();
    }
    json_object_set_new(result, "requests", requests != NULL ? requests : json_null());
    json_object_set_new(result, "holds", holds);
}

/* What is worth knowing of a step that held. */
static void add_note(struct drill *drill, json_t *result) {
    BUFFER_AUTO struct buffer note = BUFFER_NULL;

    if (drill->stage.unmet.len > 0) {
        buffer_printf(&note, "no request met the fault '%s'", buffer_string(&drill->stage.unmet));
    }
    if (drill->judge.note.len > 0) {
        buffer_printf(
                &note, "%s%s", note.len > 0 ? ", and " : "", buffer_string(&drill->judge.note));
    }
    if (note.len > 0) {
        json_object_set_new(result, "note", json_string(buffer_string(&note)));
    }
}

static void add_result(
        struct drill *drill, const struct drill_step *step, const char *did, int64_t took_ms) {
    bool is_ok = drill->judge.why.len == 0;
    json_t *result = json_pack("{s:I, s:s, s:s, s:I, s:b}", "step",
            (json_int_t)json_array_size(drill->results) + 1, "do", did, "expect",
            drill_expect_word(step->expect), "took_ms", (json_int_t)took_ms, "ok", is_ok);

    if (!is_ok) {
        json_object_set_new(result, "why", json_string(buffer_string(&drill->judge.why)));
        add_details(drill, result);
    } else {
        add_note(drill, result);
    }
    json_array_append_new(drill->results, result);
    output_note("step %zu of %zu, %s: %s", json_array_size(drill->results), drill->plan->count, did,
            is_ok ? "ok" : buffer_string(&drill->judge.why));
}

/* Does what the step says. False: something of it failed; drill->judge.why says it. */
static bool act(struct drill *drill, const struct drill_step *step) {
    const json_t *action;
    size_t index;

    buffer_clear(&drill->stage.unmet);
    json_array_foreach(step->actions, index, action) {
        buffer_clear(&drill->stage.failure);
        drill->stage.broker_is_new = false;
        if (drill_act(&drill->stage, action) != GK_EXIT_DONE) {
            buffer_clear(&drill->judge.why);
            buffer_printf(&drill->judge.why, "what the step does failed: %s",
                    drill->stage.failure.len > 0 ? buffer_string(&drill->stage.failure)
                                                 : "its reason is in the output");
            return false;
        }
        if (drill->stage.broker_is_new) {
            drill->seq = 0;
        }
    }
    return true;
}

static void note_last_request(struct drill *drill) {
    BROKER_CLIENT_AUTO struct broker_client *broker = NULL;

    if (drill->stage.broker_runs && broker_client_open(&drill->stage.target, &broker) == 0) {
        (void)drill_requests_last(broker, &drill->seq); /* else the report tells of earlier ones */
    }
}

/* COMMAND runs again if it has ended, as under a supervisor. */
static int take_step(struct drill *drill, const struct drill_step *step) {
    BUFFER_AUTO struct buffer did = BUFFER_NULL;
    const struct drill_step healthy = {.expect = DRILL_HEALTHY, .within_ms = drill->order->wait_ms};
    int64_t begun_ms;
    int error = GK_EXIT_DONE;

    if (!drill_process_runs(&drill->app.process)) {
        error = drill_app_start(&drill->app);
        drill_judge_await(&drill->judge, &healthy); /* what comes of it is seen after the step */
    }
    note_last_request(drill);
    begun_ms = monotonic_ms();
    if (error == 0 && act(drill, step)) {
        drill_judge_await(&drill->judge, step);
    }
    drill_step_append(step, &did);
    if (!signals_is_interrupted()) {
        add_result(drill, step, buffer_string(&did), monotonic_ms() - begun_ms);
    }
    return error;
}

/* The app at the beginning. A first step that fails is added to the report. */
static int begin_app(struct drill *drill) {
    const struct drill_step healthy = {.expect = DRILL_HEALTHY, .within_ms = drill->order->wait_ms};
    int64_t begun_ms = monotonic_ms();
    int error = drill_app_start(&drill->app);

    if (error != 0) {
        return error;
    }
    drill_judge_await(&drill->judge, &healthy);
    if (drill->judge.why.len > 0 && !signals_is_interrupted()) {
        buffer_append_text(&drill->judge.why, "; --wait D gives it longer");
        add_result(drill, &healthy, "start COMMAND", monotonic_ms() - begun_ms);
    }
    return GK_EXIT_DONE;
}

static int take_steps(struct drill *drill) {
    int error = begin_app(drill);

    if (error != 0 || json_array_size(drill->results) > 0) {
        return error;
    }
    for (size_t i = 0; i < drill->plan->count && !signals_is_interrupted(); i++) {
        error = take_step(drill, &drill->plan->steps[i]);
        if (error != 0) {
            return error;
        }
    }
    return GK_EXIT_DONE;
}

/* ---- before and after --------------------------------------------------------------------------
 */

/* The documents of all secrets, without their values, and whether the clock can be moved. */
static int read_secrets(struct drill *drill, bool *ret_moves_clock) {
    BROKER_CLIENT_AUTO struct broker_client *broker = NULL;
    BROKER_ANSWER_AUTO struct broker_answer status = {0};
    const char *clock;
    int error = broker_client_open(&drill->stage.target, &broker);

    if (error != 0) {
        return error;
    }
    error = drill_add_names(broker, drill->stage.names);
    if (error != 0) {
        return error;
    }
    error = drill_secrets(broker, &drill->secrets);
    if (error != 0) {
        return error;
    }
    error = broker_status(broker, &status);
    if (error != 0) {
        return error;
    }
    clock = json_string_value(json_object_get(status.document, "clock"));
    *ret_moves_clock = clock != NULL && strcmp(clock, "virtual") == 0;
    return GK_EXIT_DONE;
}

static json_t *find_secret(const struct drill *drill, const char *name) {
    json_t *secret;
    size_t index;

    json_array_foreach(drill->secrets, index, secret) {
        if (strcmp(json_string_value(json_object_get(secret, "name")), name) == 0) {
            return secret;
        }
    }
    return NULL;
}

/* A drill that finds nothing only because it looks at little must say so. */
static void warn_of_little(const struct drill *drill) {
    const json_t *secret;
    size_t rotating = 0;
    size_t index;

    json_array_foreach(drill->secrets, index, secret) {
        rotating += drill_plan_can_rotate(secret) ? 1 : 0;
    }
    if (rotating == 0) {
        output_warning("no secret can rotate, so the drill only troubles the broker; a file for "
                       "--apply gives a secret a strategy (ghostkey.testing(7) has one)");
    }
    if (drill->order->probe == NULL) {
        output_warning("without --probe, a step holds if COMMAND goes on running");
    }
}

/* Makes the default plan, for the secrets that --name names or for all. */
static int make_plan(struct drill *drill, bool moves_clock) {
    const json_t *names = drill->order->names;
    json_auto_t *chosen = json_array();
    const json_t *name;
    size_t index;

    json_array_foreach(names, index, name) {
        json_t *secret = find_secret(drill, json_string_value(name));

        if (secret == NULL) {
            output_error(
                    "--name %s: there is no such secret at the beginning", json_string_value(name));
            return GK_EXIT_NOT_FOUND;
        }
        if (!drill_plan_can_rotate(secret)) {
            output_error("--name %s: it cannot rotate, since its strategy is 'none'",
                    json_string_value(name));
            return GK_EXIT_FAILED;
        }
        json_array_append(chosen, secret);
    }
    drill_plan_default(json_array_size(names) > 0 ? chosen : drill->secrets, moves_clock,
            drill->order->wait_ms, &drill->made);
    drill->plan = &drill->made;
    warn_of_little(drill);
    return GK_EXIT_DONE;
}

static int begin(struct drill *drill) {
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, 0};
    bool moves_clock = false;
    int error = sandbox_start(&drill->order->sandbox, &drill->stage.sandbox);

    if (error != 0) {
        return error;
    }
    drill->stage.broker_runs = true;
    drill->signal_fd = signals_open(signals);
    if (drill->signal_fd < 0) {
        return GK_EXIT_FAILED;
    }
    signals_set_interrupt_fd(drill->signal_fd);
    broker_set_wording(keep_refusal, drill);
    error = sandbox_target(drill->stage.sandbox, &drill->stage.target);
    if (error != 0) {
        return error;
    }
    drill->app.environment = sandbox_environment(drill->stage.sandbox);
    drill->app.wake_fd = drill->signal_fd;
    error = read_secrets(drill, &moves_clock);
    if (error != 0 || drill->plan != NULL) {
        return error;
    }
    return make_plan(drill, moves_clock);
}

static int write_junit(const struct drill *drill) {
    const char *path = drill->order->junit;
    BUFFER_AUTO struct buffer xml = BUFFER_NULL;
    GK_AUTO_CLOSE int fd = -1;
    int error;

    if (path == NULL) {
        return GK_EXIT_DONE;
    }
    drill_report_append_junit(drill->results, &xml);
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    error = fd < 0 ? -errno : env_file_write_piece(&fd, xml.data, xml.len);
    if (error != 0) {
        output_error("cannot write '%s': %s", path, strerror(-error));
        return GK_EXIT_FAILED;
    }
    return GK_EXIT_DONE;
}

static int report(const struct drill *drill) {
    BUFFER_AUTO struct buffer json = BUFFER_NULL;
    int error = write_junit(drill);

    if (drill->order->json) {
        drill_report_append_json(drill->results, &json);
        output_json_line(json.data, json.len);
    } else {
        drill_report_print(drill->results);
    }
    return drill_report_has_failed(drill->results) ? GK_EXIT_FAILED : error;
}

int drill_run(const struct drill_order *order) {
    struct drill drill = {
            .order = order,
            .plan = order->plan,
            .app = {.command = order->command,
                    .probe = order->probe,
                    .process = DRILL_PROCESS_NULL},
            .results = json_array(),
            .signal_fd = -1,
    };
    int status;
    int number;

    drill.stage.app = &drill.app;
    drill.stage.names = json_object();
    drill.judge = (struct drill_judge){.stage = &drill.stage};
    status = begin(&drill);
    if (status == 0) {
        status = take_steps(&drill);
    }
    number = drill.signal_fd >= 0 ? signals_read(drill.signal_fd) : 0;
    if (status == 0 && number == 0) {
        status = report(&drill);
    }
    drill_deinit(&drill);
    if (number != 0) {
        signals_die(number, false);
        return SIGNAL_EXIT_BASE + number;
    }
    return status;
}
