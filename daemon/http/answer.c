#include "http/answer.h"

#include <assert.h>
#include <h2o.h>

#include "ghostkey/error.h"
#include "ghostkey/protocol.h"

#define ETAG_MAX_BYTES (DECIMAL_MAX_BYTES + 2) /* and two quotes */

void answer_clear(struct answer *answer) {
    buffer_deinit(&answer->body);
    *answer = (struct answer){0};
}

void answer_add_header(struct answer *answer, const char *name, struct span value) {
    assert(answer->header_count < ANSWER_HEADERS_MAX);
    answer->headers[answer->header_count++] = (struct answer_header){name, value};
}

bool answer_may_have_body(const struct answer *answer) {
    return answer->status != 204 && answer->status != 304;
}

/* Those that only a fault rule answers. */
static const struct reason {
    int status;
    const char *text;
} reasons[] = {
        {402, "Payment Required"},
        {406, "Not Acceptable"},
        {408, "Request Timeout"},
        {411, "Length Required"},
        {414, "URI Too Long"},
        {421, "Misdirected Request"},
        {422, "Unprocessable Content"},
        {423, "Locked"},
        {424, "Failed Dependency"},
        {425, "Too Early"},
        {426, "Upgrade Required"},
        {428, "Precondition Required"},
        {429, "Too Many Requests"},
        {431, "Request Header Fields Too Large"},
        {451, "Unavailable For Legal Reasons"},
        {501, "Not Implemented"},
        {502, "Bad Gateway"},
        {504, "Gateway Timeout"},
        {505, "HTTP Version Not Supported"},
        {507, "Insufficient Storage"},
        {508, "Loop Detected"},
        {511, "Network Authentication Required"},
};

const char *answer_reason(int status) {
    switch (status) {
    case 200:
        return "OK";
    case 204:
        return "No Content";
    case 304:
        return "Not Modified";
    default:
        break;
    }
#define REASON_ROW(symbol, row_status, title, exit_status, sentence) \
    if (status == (row_status)) { \
        return title; \
    }
    GK_OUTCOMES(REASON_ROW)
#undef REASON_ROW
    for (size_t at = 0; at < sizeof(reasons) / sizeof(reasons[0]); at++) {
        if (reasons[at].status == status) {
            return reasons[at].text;
        }
    }
    return "Unknown";
}

static void add_header(h2o_req_t *req, const h2o_token_t *token, const char *value) {
    h2o_add_header(&req->pool, &req->res.headers, token, NULL, value, strlen(value));
}

static void add_etag(h2o_req_t *req, uint64_t number) {
    char *etag = h2o_mem_alloc_pool(&req->pool, ETAG_MAX_BYTES);
    size_t len = decimal_format(number, etag + 1) + 2;

    etag[0] = etag[len - 1] = '"';
    h2o_add_header(&req->pool, &req->res.headers, H2O_TOKEN_ETAG, NULL, etag, len);
}

void answer_write_head(const struct answer *answer, struct st_h2o_req_t *req) {
    bool has_length = answer_may_have_body(answer) && !answer->is_stream && answer->more == NULL;

    req->res.status = answer->status;
    req->res.reason = answer_reason(answer->status);
    req->res.headers = (h2o_headers_t){NULL};
    req->res.content_length = has_length ? answer->body.len : SIZE_MAX;
    if (answer->media != NULL) {
        add_header(req, H2O_TOKEN_CONTENT_TYPE, answer->media);
    }
    if (answer->cache != NULL) {
        add_header(req, H2O_TOKEN_CACHE_CONTROL, answer->cache);
    }
    if (answer->challenge != NULL) {
        add_header(req, H2O_TOKEN_WWW_AUTHENTICATE, answer->challenge);
    }
    if (answer->allow[0] != '\0') {
        add_header(req, H2O_TOKEN_ALLOW, answer->allow);
    }
    if (answer->fault != NULL) {
        h2o_add_header_by_str(&req->pool, &req->res.headers, GK_HEADER_FAULT,
                sizeof(GK_HEADER_FAULT) - 1, 0, NULL, answer->fault, strlen(answer->fault));
    }
    if (answer->etag != 0) {
        add_etag(req, answer->etag);
    }
    for (size_t at = 0; at < answer->header_count; at++) {
        const struct answer_header *header = &answer->headers[at];

        h2o_add_header_by_str(&req->pool, &req->res.headers, header->name, strlen(header->name), 1,
                NULL, header->value.data, header->value.len);
    }
}
