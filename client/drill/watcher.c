#include "drill/watcher.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <ghostkey/error.h>
#include <ghostkey/protocol.h>

#include "wire/broker_verbs.h"
#include "wire/secret_list.h"

#define ROUTE_REQUESTS "/v1/requests"
#define ROUTE_READERS "/v1/readers/"
#define GHOSTCTL "ghostctl["
#define NOT_FOUND_STATUS 404

static int ask_requests(
        struct broker_client *broker, json_int_t after, struct broker_answer *ret_answer) {
    BUFFER_AUTO struct buffer query = BUFFER_NULL;
    struct broker_request request = {.method = "GET", .route = ROUTE_REQUESTS};

    buffer_printf(&query, "?limit=1000&after=%lld", (long long)after);
    request.query = buffer_string(&query);
    return broker_ask(broker, &request, ret_answer);
}

int drill_requests_last(struct broker_client *broker, json_int_t *ret_seq) {
    BROKER_ANSWER_AUTO struct broker_answer answer = {0};
    int error = ask_requests(broker, 0, &answer);

    if (error != 0) {
        return error;
    }
    *ret_seq = json_integer_value(json_object_get(answer.document, "next"));
    return GK_EXIT_DONE;
}

/* The process id at the end of a peer such as "node[4711]"; 0: over TCP, where nobody knows it. */
static long pid_of(const char *peer) {
    const char *open = peer != NULL ? strrchr(peer, '[') : NULL;
    char *end = NULL;
    long pid = open != NULL ? strtol(open + 1, &end, 10) : 0;

    return pid > 0 && strcmp(end, "]") == 0 ? pid : 0;
}

static bool is_gone(long pid) {
    return kill((pid_t)pid, 0) != 0;
}

/*
 * Requests of no operation, such as verify, ask for no secret. A program that has ended counts as
 * the app's, but for ghostctl where there is a probe: probes call it often.
 */
static bool is_of_app(const struct drill_app *app, const json_t *request) {
    const char *peer = json_string_value(json_object_get(request, "peer"));
    long pid = pid_of(peer);

    if (!json_is_string(json_object_get(request, "operation"))) {
        return false;
    }
    if (pid == 0 || drill_app_has(app, pid)) {
        return true;
    }
    return is_gone(pid) && (app->probe == NULL || strncmp(peer, GHOSTCTL, strlen(GHOSTCTL)) != 0);
}

static bool says_the_same(const json_t *one, const json_t *other) {
    static const char *const members[] = {"api", "operation", "name", "status", "fault"};

    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        if (!json_equal(json_object_get(one, members[i]), json_object_get(other, members[i]))) {
            return false;
        }
    }
    return true;
}

static void count_request(json_t *requests, const json_t *request) {
    json_t *known;
    size_t index;

    json_array_foreach(requests, index, known) {
        if (says_the_same(known, request)) {
            json_int_t count = json_integer_value(json_object_get(known, "count"));

            json_object_set_new(known, "count", json_integer(count + 1));
            return;
        }
    }
    json_array_append_new(requests,
            json_pack("{s:O?, s:O?, s:O?, s:O?, s:O?, s:i}", "api", json_object_get(request, "api"),
                    "operation", json_object_get(request, "operation"), "name",
                    json_object_get(request, "name"), "status", json_object_get(request, "status"),
                    "fault", json_object_get(request, "fault"), "count", 1));
}

int drill_requests(struct broker_client *broker, const struct drill_app *app, json_int_t after,
        json_t **ret_requests) {
    BROKER_ANSWER_AUTO struct broker_answer answer = {0};
    int error = ask_requests(broker, after, &answer);
    json_auto_t *requests = json_array();
    json_t *request;
    size_t index;

    if (error != 0) {
        return error;
    }
    json_array_foreach(json_object_get(answer.document, "requests"), index, request) {
        if (is_of_app(app, request)) {
            count_request(requests, request);
        }
    }
    *ret_requests = json_incref(requests);
    return GK_EXIT_DONE;
}

static void add_held(json_t *holds, const json_t *document, const json_t *reader, json_t *stage) {
    json_array_append_new(
            holds, json_pack("{s:O?, s:O?, s:O?, s:O?, s:o?, s:O?}", "name",
                           json_object_get(document, "name"), "peer",
                           json_object_get(reader, "peer"), "api", json_object_get(reader, "api"),
                           "version", json_object_get(reader, "version"), "stage", stage, "current",
                           json_object_get(document, "current")));
}

