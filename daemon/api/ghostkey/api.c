/* The operations. Each request is routed, checked in the contract's order, and served. */
#include "api/ghostkey/api.h"

#include "api/ghostkey/handlers.h"
#include "api/ghostkey/page_access.h"
#include "api/ghostkey/reply.h"
#include "api/ghostkey/request.h"
#include "api/ghostkey/request_fault.h"
#include "http/fault.h"
#include "http/request_text.h"
#include "http/token.h"

#define NAME "{name}" /* the end of a label, where its paths have a secret's name */
#define FAULT GK_ROUTE_FAULT "{id}"
#define SECRET GK_ROUTE_SECRET NAME
#define ROTATE GK_ROUTE_ROTATE NAME
#define PROMOTE GK_ROUTE_PROMOTE NAME
#define DISCARD GK_ROUTE_DISCARD NAME
#define RESTORE GK_ROUTE_RESTORE NAME
#define VERIFY GK_ROUTE_VERIFY NAME
#define READERS GK_ROUTE_READERS NAME
#define METADATA GK_ROUTE_METADATA NAME
#define QUERY_LIST \
    (QUERY_PREFIX | QUERY_AFTER_NAME | QUERY_LIMIT | QUERY_VALUES | QUERY_EXPIRED | QUERY_LABEL | \
            QUERY_DELETED)
#define QUERY_EVENTS (QUERY_AFTER_SEQ | QUERY_LIMIT)
#define QUERY_REQUESTS (QUERY_AFTER_REQUEST | QUERY_LIMIT)

/* The most frequent ones come first. HEAD is routed as GET. */
static const struct operation operations[] = {
        {SECRET, "GET", handle_get_secret, QUERY_VERSION | QUERY_STAGE, false, "get", CLASS_READ},
        {SECRET, "PUT", handle_put_secret, 0, true, "put", CLASS_WRITE},
        {SECRET, "PATCH", handle_patch_secret, 0, true, "patch", CLASS_WRITE},
        {SECRET, "DELETE", handle_delete_secret, QUERY_RECOVER, true, "delete", CLASS_DELETE},
        {ROTATE, "POST", handle_rotate_secret, 0, true, "rotate", CLASS_ROTATE},
        {METADATA, "GET", handle_get_metadata, 0, false, "metadata", CLASS_READ},
        {PROMOTE, "POST", handle_promote, 0, true, "promote", CLASS_ROTATE},
        {DISCARD, "POST", handle_discard, 0, true, "discard", CLASS_ROTATE},
        {RESTORE, "POST", handle_restore, 0, true, "restore", CLASS_WRITE},
        {VERIFY, "POST", handle_verify, 0, false, NULL, CLASS_NONE},
        {GK_ROUTE_SECRETS, "GET", handle_list_secrets, QUERY_LIST, false, "list", CLASS_LIST},
        {GK_ROUTE_CLEANUP, "POST", handle_cleanup, 0, true, "cleanup", CLASS_DELETE},
        {GK_ROUTE_RESET, "POST", handle_reset, 0, true, NULL, CLASS_NONE},
        {GK_ROUTE_APPLY, "POST", handle_apply, QUERY_PRUNE | QUERY_DRY_RUN, true, NULL, CLASS_NONE},
        {GK_ROUTE_DUMP, "GET", handle_dump, QUERY_VALUES, false, NULL, CLASS_NONE},
        {GK_ROUTE_CLOCK, "GET", handle_get_clock, 0, false, NULL, CLASS_NONE},
        {GK_ROUTE_CLOCK, "PUT", handle_set_clock, 0, true, NULL, CLASS_NONE},
        {GK_ROUTE_CLOCK_ADVANCE, "POST", handle_advance_clock, 0, true, NULL, CLASS_NONE},
        {GK_ROUTE_EVENTS, "GET", handle_list_events, QUERY_EVENTS, false, NULL, CLASS_NONE},
        {READERS, "GET", handle_list_readers, 0, false, NULL, CLASS_NONE},
        {GK_ROUTE_REQUESTS, "GET", handle_list_requests, QUERY_REQUESTS, false, NULL, CLASS_NONE,
                true},
        {GK_ROUTE_FAULTS, "GET", handle_list_faults, 0, false, NULL, CLASS_NONE},
        {GK_ROUTE_FAULTS, "DELETE", handle_delete_faults, 0, true, NULL, CLASS_NONE},
        {FAULT, "GET", handle_get_fault, 0, false, NULL, CLASS_NONE},
        {FAULT, "PUT", handle_put_fault, 0, true, NULL, CLASS_NONE},
        {FAULT, "DELETE", handle_delete_fault, 0, true, NULL, CLASS_NONE},
        {GK_ROUTE_STATUS, "GET", handle_get_status, 0, false, NULL, CLASS_NONE},
        {GK_ROUTE_PAGE_CODE, "POST", handle_page_code, 0, false, NULL, CLASS_NONE},
        {GK_ROUTE_PAGE_TOKEN, "POST", handle_page_token, 0, false, NULL, CLASS_NONE},
        {GK_ROUTE_OPENAPI, "GET", handle_get_openapi, 0, false, NULL, CLASS_NONE},
        {GK_ROUTE_METRICS, "GET", handle_get_metrics, 0, false, NULL, CLASS_NONE},
};

