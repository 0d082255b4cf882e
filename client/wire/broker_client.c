#include "wire/broker_client.h"

#include <errno.h>
#include <string.h>

#include <ghostkey/error.h>
#include <ghostkey/protocol.h>

#include "heap.h"
#include "secret_name.h"
#include "terminal/output.h"
#include "terminal/signals.h"
#include "wire/http.h"

#define INTEGER_DIGITS_MAX 18 /* every number of so many digits fits into a json_int_t */

/* Where to look if the daemon does not answer. */
#define STATUS_HINT \
    "if systemd should run it, 'systemctl --user status ghostkey.service' says why it does not"

struct broker_client {
    struct http_client *http;
    char *shown; /* where the daemon is */
    bool is_broken;
    size_t largest_put_bytes; /* of a body that was sent */
};

void broker_answer_deinit(struct broker_answer *answer) {
    json_decref(answer->document);
    buffer_deinit(&answer->body);
    answer->document = NULL;
}

int broker_answer_misunderstood(const char *lacking) {
    output_error("cannot make sense of the daemon's answer (%s); is it a GhostKey daemon of this "
                 "version?",
            lacking);
    return GK_EXIT_FAILED;
}

int broker_answer_read(struct broker_answer *answer) {
    answer->document = json_loadb(
            buffer_string(&answer->body), answer->body.len, JSON_REJECT_DUPLICATES, NULL);
    return json_is_object(answer->document) ? 0 : broker_answer_misunderstood("not a JSON object");
}

static broker_wording append_wording;
static const void *wording_userdata;

void broker_set_wording(broker_wording append, const void *userdata) {
    append_wording = append;
    wording_userdata = userdata;
}

static void print_detail(const char *detail) {
    BUFFER_AUTO struct buffer shown = BUFFER_NULL;

    if (append_wording == NULL) {
        output_error("%s", detail);
        return;
    }
    append_wording(wording_userdata, detail, &shown);
    output_error("%s", buffer_string(&shown));
}

/* In the daemon's words, if it has any. A redirect or the like is a failure, too. */
int broker_refused(int status, const struct buffer *body) {
    json_auto_t *document = json_loadb(buffer_string(body), body->len, 0, NULL);
    const json_t *detail = json_object_get(document, "detail");
    const json_t *title = json_object_get(document, "title");
    int exit_status = gk_status_exit(status);

    if (json_is_string(detail)) {
        print_detail(json_string_value(detail));
    } else if (json_is_string(title)) {
        output_error("the daemon answered %d %s", status, json_string_value(title));
    } else {
        output_error("the daemon answered %d", status);
    }
    return exit_status != GK_EXIT_DONE ? exit_status : GK_EXIT_FAILED;
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
    if (target->is_unix) {
        output_error("start it with 'systemctl --user start ghostkey.socket' or "
                     "'ghostkeyd --socket %s'",
                target->shown);
    } else {
        output_error("start it with 'ghostkeyd --tcp ADDRESS:PORT', or leave --url out to use "
                     "its socket");
    }
    output_error(STATUS_HINT);
    return GK_EXIT_UNREACHABLE;
}

