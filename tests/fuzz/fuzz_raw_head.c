/*
 * The raw head of a request. If head_check() accepts a head, the HTTP library's own parser sees in
 * it at most one length and one host, no header that is continued in the next line, and no more
 * bytes than a head may have.
 */
#include <string.h>
#include <strings.h>

#include "fuzz.h"
#include "ghostkey/protocol.h"
#include "http/head.h"

#define HEADERS_MAX 100

/* libh2o has these, and installs no header that declares them. */
struct phr_header {
    const char *name; /* NULL: continues the line before */
    size_t name_len;
    const char *value;
    size_t value_len;
};

int phr_parse_request(const char *buf, size_t len, const char **ret_method, size_t *ret_method_len,
        const char **ret_path, size_t *ret_path_len, int *ret_minor_version,
        struct phr_header *ret_headers, size_t *ret_count, size_t last_len);

struct seen {
    struct phr_header headers[HEADERS_MAX];
    size_t count;
};

static bool is_named(const struct phr_header *header, const char *name) {
    return header->name_len == strlen(name) &&
           strncasecmp(header->name, name, header->name_len) == 0;
}

static size_t count_of(const struct seen *seen, const char *name) {
    size_t count = 0;

    for (size_t i = 0; i < seen->count; i++) {
        count += seen->headers[i].name != NULL && is_named(&seen->headers[i], name);
    }
    return count;
}

/* The length of the head; 0 if it is malformed or not complete. */
static size_t parse(const uint8_t *data, size_t size, struct seen *seen) {
    const char *method;
    const char *path;
    size_t method_len;
    size_t path_len;
    int minor_version;
    int len;

    seen->count = HEADERS_MAX;
    len = phr_parse_request((const char *)data, size, &method, &method_len, &path, &path_len,
            &minor_version, seen->headers, &seen->count, 0);
    return len > 0 ? (size_t)len : 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct span bytes = {(const char *)data, size};
    struct problem problem = PROBLEM_NULL;
    struct seen seen;
    int error = head_check(bytes, &problem);
    size_t len;

    MUST(error == 0 || (error == GK_E_BAD_REQUEST && problem.detail[0] != '\0'));
    len = parse(data, size, &seen);
    if (len == 0 || error != 0) {
        return 0;
    }
    MUST(len <= GK_HEAD_MAX_BYTES);
    MUST(count_of(&seen, "content-length") + count_of(&seen, "transfer-encoding") <= 1);
    MUST(count_of(&seen, "host") <= 1);
    for (size_t i = 0; i < seen.count; i++) {
        MUST(seen.headers[i].name != NULL);
    }
    bytes.len = len; /* what follows it does not matter */
    MUST(head_check(bytes, &problem) == 0);
    return 0;
}
