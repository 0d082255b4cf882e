#include "wire/broker_verbs.h"

#include <ghostkey/error.h>
#include <ghostkey/protocol.h>

#include "heap.h"
#include "secret_name.h"
#include "terminal/output.h"

#define INTEGER_DIGITS_MAX 18 /* every number of so many digits fits into a json_int_t */

/* A request without a body. */
static int ask_plainly(struct broker_client *broker, const char *method, const char *route,
        const char *name, struct broker_answer *ret_answer) {
    return broker_ask(broker,
            &(struct broker_request){.method = method, .route = route, .name = name}, ret_answer);
}

/* A POST. It takes over `body`; NULL: there is no memory. */
static int post(struct broker_client *broker, const char *route, const char *name, json_t *body,
        struct broker_answer *ret_answer) {
    json_auto_t *owned = body;

    if (owned == NULL) {
        heap_exhausted();
    }
    return broker_ask(broker,
            &(struct broker_request){.method = "POST", .route = route, .name = name, .body = owned},
            ret_answer);
}

int broker_get(struct broker_client *broker, const char *name, const char *parameter,
        const char *value, struct broker_answer *ret_answer) {
    BUFFER_AUTO struct buffer query = BUFFER_NULL;
    struct broker_request request = {.method = "GET", .route = GK_ROUTE_SECRET, .name = name};

    if (parameter != NULL) {
        buffer_printf(&query, "?%s=", parameter);
        secret_name_append_url(&query, value);
        request.query = buffer_string(&query);
    }
    return broker_ask(broker, &request, ret_answer);
}

int broker_describe(
        struct broker_client *broker, const char *name, struct broker_answer *ret_answer) {
    return ask_plainly(broker, "GET", GK_ROUTE_METADATA, name, ret_answer);
}

int broker_rotate(struct broker_client *broker, const char *name, bool pending,
        struct broker_answer *ret_answer) {
    if (!pending) {
        return ask_plainly(broker, "POST", GK_ROUTE_ROTATE, name, ret_answer);
    }
    return post(broker, GK_ROUTE_ROTATE, name, json_pack("{s:b}", "pending", true), ret_answer);
}

int broker_stage(struct broker_client *broker, const char *route, const char *name,
        json_int_t version, struct broker_answer *ret_answer) {
    if (version == 0) {
        return ask_plainly(broker, "POST", route, name, ret_answer);
    }
    return post(broker, route, name, json_pack("{s:I}", "version", version), ret_answer);
}

int broker_delete(struct broker_client *broker, const char *name, const char *recover,
        struct broker_answer *ret_answer) {
    BUFFER_AUTO struct buffer query = BUFFER_NULL;
    struct broker_request request = {.method = "DELETE", .route = GK_ROUTE_SECRET, .name = name};

    if (recover != NULL) {
        buffer_append_text(&query, "?recover=");
        secret_name_append_url(&query, recover);
        request.query = buffer_string(&query);
    }
    return broker_ask(broker, &request, ret_answer);
}

int broker_apply(struct broker_client *broker, const json_t *document, bool prune, bool dry_run,
        struct broker_answer *ret_answer) {
    BUFFER_AUTO struct buffer query = BUFFER_NULL;
    struct broker_request request = {
            .method = "POST", .route = GK_ROUTE_APPLY, .body = document, .takes_long = true};

    buffer_printf(&query, "%s%s%s%s", prune || dry_run ? "?" : "", prune ? "prune=true" : "",
            prune && dry_run ? "&" : "", dry_run ? "dry_run=true" : "");
    request.query = buffer_string(&query);
    return broker_ask(broker, &request, ret_answer);
}

int broker_dump(struct broker_client *broker, bool values, broker_take_piece take, void *userdata) {
    return broker_ask_in_pieces(
            broker, values ? GK_ROUTE_DUMP "?values=true" : GK_ROUTE_DUMP, take, userdata);
}

int broker_cleanup(struct broker_client *broker, struct broker_answer *ret_answer) {
    return ask_plainly(broker, "POST", GK_ROUTE_CLEANUP, NULL, ret_answer);
}

int broker_reset(struct broker_client *broker, struct broker_answer *ret_answer) {
    return post(broker, GK_ROUTE_RESET, NULL, json_pack("{s:b}", "force", true), ret_answer);
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

/* Moves the clock; the only member of the body is `member`. */
static int move_clock(struct broker_client *broker, struct broker_request *request,
        const char *member, const char *value, struct broker_answer *ret_answer) {
    json_auto_t *body = json_object();

    if (json_object_set_new(body, member, broker_number_or_text(value)) < 0) {
        output_error("'%s' is not UTF-8", value);
        return GK_EXIT_USAGE;
    }
    request->body = body;
    request->takes_long = true;
    return broker_ask(broker, request, ret_answer);
}

int broker_clock_advance(
        struct broker_client *broker, const char *by, struct broker_answer *ret_answer) {
    struct broker_request request = {.method = "POST", .route = GK_ROUTE_CLOCK_ADVANCE};

    return move_clock(broker, &request, "by", by, ret_answer);
}

int broker_clock_set(
        struct broker_client *broker, const char *to, struct broker_answer *ret_answer) {
    struct broker_request request = {.method = "PUT", .route = GK_ROUTE_CLOCK};

    return move_clock(broker, &request, "now", to, ret_answer);
}

int broker_events(
        struct broker_client *broker, const char *after, struct broker_answer *ret_answer) {
    BUFFER_AUTO struct buffer query = BUFFER_NULL;

    buffer_printf(&query, "?limit=%d&after=%s", GK_PAGE_MAX, after);
    return broker_ask(broker,
            &(struct broker_request){
                    .method = "GET", .route = GK_ROUTE_EVENTS, .query = buffer_string(&query)},
            ret_answer);
}

int broker_readers(
        struct broker_client *broker, const char *name, struct broker_answer *ret_answer) {
    return ask_plainly(broker, "GET", GK_ROUTE_READERS, name, ret_answer);
}

int broker_requests(struct broker_client *broker, struct broker_answer *ret_answer) {
    return ask_plainly(broker, "GET", GK_ROUTE_REQUESTS, NULL, ret_answer);
}

int broker_page_code(struct broker_client *broker, struct broker_answer *ret_answer) {
    return ask_plainly(broker, "POST", GK_ROUTE_PAGE_CODE, NULL, ret_answer);
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
        return broker_answer_misunderstood("no 'last_event' or no 'secrets' in its status");
    }
    *ret_seq = seq;
    *ret_secrets = (size_t)secrets;
    return 0;
}

int broker_fault_put(struct broker_client *broker, const char *id, const json_t *rule,
        struct broker_answer *ret_answer) {
    return broker_ask(broker,
            &(struct broker_request){
                    .method = "PUT", .route = GK_ROUTE_FAULT, .name = id, .body = rule},
            ret_answer);
}

int broker_fault_remove(
        struct broker_client *broker, const char *id, struct broker_answer *ret_answer) {
    return ask_plainly(broker, "DELETE", GK_ROUTE_FAULT, id, ret_answer);
}

int broker_faults(
        struct broker_client *broker, const char *method, struct broker_answer *ret_answer) {
    return ask_plainly(broker, method, GK_ROUTE_FAULTS, NULL, ret_answer);
}