int broker_client_open(const struct target *target, struct broker_client **ret_broker) {
    struct http_client *http = NULL;
    struct broker_client *broker;
    int error = http_client_new(target, &http);

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

bool broker_client_is_broken(const struct broker_client *broker) {
    return broker->is_broken;
}

/* Takes the answer to the oldest request. `sent_bytes`: of the request's body. */
static int finish(
        struct broker_client *broker, size_t sent_bytes, int *ret_status, struct buffer *ret_body) {
    broker->is_broken = http_finish(broker->http, ret_status, ret_body) != 0;
    if (!broker->is_broken) {
        return 0;
    }
    if (signals_is_interrupted()) {
        return GK_EXIT_FAILED; /* the user who interrupted it needs no message */
    }
    output_error("the exchange with the daemon at %s broke: %s", broker->shown,
            http_client_fault(broker->http));
    output_error(STATUS_HINT);
    if (sent_bytes > GK_BODY_MAX_BYTES(GK_VALUE_MAX_BYTES_DEFAULT)) {
        output_error("a value of that size needs a daemon with a larger --max-value");
    }
    return GK_EXIT_FAILED;
}

/* finish(), and the answer must be a JSON object that tells of success. */
static int finish_object(
        struct broker_client *broker, size_t sent_bytes, struct broker_answer *ret_answer) {
    BROKER_ANSWER_AUTO struct broker_answer answer = {0};
    int status = 0;
    int error = finish(broker, sent_bytes, &status, &answer.body);

    if (error != 0) {
        return error;
    }
    if (status < 200 || status > 299) {
        return broker_refused(status, &answer.body);
    }
    error = broker_answer_read(&answer);
    if (error != 0) {
        return error;
    }
    *ret_answer = answer;
    answer = (struct broker_answer){0};
    return 0;
}

static int ask(struct broker_client *broker, const struct http_request *request,
        struct broker_answer *ret_answer) {
    http_begin(broker->http, request);
    return finish_object(broker, request->body_len, ret_answer);
}

/* A request without a body. `name` NULL: the route is the whole path. */
static int ask_plainly(struct broker_client *broker, const char *method, const char *route,
        const char *name, struct broker_answer *ret_answer) {
    BUFFER_AUTO struct buffer path = BUFFER_NULL;

    buffer_append_text(&path, route);
    if (name != NULL) {
        secret_name_append_url(&path, name);
    }
    return ask(broker, &(struct http_request){.method = method, .path = buffer_string(&path)},
            ret_answer);
}

void broker_put_begin(struct broker_client *broker, const char *name, const json_t *definition,
        const struct broker_put_condition *condition, bool more) {
    BUFFER_AUTO struct buffer path = BUFFER_NULL;
    BUFFER_AUTO struct buffer if_match = BUFFER_NULL;
    GK_AUTO_WIPE char *body = json_dumps(definition, JSON_COMPACT);
    struct http_request request = {
            .method = "PUT", .media = GK_MEDIA_JSON, .body = body, .more = more};

    if (body == NULL) {
        heap_exhausted();
    }
    buffer_append_text(&path, GK_ROUTE_SECRET);
    secret_name_append_url(&path, name);
    if (condition->if_match != NULL) {
        bool is_any = strcmp(condition->if_match, "*") == 0;

        buffer_printf(&if_match, is_any ? "%s" : "\"%s\"", condition->if_match);
        request.if_match = buffer_string(&if_match);
    }
    request.path = buffer_string(&path);
    request.body_len = strlen(body);
    request.if_none_match = condition->create ? "*" : NULL;
    if (request.body_len > broker->largest_put_bytes) {
        broker->largest_put_bytes = request.body_len;
    }
    http_begin(broker->http, &request);
}

int broker_put_finish(struct broker_client *broker, struct broker_answer *ret_answer) {
    BUFFER_AUTO struct buffer body = BUFFER_NULL;
    int status = 0;
    int error;

    if (ret_answer != NULL) {
        return finish_object(broker, broker->largest_put_bytes, ret_answer);
    }
    error = finish(broker, broker->largest_put_bytes, &status, &body);
    if (error != 0) {
        return error;
    }
    return status == 200 ? 0 : broker_refused(status, &body);
}

int broker_put(struct broker_client *broker, const char *name, const json_t *definition,
        const struct broker_put_condition *condition, struct broker_answer *ret_answer) {
    broker_put_begin(broker, name, definition, condition, false);
    return broker_put_finish(broker, ret_answer);
}

int broker_get(struct broker_client *broker, const char *name, const char *version,
        struct broker_answer *ret_answer) {
    BUFFER_AUTO struct buffer path = BUFFER_NULL;

    buffer_append_text(&path, GK_ROUTE_SECRET);
    secret_name_append_url(&path, name);
    if (version != NULL) {
        buffer_printf(&path, "?version=%s", version);
    }
    return ask_plainly(broker, "GET", buffer_string(&path), NULL, ret_answer);
}

int broker_describe(
        struct broker_client *broker, const char *name, struct broker_answer *ret_answer) {
    return ask_plainly(broker, "GET", GK_ROUTE_METADATA, name, ret_answer);
}

int broker_rotate(
        struct broker_client *broker, const char *name, struct broker_answer *ret_answer) {
    return ask_plainly(broker, "POST", GK_ROUTE_ROTATE, name, ret_answer);
}

int broker_delete(
        struct broker_client *broker, const char *name, struct broker_answer *ret_answer) {
    return ask_plainly(broker, "DELETE", GK_ROUTE_SECRET, name, ret_answer);
}

int broker_cleanup(struct broker_client *broker, struct broker_answer *ret_answer) {
    return ask_plainly(broker, "POST", GK_ROUTE_CLEANUP, NULL, ret_answer);
}

int broker_clock(struct broker_client *broker, struct broker_answer *ret_answer) {
    return ask_plainly(broker, "GET", GK_ROUTE_CLOCK, NULL, ret_answer);
}

json_t *broker_number_or_text(const char *text) {
    size_t digits = strspn(text, "0123456789");

    if (digits > 0 && digits <= INTEGER_DIGITS_MAX && text[digits] == '\0') {
        return json_integer(strtoll(text, NULL, 10));
    }
    return json_string(text);
}

/* A request with one member. */
static int ask_with_member(struct broker_client *broker, struct http_request *request,
        const char *member, const char *value, struct broker_answer *ret_answer) {
    json_auto_t *document = json_object();
    GK_AUTO_WIPE char *body = NULL;

    if (json_object_set_new(document, member, broker_number_or_text(value)) < 0) {
        output_error("'%s' is not UTF-8", value);
        return GK_EXIT_USAGE;
    }
    body = json_dumps(document, JSON_COMPACT);
    request->media = GK_MEDIA_JSON;
    request->body = body != NULL ? body : "";
    request->body_len = strlen(request->body);
    return ask(broker, request, ret_answer);
}

int broker_clock_advance(
        struct broker_client *broker, const char *by, struct broker_answer *ret_answer) {
    struct http_request request = {
            .method = "POST", .path = GK_ROUTE_CLOCK_ADVANCE, .takes_long = true};

    return ask_with_member(broker, &request, "by", by, ret_answer);
}

int broker_clock_set(
        struct broker_client *broker, const char *to, struct broker_answer *ret_answer) {
    struct http_request request = {.method = "PUT", .path = GK_ROUTE_CLOCK, .takes_long = true};

    return ask_with_member(broker, &request, "now", to, ret_answer);
}

int broker_events(
        struct broker_client *broker, const char *after, struct broker_answer *ret_answer) {
    BUFFER_AUTO struct buffer path = BUFFER_NULL;

    buffer_printf(&path, "%s?limit=%d&after=%s", GK_ROUTE_EVENTS, GK_PAGE_MAX, after);
    return ask_plainly(broker, "GET", buffer_string(&path), NULL, ret_answer);
}

int broker_status(struct broker_client *broker, struct broker_answer *ret_answer) {
    return ask_plainly(broker, "GET", GK_ROUTE_STATUS, NULL, ret_answer);
}

int broker_count(struct broker_client *broker, json_int_t *ret_seq, size_t *ret_secrets) {
    BROKER_ANSWER_AUTO struct broker_answer answer = {0};
    json_int_t seq;
    json_int_t secrets;
    int error = broker_status(broker, &answer);

    if (error != 0) {
        return error;
    }
    if (json_unpack(answer.document, "{s:I, s:I}", "last_event", &seq, "secrets", &secrets) != 0 ||
            seq < 0 || secrets < 0) {
        return broker_answer_misunderstood("a status has 'last_event' and 'secrets'");
    }
    *ret_seq = seq;
    *ret_secrets = (size_t)secrets;
    return 0;
}

void broker_page_begin(struct broker_client *broker, const char *path, bool goes_on) {
    http_begin(broker->http,
            &(struct http_request){.method = "GET", .path = path, .goes_on = goes_on});
}

int broker_page_finish(struct broker_client *broker, struct buffer *ret_page) {
    int status = 0;
    int error = finish(broker, 0, &status, ret_page);

    if (error != 0) {
        return error;
    }
    return status == 200 ? 0 : broker_refused(status, ret_page);
}
