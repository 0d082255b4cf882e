/* Adding an API is one folder in daemon/api/ and one line here. */
#include <strings.h>

#include "api/aws/api.h"
#include "api/ghostkey/api.h"
#include "api/page/api.h"
#include "api/vault/api.h"
#include "http/api.h"
#include "http/request.h"

const struct api *const apis[] = {
        &aws_api,
        &vault_api,
        &page_api,
        &ghostkey_api,
};

const size_t api_count = sizeof(apis) / sizeof(apis[0]);

static bool is_header_of(const struct api *api, struct span name) {
    for (size_t at = 0; at < API_HEADERS_MAX && api->headers[at] != NULL; at++) {
        struct span own = span_of(api->headers[at]);

        if (name.len == own.len && strncasecmp(name.data, own.data, own.len) == 0) {
            return true;
        }
    }
    return false;
}

/* A bit for each API, the first one the lowest: whether the request bears a header of it. */
static unsigned int bears(const struct request *request) {
    unsigned int borne = 0;

    for (size_t i = 0; i < request->header_count; i++) {
        struct span name = request->headers[i].name;

        if (name.len < 2 || (name.data[0] | 0x20) != 'x' || name.data[1] != '-') {
            continue; /* as nearly all are */
        }
        for (size_t at = 0; at < api_count; at++) {
            borne |= (unsigned int)is_header_of(apis[at], name) << at;
        }
    }
    return borne;
}

const struct api *api_of(const struct api_request *request) {
    unsigned int borne = bears(request->request);
    size_t at = 0;

    while (at + 1 < api_count && (borne >> at & 1) == 0 && !apis[at]->claims(request)) {
        at += 1;
    }
    return apis[at];
}

uint64_t api_keeps(const void *context, const struct secret *secret) {
    uint64_t most = 0;

    for (size_t at = 0; at < api_count; at++) {
        uint64_t count = apis[at]->keeps == NULL ? 0 : apis[at]->keeps(context, secret);

        most = count > most ? count : most;
    }
    return most;
}

static const char *const class_texts[] = {
        [CLASS_NONE] = "",
        [CLASS_READ] = "read",
        [CLASS_WRITE] = "write",
        [CLASS_ROTATE] = "rotate",
        [CLASS_DELETE] = "delete",
        [CLASS_LIST] = "list",
        [CLASS_LOGIN] = "login",
};

const char *operation_class_text(enum operation_class class) {
    return class_texts[class];
}

/* Whether the API has an operation that a fault can touch. */
static bool serves_secrets(const struct api *api) {
    for (size_t row = 0; row < api->operation_count; row++) {
        if (api->operations[row].name != NULL) {
            return true;
        }
    }
    return false;
}

/* Credentials are not an API over HTTP, but rules know them as one with one operation. */
bool api_is_known(struct span name) {
    for (size_t at = 0; at < api_count; at++) {
        if (span_is(name, apis[at]->name)) {
            return serves_secrets(apis[at]);
        }
    }
    return span_is(name, API_CREDENTIAL);
}

bool api_has_operation(struct span word) {
    for (size_t at = CLASS_READ; at < sizeof(class_texts) / sizeof(class_texts[0]); at++) {
        if (span_is(word, class_texts[at])) {
            return true;
        }
    }
    for (size_t at = 0; at < api_count; at++) {
        for (size_t row = 0; row < apis[at]->operation_count; row++) {
            const char *name = apis[at]->operations[row].name;

            if (name != NULL && span_is(word, name)) {
                return true;
            }
        }
    }
    return span_is(word, API_CREDENTIAL);
}

size_t api_number(const struct api *api) {
    size_t number = 0;

    while (apis[number] != api) {
        number += 1;
    }
    return number;
}

size_t api_operation_number(const struct operation *operation) {
    size_t number = 0;

    for (size_t at = 0; at < api_count; at++) {
        const struct operation *first = apis[at]->operations;

        if (operation >= first && operation < first + apis[at]->operation_count) {
            return number + (size_t)(operation - first);
        }
        number += apis[at]->operation_count;
    }
    return number;
}
