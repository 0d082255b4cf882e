#include "wire/broker_client.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <ghostkey/error.h>
#include <ghostkey/protocol.h>

#include "heap.h"
#include "monotonic.h"
#include "secret_name.h"
#include "terminal/output.h"
#include "terminal/signals.h"
#include "wire/broker_refusal.h"
#include "wire/http.h"

#define INTEGER_DIGITS_MAX 18 /* every number of so many digits fits into a json_int_t */

#define TRY_AGAIN_MS 20

struct broker_client {
    struct http_client *http;
    char *shown; /* where the daemon is */
    bool is_broken;
    bool has_met_fault;        /* broker_client_met_fault() */
    size_t largest_body_bytes; /* that was sent */
};

void broker_answer_deinit(struct broker_answer *answer) {
    json_decref(answer->document);
    buffer_deinit(&answer->body);
    answer->document = NULL;
}

int broker_answer_misunderstood(const char *fault) {
    output_error("cannot make sense of the daemon's answer (%s); is it a GhostKey daemon of this "
                 "version?",
            fault);
    return GK_EXIT_FAILED;
}

int broker_answer_read(struct broker_answer *answer) {
    answer->document = json_loadb(
            buffer_string(&answer->body), answer->body.len, JSON_REJECT_DUPLICATES, NULL);
    return json_is_object(answer->document) ? 0 : broker_answer_misunderstood("not a JSON object");
}

/* Whether a systemd runs for this user: it then has a socket for 'systemctl --user'. */
static bool has_user_manager(void) {
    const char *runtime_dir = getenv(GK_VAR_RUNTIME_DIR);
    BUFFER_AUTO struct buffer path = BUFFER_NULL;

    buffer_printf(&path, "%s/systemd/private", runtime_dir != NULL ? runtime_dir : "");
    return access(buffer_string(&path), F_OK) == 0;
}

static void say_where_to_look(void) {
    if (has_user_manager()) {
        output_error("if systemd should run it, 'systemctl --user status ghostkey.service' says "
                     "why it does not");
    }
}

static void say_how_to_start(const struct target *target) {
    if (!target->is_unix) {
        output_error("start it with 'ghostkeyd --tcp ADDRESS:PORT', or leave --url out to use "
                     "its socket");
    } else if (has_user_manager()) {
        output_error("start it with 'systemctl --user start ghostkey.socket' or "
                     "'ghostkeyd --socket %s'",
                target->shown);
    } else {
        output_error("start it with 'ghostkeyd --socket %s', which runs until it is stopped; no "
                     "systemd runs for your user, so nothing starts it by itself",
                target->shown);
    }
    say_where_to_look();
}

int broker_unreachable(const struct target *target, int error) {
    if (error == ENOKEY) {
        return GK_EXIT_FAILED; /* the message about the token has been printed */
    }
    if (error == EKEYREJECTED) {
        output_error("another user listens at %s, so nothing was sent", target->shown);
        return GK_EXIT_UNREACHABLE;
    }
    output_error("cannot reach the daemon at %s: %s", target->shown, strerror(error));
    if (error == EACCES) {
        output_error("you may not use that socket; --socket or " GK_VAR_SOCKET " names another");
        return GK_EXIT_UNREACHABLE;
    }
    say_how_to_start(target);
    return GK_EXIT_UNREACHABLE;
}

/* Whether a daemon that is being started answers so. */
static bool is_not_there_yet(int error) {
    return error == -ENOENT || error == -ECONNREFUSED;
}

int broker_client_open(const struct target *target, struct broker_client **ret_broker) {
    return broker_client_await(target, 0, ret_broker);
}

