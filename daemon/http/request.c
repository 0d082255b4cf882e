#include "http/request.h"

#include <h2o.h>
#include <strings.h>

static struct span span_of_iovec(h2o_iovec_t text) {
    return (struct span){text.base, text.len};
}

void request_set_target(struct request *request, struct span target) {
    static const struct span schemes[] = {{"http://", 7}, {"https://", 8}};
    const char *question = target.len > 0 ? memchr(target.data, '?', target.len) : NULL;

    if (question != NULL) {
        request->query.data = question + 1;
        request->query.len = target.len - (size_t)(question + 1 - target.data);
        target.len = (size_t)(question - target.data);
    }
    request->path = target;
    if (target.len == 0 || target.data[0] == '/') {
        return;
    }
    for (size_t at = 0; at < sizeof(schemes) / sizeof(schemes[0]); at++) {
        struct span scheme = schemes[at];
        struct span rest;
        const char *slash;

        if (target.len < scheme.len || strncasecmp(target.data, scheme.data, scheme.len) != 0) {
            continue;
        }
        rest = (struct span){target.data + scheme.len, target.len - scheme.len};
        slash = memchr(rest.data, '/', rest.len);
        request->target_host = rest;
        request->path = SPAN_LITERAL("/");
        if (slash != NULL) {
            request->target_host.len = (size_t)(slash - rest.data);
            request->path = (struct span){slash, rest.len - request->target_host.len};
        }
    }
}

void request_take(struct request *ret_request, struct st_h2o_req_t *req) {
    struct request *request = ret_request;
    struct header *headers =
            h2o_mem_alloc_pool(&req->pool, sizeof(*headers) * (req->headers.size + 1));

    for (size_t at = 0; at < req->headers.size; at++) {
        const h2o_header_t *header = &req->headers.entries[at];

        /* h2o 2.2 leaves the blanks at a value's end, which are no part of it (RFC 9110, 5.5) */
        headers[at].name = span_of_iovec(*header->name);
        headers[at].value = span_trim_end(span_of_iovec(header->value));
    }
    request->method = span_of_iovec(req->input.method);
    request->host = span_trim_end(span_of_iovec(req->input.authority));
    request->body = span_of_iovec(req->entity);
    request->headers = headers;
    request->header_count = req->headers.size;
    request->pool = &req->pool;
    request_set_target(request, span_of_iovec(req->input.path));
}

static bool is_named(const struct header *header, const char *name, size_t len) {
    return header->name.len == len && strncasecmp(header->name.data, name, len) == 0;
}

struct span request_header(const struct request *request, const char *name) {
    size_t len = strlen(name);

    for (size_t at = request->header_count; at > 0; at--) {
        if (is_named(&request->headers[at - 1], name, len)) {
            return request->headers[at - 1].value;
        }
    }
    return SPAN_NULL;
}

size_t request_header_count(const struct request *request, const char *name) {
    size_t len = strlen(name);
    size_t count = 0;

    for (size_t at = 0; at < request->header_count; at++) {
        count += is_named(&request->headers[at], name, len);
    }
    return count;
}

struct span request_list(const struct request *request, const char *name) {
    size_t len = strlen(name);
    h2o_iovec_t list = {NULL, 0};

    for (size_t at = 0; at < request->header_count; at++) {
        struct span value = request->headers[at].value;
        h2o_iovec_t line = {(char *)value.data, value.len}; /* only read */

        if (!is_named(&request->headers[at], name, len)) {
            continue;
        }
        list = list.base == NULL
                       ? line
                       : h2o_concat(request->pool, list, h2o_iovec_init(H2O_STRLIT(", ")), line);
    }
    return span_of_iovec(list);
}

struct span request_bearer(const struct request *request) {
    const struct span scheme = SPAN_LITERAL("Bearer ");
    struct span text = request_header(request, "authorization");

    if (text.len <= scheme.len || strncasecmp(text.data, scheme.data, scheme.len) != 0 ||
            request_header_count(request, "authorization") != 1) {
        return SPAN_NULL;
    }
    text = (struct span){text.data + scheme.len, text.len - scheme.len};
    while (text.len > 0 && text.data[0] == ' ') {
        text.data += 1;
        text.len -= 1;
    }
    return text;
}