#define OPERATION_COUNT (sizeof(operations) / sizeof(operations[0]))

/* Index of a byte that differs between most labels. All of them are longer. */
#define TELLING (sizeof("/v1/") - 1)

/* Whether the path fits the label. Sets *ret_name if the label ends in a name. */
static bool is_at(struct span path, const char *label, struct span *ret_name) {
    struct span fixed;

    if (path.len <= TELLING || path.data[TELLING] != label[TELLING]) {
        return false;
    }
    fixed = span_of(label);
    if (fixed.data[fixed.len - 1] != '}') {
        return span_equals(path, fixed);
    }
    fixed = span_take_until(&fixed, '{');
    if (!span_starts_with(path, fixed)) {
        return false;
    }
    *ret_name = (struct span){path.data + fixed.len, path.len - fixed.len};
    return true;
}

static bool is_read(const struct request *request) {
    return span_is(request->method, "GET") || span_is(request->method, "HEAD");
}

/* 405, with the methods that the operation's path has. */
static int refuse_method(struct call *call) {
    char *allow = call->answer.allow;

    for (size_t at = 0; at < OPERATION_COUNT; at++) {
        if (strcmp(operations[at].label, call->operation->label) == 0) {
            strcat(allow, allow[0] == '\0' ? "" : ", "); /* all methods fit */
            strcat(allow, strcmp(operations[at].method, "GET") == 0 ? "GET, HEAD"
                                                                    : operations[at].method);
        }
    }
    return problem_set(&call->problem, GK_E_METHOD, "this path knows %s only", allow);
}

static int route(struct call *call) {
    struct span method =
            span_is(call->request.method, "HEAD") ? SPAN_LITERAL("GET") : call->request.method;

    for (size_t at = 0; at < OPERATION_COUNT; at++) {
        if (!is_at(call->request.path, operations[at].label, &call->named_in_path)) {
            continue;
        }
        call->operation = &operations[at];
        if (span_is(method, operations[at].method)) {
            return 0;
        }
    }
    return call->operation == NULL ? GK_E_NO_ROUTE : refuse_method(call);
}

/* Decodes the head: name, query, expectations. GK_E_BAD_REQUEST */
static int decode_head(struct call *call, struct arguments *arguments) {
    const struct request *request = &call->request;
    struct span name = call->named_in_path;
    int error;

    if (name.data != NULL) {
        error = strcmp(call->operation->label, FAULT) == 0
                        ? request_decode_fault_id(
                                  name, arguments->id_place, &arguments->id, &call->problem)
                        : request_decode_name(
                                  name, arguments->name_place, &arguments->name, &call->problem);
        if (error != 0) {
            return error;
        }
    }
    error = request_decode_query(
            request->query, call->operation->parameters, &arguments->query, &call->problem);
    if (error != 0) {
        return error;
    }
    return request_decode_expectations(request_list(request, "if-match"),
            request_list(request, "if-none-match"), arguments->expectations, &call->problem);
}

