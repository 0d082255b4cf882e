#include "api/ghostkey/api.h"

#include "api/ghostkey/handlers.h"
#include "api/ghostkey/reply.h"
#include "api/ghostkey/request.h"
#include "api/ghostkey/request_text.h"

#define METHODS_MAX 4

struct method {
    const char *name;
    int (*handle)(struct exchange *exchange);
    unsigned int query; /* enum query_parameter */
    bool changes;       /* works in the turn's transaction */
};

/* A path that ends in '/' is followed by a secret's name. */
struct resource {
    const char *path;
    const char *allow;
    struct method methods[METHODS_MAX];
};

#define QUERY_LIST (QUERY_PREFIX | QUERY_AFTER_NAME | QUERY_LIMIT | QUERY_VALUES | QUERY_EXPIRED)

/* The ones asked most stand first. HEAD goes where GET goes. */
static const struct resource resources[] = {
        {GK_ROUTE_SECRET, "GET, HEAD, PUT, PATCH, DELETE",
                {{"GET", handle_get_secret, QUERY_VERSION, false},
                        {"PUT", handle_put_secret, 0, true},
                        {"PATCH", handle_patch_secret, 0, true},
                        {"DELETE", handle_delete_secret, 0, true}}},
        {GK_ROUTE_ROTATE, "POST", {{"POST", handle_rotate_secret, 0, true}}},
        {GK_ROUTE_METADATA, "GET, HEAD", {{"GET", handle_get_metadata, 0, false}}},
        {GK_ROUTE_SECRETS, "GET, HEAD", {{"GET", handle_list_secrets, QUERY_LIST, false}}},
        {GK_ROUTE_CLEANUP, "POST", {{"POST", handle_cleanup, 0, true}}},
        {GK_ROUTE_CLOCK, "GET, HEAD, PUT",
                {{"GET", handle_get_clock, 0, false}, {"PUT", handle_set_clock, 0, true}}},
        {GK_ROUTE_CLOCK_ADVANCE, "POST", {{"POST", handle_advance_clock, 0, true}}},
        {GK_ROUTE_EVENTS, "GET, HEAD",
                {{"GET", handle_list_events, QUERY_AFTER_SEQ | QUERY_LIMIT, false}}},
        {GK_ROUTE_STATUS, "GET, HEAD", {{"GET", handle_get_status, 0, false}}},
        {GK_ROUTE_OPENAPI, "GET, HEAD", {{"GET", handle_get_openapi, 0, false}}},
        {GK_ROUTE_METRICS, "GET, HEAD", {{"GET", handle_get_metrics, 0, false}}},
};

#define RESOURCE_COUNT (sizeof(resources) / sizeof(*resources))

_Static_assert(RESOURCE_COUNT < API_ROUTES_MAX, "metrics have no room for a route");

const char *api_route_path(size_t route) {
    return route < RESOURCE_COUNT ? resources[route].path : NULL;
}

static const struct resource *find_resource(struct span path) {
    for (size_t i = 0; i < RESOURCE_COUNT; i++) {
        struct span known = span_of(resources[i].path);

        if (known.data[known.len - 1] == '/' ? span_starts_with(path, known)
                                             : span_equals(path, known)) {
            return &resources[i];
        }
    }
    return NULL;
}

static const struct method *find_method(const struct resource *resource, struct span name) {
    struct span wanted = span_is(name, "HEAD") ? SPAN_LITERAL("GET") : name;

    for (size_t i = 0; i < METHODS_MAX && resource->methods[i].name != NULL; i++) {
        if (span_is(wanted, resource->methods[i].name)) {
            return &resource->methods[i];
        }
    }
    return NULL;
}

