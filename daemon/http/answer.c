#include "http/answer.h"

#include "ghostkey/error.h"
#include <assert.h>
#include <h2o.h>

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

static const char *reason_of(int status) {
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
    bool has_length = answer_may_have_body(answer) && !answer->is_stream;

    req->res.status = answer->status;
    req->res.reason = reason_of(answer->status);
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
    if (answer->etag != 0) {
        add_etag(req, answer->etag);
    }
    for (size_t at = 0; at < answer->header_count; at++) {
        const struct answer_header *header = &answer->headers[at];

        h2o_add_header_by_str(&req->pool, &req->res.headers, header->name, strlen(header->name), 1,
                NULL, header->value.data, header->value.len);
    }
}