static int check_media(struct call *call) {
    const struct request *request = &call->request;
    struct span coding;
    struct span type;

    /* a body has no meaning in a GET (RFC 9110, section 9.3.1), so its type does not matter */
    if (request->body.len == 0 || is_read(request)) {
        return 0;
    }
    coding = request_foreign_coding(request_list(request, "content-encoding"));
    if (coding.data != NULL) {
        return problem_set(&call->problem, GK_E_MEDIA_TYPE,
                "'Content-Encoding: %s' is not understood: send the body as it is",
                shown_ascii(coding).text);
    }
    type = request_header(request, "content-type");
    if (type.len == 0 || request_is_json(type)) {
        return 0;
    }
    return problem_set(&call->problem, GK_E_MEDIA_TYPE,
            "the body must be JSON: send it with 'Content-Type: " GK_MEDIA_JSON "'");
}

static int serve(struct call *call) {
    struct arguments arguments;
    int error;

    arguments.name = SPAN_NULL;
    error = decode_head(call, &arguments);
    if (error != 0) {
        return error;
    }
    if (arguments.name.data != NULL) {
        mentions_add(&call->named, arguments.name, NULL);
    }
    call->reads_current = call->operation->handle == handle_get_secret &&
                          arguments.query.version == 0 && !arguments.query.has_stage;
    error = call_begin(call);
    if (error != 0) {
        return error;
    }
    error = check_media(call);
    if (error != 0) {
        return error;
    }
    call->decoded = &arguments;
    call->after_commit = call->operation->changes;
    error = call->operation->handle(call);
    call->decoded = NULL;
    return error;
}

/* page-token is how the page gets its token; page-code refuses clients of TCP by itself. */
static bool needs_no_token(const struct request *request) {
    return span_is(request->path, GK_ROUTE_PAGE_TOKEN) ||
           span_is(request->path, GK_ROUTE_PAGE_CODE);
}

static enum speaker may_speak(const struct api_request *request) {
    struct span bearer;

    if (!request->is_tcp) {
        return SPEAKER_KNOWN;
    }
    bearer = request_bearer(request->request);
    if (token_matches(request->context->token, bearer) ||
            page_access_matches(request->context->page, bearer)) {
        return SPEAKER_KNOWN;
    }
    return needs_no_token(request->request) ? SPEAKER_ANYONE : SPEAKER_REFUSED;
}

static void refuse(struct call *call, int outcome) {
    static const struct problem no_token = {.detail = "over TCP each request needs 'Authorization: "
                                                      "Bearer TOKEN', with the token from the "
                                                      "daemon's token file"};
    const struct problem *problem = &call->problem;
    struct answer *answer = &call->answer;

    answer->status =
            outcome == GK_E_FAULT ? fault_status(&call->effect) : gk_outcome_status(outcome);
    answer->media = GK_MEDIA_PROBLEM;
    answer->challenge = NULL;
    if (outcome == GK_E_FAULT) {
        reply_problem_status(&answer->body, answer->status, answer_reason(answer->status),
                span_of(problem->detail));
        return;
    }
    if (outcome == GK_E_UNAUTHORIZED) {
        answer->challenge = "Bearer";
        problem = problem->detail[0] == '\0' ? &no_token : problem;
    }
    reply_problem(&answer->body, outcome, problem);
}

/* This API also answers the requests that no other API claims. */
static bool claims(const struct api_request *request) {
    return true;
}

const struct api ghostkey_api = {
        .name = "ghostkey",
        .operations = operations,
        .operation_count = OPERATION_COUNT,
        .large_body = "POST " GK_ROUTE_APPLY,
        .claims = claims,
        .may_speak = may_speak,
        .route = route,
        .serve = serve,
        .refuse = refuse,
};

const struct event_form ghostkey_event_form = {
        .write = reply_event,
        .start = {"{\"seq\":", 7},
        .end = '}',
};
