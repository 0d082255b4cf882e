/*
 * Serves the files of the page, over TCP only. They hold no data, so they need no token: the page's
 * script gets one (api/ghostkey/page_access.h) and uses GhostKey's own API with it.
 */
#include <strings.h>

#include "api/ghostkey/api.h"
#include "api/page/api.h"
#include "api/page/page_file.h"
#include "http/call.h"
#include "http/operation.h"

#define ROOT "/"
#define FOLDER "/page/"

static int serve_file(struct call *call);

static const struct operation operations[] = {
        {ROOT, "GET", serve_file, 0, false, NULL, CLASS_NONE},
        {FOLDER "{file}", "GET", serve_file, 0, false, NULL, CLASS_NONE},
};

/*
 * What a browser must not do with the page: run or load what is not a file of it, show it in a
 * frame, share its process or its files with another site, tell another site its address.
 */
static const struct {
    const char *name;
    const char *text;
} headers[] = {
        {"content-security-policy",
                "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
                "img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
                "require-trusted-types-for 'script'; trusted-types 'none'"},
        {"x-content-type-options", "nosniff"},
        {"referrer-policy", "no-referrer"},
        {"cross-origin-opener-policy", "same-origin"},
        {"cross-origin-embedder-policy", "require-corp"},
        {"cross-origin-resource-policy", "same-origin"},
        {"x-frame-options", "DENY"},
};

/* NULL: there is none. */
static const struct page_file *find_file(struct span path) {
    for (size_t at = 0; at < page_file_count; at++) {
        if (span_is(path, page_files[at].path)) {
            return &page_files[at];
        }
    }
    return NULL;
}

static int serve_file(struct call *call) {
    const struct page_file *file = find_file(call->request.path);
    struct answer *answer = &call->answer;

    answer->status = 200;
    answer->media = file->media;
    answer->cache = "no-store";
    buffer_append(&answer->body, file->text.data, file->text.len);
    for (size_t at = 0; at < sizeof(headers) / sizeof(headers[0]); at++) {
        answer_add_header(answer, headers[at].name, span_of(headers[at].text));
    }
    return 0;
}

static int route(struct call *call) {
    const struct request *request = &call->request;
    bool is_root = span_is(request->path, ROOT);

    call->operation = &operations[is_root ? 0 : 1];
    if (find_file(request->path) == NULL) {
        call->operation = NULL;
        return GK_E_NO_ROUTE;
    }
    if (span_is(request->method, "GET") || span_is(request->method, "HEAD")) {
        return 0;
    }
    strcpy(call->answer.allow, "GET, HEAD");
    return problem_set(&call->problem, GK_E_METHOD, "this path knows GET, HEAD only");
}

static int serve(struct call *call) {
    return call->operation->handle(call);
}

static enum speaker may_speak(const struct api_request *request) {
    return SPEAKER_ANYONE;
}

static void refuse(struct call *call, int outcome) {
    ghostkey_api.refuse(call, outcome);
}

/* Whether one of the types that the client accepts is HTML by its name. */
static bool wants_html(const struct request *request) {
    const struct span html = SPAN_LITERAL("text/html");
    struct span accept = request_list(request, "accept");

    while (accept.len > 0) {
        struct span type = span_take_until(&accept, ',');

        type = span_trim(span_take_until(&type, ';'));
        if (type.len == html.len && strncasecmp(type.data, html.data, html.len) == 0) {
            return true;
        }
    }
    return false;
}

static bool claims(const struct api_request *asked) {
    const struct request *request = asked->request;

    if (!asked->is_tcp) {
        return false;
    }
    if (span_is(request->path, ROOT)) {
        return !span_is(request->method, "POST") && wants_html(request);
    }
    return span_starts_with(request->path, SPAN_LITERAL(FOLDER));
}

const struct api page_api = {
        .name = "page",
        .operations = operations,
        .operation_count = sizeof(operations) / sizeof(operations[0]),
        .claims = claims,
        .may_speak = may_speak,
        .route = route,
        .serve = serve,
        .refuse = refuse,
};