/* 404 and 405. */
static int decide_route(struct exchange *exchange, const struct resource **ret_resource,
        const struct method **ret_method) {
    const struct resource *resource = find_resource(exchange->path);
    const struct method *method;

    if (resource == NULL) {
        return GK_E_NO_ROUTE;
    }
    exchange->route = (size_t)(resource - resources);
    method = find_method(resource, exchange->method);
    if (method == NULL) {
        exchange->answer.allow = resource->allow;
        return problem_set(
                &exchange->problem, GK_E_METHOD, "this path knows %s only", resource->allow);
    }
    *ret_resource = resource;
    *ret_method = method;
    return 0;
}

/* 400 for what stands in the head: name, query, preconditions. */
static int decode_head(
        struct exchange *exchange, const struct resource *resource, const struct method *method) {
    size_t path_len = strlen(resource->path);
    struct span rest = {exchange->path.data + path_len, exchange->path.len - path_len};
    int error = 0;

    if (resource->path[path_len - 1] == '/') {
        error = request_decode_name(
                rest, exchange->name_place, &exchange->name, &exchange->problem);
    }
    if (error == 0) {
        error = request_decode_query(exchange->has_query ? exchange->query_text : SPAN_NULL,
                method->query, &exchange->query, &exchange->problem);
    }
    if (error == 0) {
        error = request_decode_expectations(exchange->if_match, exchange->if_none_match,
                exchange->expectations, &exchange->problem);
    }
    return error;
}

static int check_media(struct exchange *exchange) {
    bool is_read = span_is(exchange->method, "GET") || span_is(exchange->method, "HEAD");

    struct span coding = request_foreign_coding(exchange->content_encoding);

    /* a body has no meaning in a GET (RFC 9110, section 9.3.1), whatever it is */
    if (is_read || exchange->body.len == 0) {
        return 0;
    }
    if (coding.data != NULL) {
        return problem_set(&exchange->problem, GK_E_MEDIA_TYPE,
                "'Content-Encoding: %s' is not understood: send the body as it is",
                shown_ascii(coding).text);
    }
    if (exchange->content_type.len == 0 || request_is_json(exchange->content_type)) {
        return 0;
    }
    return problem_set(&exchange->problem, GK_E_MEDIA_TYPE,
            "the body must be JSON: send it with 'Content-Type: " GK_MEDIA_JSON "'");
}

static int decide(struct exchange *exchange) {
    const struct resource *resource = NULL;
    const struct method *method = NULL;
    int error;

    if (exchange->refused == GK_E_FORBIDDEN || exchange->refused == GK_E_UNAUTHORIZED) {
        return exchange->refused;
    }
    error = decide_route(exchange, &resource, &method);
    if (error == 0) {
        error = decode_head(exchange, resource, method);
    }
    if (error == 0) {
        error = exchange->refused;
    }
    if (error == 0) {
        error = check_media(exchange);
    }
    if (error != 0) {
        return error;
    }
    exchange->after_commit = method->changes;
    return method->handle(exchange);
}

void api_answer(struct exchange *exchange) {
    int error;

    exchange->route = API_ROUTE_NONE;
    error = decide(exchange);

    if (error == 0) {
        error = buffer_finish(&exchange->answer.body);
        if (error != 0 && exchange->after_commit) {
            broker_void(exchange->broker, error); /* a 500 changes nothing (contract, section 3) */
        }
    }
    if (error != 0) {
        api_refuse(exchange, error);
    }
}

void api_reset(struct exchange *exchange) {
    buffer_deinit(&exchange->answer.body);
    exchange->answer = (struct answer){0};
    exchange->problem = PROBLEM_NULL;
    exchange->after_commit = false;
}

void api_refuse(struct exchange *exchange, int error) {
    struct answer *answer = &exchange->answer;

    buffer_deinit(&answer->body);
    answer->status = gk_outcome_status(error);
    answer->media = GK_MEDIA_PROBLEM;
    answer->etag = 0;
    answer->is_stream = false;
    reply_problem(&answer->body, error, &exchange->problem);
    if (buffer_finish(&answer->body) != 0) {
        buffer_deinit(&answer->body); /* the status alone must do */
        answer->media = NULL;
    }
}
