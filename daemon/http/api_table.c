/* Adding an API is one folder in daemon/api/ and one line here. */
#include "http/api.h"

#include "api/aws/api.h"
#include "api/ghostkey/api.h"
#include "api/vault/api.h"

const struct api *const apis[] = {
        &aws_api,
        &vault_api,
        &ghostkey_api,
};

const size_t api_count = sizeof(apis) / sizeof(apis[0]);

const struct api *api_of(const struct api_request *request) {
    size_t at = 0;

    while (at + 1 < api_count && !apis[at]->claims(request)) {
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