/* Whether that process is of the app. Over TCP, where nobody knows it, everyone counts as such. */
static bool is_in_app(const struct drill_app *app, const json_t *reader) {
    long pid = pid_of(json_string_value(json_object_get(reader, "peer")));

    return pid == 0 || drill_app_has(app, pid);
}

static void add_readers(const struct drill_app *app, const json_t *document, json_t *holds) {
    const json_t *reader;
    size_t index;

    json_array_foreach(json_object_get(document, "readers"), index, reader) {
        if (is_in_app(app, reader)) {
            add_held(holds, document, reader, json_incref(json_object_get(reader, "stage")));
        }
    }
}

static bool has_reader(const json_t *document, const json_t *held) {
    const json_t *reader;
    size_t index;

    json_array_foreach(json_object_get(document, "readers"), index, reader) {
        if (json_equal(json_object_get(reader, "peer"), json_object_get(held, "peer")) &&
                json_equal(json_object_get(reader, "api"), json_object_get(held, "api"))) {
            return true;
        }
    }
    return false;
}

/* The first stage of that version, or null. */
static json_t *stage_of(struct broker_client *broker, const char *name, const json_t *number) {
    BROKER_ANSWER_AUTO struct broker_answer answer = {0};
    const json_t *version;
    size_t index;

    if (broker_describe(broker, name, &answer) != 0) {
        return json_null();
    }
    json_array_foreach(json_object_get(json_object_get(answer.document, "metadata"), "versions"),
            index, version) {
        json_t *stage = json_array_get(json_object_get(version, "stages"), 0);

        if (json_equal(json_object_get(version, "version"), number) && stage != NULL) {
            return json_incref(stage);
        }
    }
    return json_null();
}

static void add_earlier(struct broker_client *broker, const struct drill_app *app,
        const json_t *document, const json_t *earlier, json_t *holds) {
    const json_t *name = json_object_get(document, "name");
    const json_t *held;
    size_t index;

    json_array_foreach(earlier, index, held) {
        if (json_equal(json_object_get(held, "name"), name) && is_in_app(app, held) &&
                !has_reader(document, held)) {
            add_held(holds, document, held,
                    stage_of(broker, json_string_value(name), json_object_get(held, "version")));
        }
    }
}

static bool forget_secrets(void *userdata) {
    json_array_clear(userdata);
    return true;
}

static int take_secrets(void *userdata, const struct secret_list_page *page) {
    json_array_extend(userdata, json_object_get(page->answer->document, "secrets"));
    return GK_EXIT_DONE;
}

int drill_secrets(struct broker_client *broker, json_t **ret_secrets) {
    const struct secret_query query = {.expired = "include"};
    json_auto_t *secrets = json_array();
    const struct secret_list_reader reader = {
            .begin = forget_secrets, .take = take_secrets, .userdata = secrets};
    int error = secret_list_read(broker, &query, &reader);

    if (error != 0) {
        return error;
    }
    *ret_secrets = json_incref(secrets);
    return GK_EXIT_DONE;
}

int drill_add_names(struct broker_client *broker, json_t *names) {
    const struct broker_request request = {.method = "GET", .route = GK_ROUTE_DUMP};
    BROKER_ANSWER_AUTO struct broker_answer answer = {0};
    int error = broker_ask(broker, &request, &answer);
    const char *name;
    json_t *definition;

    if (error != 0) {
        return error;
    }
    json_object_foreach(json_object_get(answer.document, "secrets"), name, definition) {
        json_object_set_new(names, name, json_null());
    }
    return GK_EXIT_DONE;
}

int drill_holds(struct broker_client *broker, const struct drill_app *app, const json_t *names,
        const json_t *earlier, json_t **ret_holds) {
    json_auto_t *holds = json_array();
    const char *name;
    json_t *nothing;

    json_object_foreach((json_t *)names, name, nothing) {
        const struct broker_request request = {.method = "GET",
                .route = ROUTE_READERS,
                .name = name,
                .unprinted = NOT_FOUND_STATUS};
        BROKER_ANSWER_AUTO struct broker_answer answer = {0};
        int error = broker_ask(broker, &request, &answer);

        if (error == GK_EXIT_NOT_FOUND) {
            continue;
        }
        if (error != 0) {
            return error;
        }
        add_readers(app, answer.document, holds);
        add_earlier(broker, app, answer.document, earlier, holds);
    }
    *ret_holds = json_incref(holds);
    return GK_EXIT_DONE;
}