int broker_client_await(
        const struct target *target, int64_t wait_ms, struct broker_client **ret_broker) {
    int64_t end_ms = wait_ms > 0 ? monotonic_ms() + wait_ms : 0;
    struct http_client *http = NULL;
    struct broker_client *broker;
    int error = http_client_new(target, &http);

    while (is_not_there_yet(error) && wait_ms > 0 && monotonic_ms() < end_ms) {
        struct pollfd interrupt = {.fd = signals_interrupt_fd(), .events = POLLIN};

        (void)poll(&interrupt, 1, TRY_AGAIN_MS);
        error = http_client_new(target, &http);
    }
    if (error != 0) {
        return broker_unreachable(target, -error);
    }
    broker = heap_resize(NULL, 1, sizeof(*broker));
    *broker = (struct broker_client){
            .http = http,
            .shown = heap_duplicate(target->shown, strlen(target->shown)),
    };
    *ret_broker = broker;
    return GK_EXIT_DONE;
}

struct broker_client *broker_client_close(struct broker_client *broker) {
    if (broker != NULL) {
        http_client_free(broker->http);
        free(broker->shown);
        free(broker);
    }
    return NULL;
}

const char *broker_client_shown(const struct broker_client *broker) {
    return broker->shown;
}

bool broker_client_met_fault(const struct broker_client *broker) {
    return broker->has_met_fault;
}

bool broker_client_is_broken(const struct broker_client *broker) {
    return broker->is_broken;
}

/* Takes the answer to the oldest request. */
static int finish(struct broker_client *broker, int *ret_status, struct buffer *ret_body) {
    broker->is_broken = http_finish(broker->http, ret_status, ret_body) != 0;
    if (!broker->is_broken) {
        return 0;
    }
    if (signals_is_interrupted()) {
        return GK_EXIT_FAILED; /* the user who interrupted it needs no message */
    }
    output_error("the exchange with the daemon at %s broke: %s", broker->shown,
            http_client_fault(broker->http));
    say_where_to_look();
    if (broker->largest_body_bytes > GK_BODY_MAX_BYTES(GK_VALUE_MAX_BYTES_DEFAULT)) {
        output_error("a value of that size needs a daemon with a larger --max-value");
    }
    return GK_EXIT_FAILED;
}

/* Whether the daemon does not know a path, a method, a parameter or a member of the request. */
static bool is_not_known(int status, const struct buffer *body) {
    static const char *const unknown[] = {"unknown member ", "unknown parameter "};
    json_auto_t *document = json_loadb(buffer_string(body), body->len, 0, NULL);
    const char *detail = json_string_value(json_object_get(document, "detail"));

    if (detail == NULL) {
        return false;
    }
    for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
        if (status == 400 && strncmp(detail, unknown[i], strlen(unknown[i])) == 0) {
            return true;
        }
    }
    return status == gk_outcome_status(GK_E_METHOD) ||
           (status == gk_outcome_status(GK_E_NO_ROUTE) &&
                   strcmp(detail, gk_outcome_sentence(GK_E_NO_ROUTE)) == 0);
}

/* Whether the daemon is of another version, which is then said. No request is unanswered. */
static bool say_other_version(struct broker_client *broker) {
    const struct http_request request = {.method = "GET", .path = GK_ROUTE_STATUS};
    BUFFER_AUTO struct buffer body = BUFFER_NULL;
    json_auto_t *document = NULL;
    const char *version;
    int status = 0;

    http_begin(broker->http, &request);
    if (http_finish(broker->http, &status, &body) != 0) {
        return false;
    }
    document = json_loadb(buffer_string(&body), body.len, 0, NULL);
    version = json_string_value(json_object_get(document, "version"));
    if (version == NULL || strcmp(version, GHOSTKEY_VERSION) == 0) {
        return false;
    }
    output_error("the daemon at %s does not know this: it is GhostKey %s, and ghostctl is %s; if "
                 "systemd runs it, 'systemctl --user restart ghostkey.service' starts the "
                 "installed one, and nothing is lost",
            broker->shown, version, GHOSTKEY_VERSION);
    return true;
}

/* Prints why the daemon refused. No request is unanswered. */
static int refused(struct broker_client *broker, int status, const struct buffer *body) {
    return is_not_known(status, body) && say_other_version(broker) ? GK_EXIT_FAILED
                                                                   : broker_refused(status, body);
}

/*
 * finish(), and the answer must be a JSON object that tells of success. `unprinted`: the status of
 * a refusal that is not printed, unless it is a fault's; 0: none.
 */
