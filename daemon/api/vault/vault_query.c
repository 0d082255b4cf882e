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

/* The words are those of Go's ParseBool(), which Vault calls. data NULL: it is none of them. */
static enum list_wish read_wish(struct span text) {
    static const char *const words[] = {
            "1", "t", "T", "true", "TRUE", "True", "0", "f", "F", "false", "FALSE", "False"};
    const size_t count = sizeof(words) / sizeof(words[0]);

    for (size_t at = 0; at < count; at++) {
        if (span_is(text, words[at])) {
            return at < count / 2 ? LIST_WANTED : LIST_NOT_WANTED;
        }
    }
    return text.data != NULL && text.len == 0 ? LIST_NOT_WANTED : LIST_MALFORMED;
}

enum list_wish vault_list_wish(const struct request *request) {
    char place[sizeof("false")]; /* what does not fit is no boolean */

    if (span_is(request->method, "LIST")) {
        return LIST_WANTED;
    }
    if (request->query.len == 0 ||
            (!span_is(request->method, "GET") && !span_is(request->method, "HEAD")) ||
            !vault_has_query(request, "list")) {
        return LIST_NOT_WANTED;
    }
    return read_wish(vault_query(request, "list", place, sizeof(place)));
}
