#include "api/vault/vault_query.h"

#include "http/call.h"
#include "http/request_text.h"

#define NUMBER_MAX_BYTES 24

struct span vault_query(
        const struct request *request, const char *name, char *place, size_t place_bytes) {
    struct span rest = request->query;

    while (rest.len > 0) {
        struct span value = span_take_until(&rest, '&');
        struct span parameter = span_take_until(&value, '=');
        size_t len;

        if (!span_is(parameter, name)) {
            continue;
        }
        if (percent_decode(value, place, place_bytes, &len) != 0) {
            return SPAN_NULL;
        }
        return (struct span){place, len};
    }
    return SPAN_NULL;
}

bool vault_has_query(const struct request *request, const char *name) {
    struct span rest = request->query;

    while (rest.len > 0) {
        struct span value = span_take_until(&rest, '&');

        if (span_is(span_take_until(&value, '='), name)) {
            return true;
        }
    }
    return false;
}

int vault_query_number(struct call *call, const char *name, uint64_t *ret_number) {
    char place[NUMBER_MAX_BYTES];
    struct span text;
    unsigned long long number = 0;

    if (!vault_has_query(&call->request, name)) {
        *ret_number = 0;
        return 0;
    }
    text = vault_query(&call->request, name, place, sizeof(place));
    if (text.data != NULL && (text.len == 0 || decimal_parse(text, &number) == 0)) {
        *ret_number = number;
        return 0;
    }
    return problem_set(&call->problem, GK_E_BAD_REQUEST,
            "error converting input for field \"%s\": it must be a whole number", name);
}

bool vault_is_list(const struct request *request) {
    static const char *const words_for_true[] = {"true", "1", "t", "T", "TRUE", "True"};
    char place[sizeof("true")]; /* what does not fit is not true */
    struct span list;

    if (span_is(request->method, "LIST")) {
        return true;
    }
    if (request->query.len == 0 ||
            (!span_is(request->method, "GET") && !span_is(request->method, "HEAD"))) {
        return false;
    }
    list = vault_query(request, "list", place, sizeof(place));
    for (size_t at = 0; at < sizeof(words_for_true) / sizeof(words_for_true[0]); at++) {
        if (span_is(list, words_for_true[at])) {
            return true;
        }
    }
    return false;
}