static int finish_object(
        struct broker_client *broker, int unprinted, struct broker_answer *ret_answer) {
    BROKER_ANSWER_AUTO struct broker_answer answer = {0};
    int status = 0;
    int error = finish(broker, &status, &answer.body);

    if (error != 0) {
        return error;
    }
    broker->has_met_fault = status > 299 && broker_refusal_is_of_fault(&answer.body);
    if (status == unprinted && !broker->has_met_fault) {
        return gk_status_exit(status);
    }
    if (status < 200 || status > 299) {
        return refused(broker, status, &answer.body);
    }
    error = broker_answer_read(&answer);
    if (error != 0) {
        return error;
    }
    *ret_answer = answer;
    answer = (struct broker_answer){0};
    return 0;
}

void broker_begin(struct broker_client *broker, const struct broker_request *asked, bool more) {
    const struct broker_condition *condition = &asked->condition;
    BUFFER_AUTO struct buffer path = BUFFER_NULL;
    BUFFER_AUTO struct buffer if_match = BUFFER_NULL;
    GK_AUTO_WIPE char *body = NULL;
    struct http_request request = {
            .method = asked->method, .takes_long = asked->takes_long, .more = more};

    buffer_append_text(&path, asked->route);
    if (asked->name != NULL) {
        secret_name_append_url(&path, asked->name);
    }
    if (asked->query != NULL) {
        buffer_append_text(&path, asked->query);
    }
    request.path = buffer_string(&path);
    if (asked->body != NULL) {
        body = json_dumps(asked->body, JSON_COMPACT);
        if (body == NULL) {
            heap_exhausted();
        }
        request.media = strcmp(asked->method, "PATCH") == 0 ? GK_MEDIA_MERGE_PATCH : GK_MEDIA_JSON;
        request.body = body;
        request.body_len = strlen(body);
    }
    if (condition->if_match != NULL) {
        bool is_any = strcmp(condition->if_match, "*") == 0;

        buffer_printf(&if_match, is_any ? "%s" : "\"%s\"", condition->if_match);
        request.if_match = buffer_string(&if_match);
    }
    request.if_none_match = condition->create ? "*" : NULL;
    if (!asked->takes_long && request.body_len > broker->largest_body_bytes) {
        broker->largest_body_bytes = request.body_len;
    }
    http_begin(broker->http, &request);
}

int broker_ask(struct broker_client *broker, const struct broker_request *request,
        struct broker_answer *ret_answer) {
    broker_begin(broker, request, false);
    return finish_object(broker, request->unprinted, ret_answer);
}

int broker_finish(struct broker_client *broker, struct broker_answer *ret_answer) {
    BROKER_ANSWER_AUTO struct broker_answer answer = {0};
    int status = 0;
    int error = finish(broker, &status, &answer.body);

    if (error != 0) {
        return error;
    }
    if (status != 200) {
        return broker_refused(status, &answer.body);
    }
    if (ret_answer == NULL) {
        return 0;
    }
    error = broker_answer_read(&answer);
    if (error != 0) {
        return error;
    }
    *ret_answer = answer;
    answer = (struct broker_answer){0};
    return 0;
}

void broker_page_begin(struct broker_client *broker, const char *path, bool goes_on) {
    http_begin(broker->http,
            &(struct http_request){.method = "GET", .path = path, .goes_on = goes_on});
}

int broker_ask_in_pieces(
        struct broker_client *broker, const char *path, broker_take_piece take, void *userdata) {
    BUFFER_AUTO struct buffer body = BUFFER_NULL;
    int status = 0;
    int error;

    broker_page_begin(broker, path, false);
    http_take_pieces(broker->http, take, userdata);
    error = finish(broker, &status, &body);
    http_take_pieces(broker->http, NULL, NULL);
    if (error != 0) {
        return error;
    }
    return status == 200 ? 0 : refused(broker, status, &body);
}

int broker_page_finish(struct broker_client *broker, struct buffer *ret_page) {
    int status = 0;
    int error = finish(broker, &status, ret_page);

    if (error != 0) {
        return error;
    }
    return status == 200 ? 0 : refused(broker, status, ret_page);
}
