#include "http/head.h"

#include "ghostkey/protocol.h"
#include "http/api.h"

static bool is_named(struct span line, const char *name) {
    size_t len = strlen(name);

    return line.len > len && line.data[len] == ':' && strncasecmp(line.data, name, len) == 0;
}

/* Takes the next line from *rest, without its end. */
static struct span take_line(struct span *rest) {
    struct span line = span_take_until(rest, '\n');

    if (line.len > 0 && line.data[line.len - 1] == '\r') {
        line.len -= 1;
    }
    return line;
}

/* Leaves out an empty line before the request line, as h2o does. */
static struct span without_empty_line(struct span bytes) {
    if (span_starts_with(bytes, SPAN_LITERAL("\r\n")) ||
            span_starts_with(bytes, SPAN_LITERAL("\n"))) {
        (void)take_line(&bytes);
    }
    return bytes;
}

size_t head_length(struct span bytes) {
    struct span rest = without_empty_line(bytes);

    while (rest.len > 0 && memchr(rest.data, '\n', rest.len) != NULL) {
        if (take_line(&rest).len == 0) {
            return bytes.len - rest.len;
        }
    }
    return 0;
}

bool head_parse(
        struct span head, struct header headers[REQUEST_HEADERS_MAX], struct request *ret_request) {
    struct request request = {.headers = headers};
    struct span rest = without_empty_line(head);
    struct span line = take_line(&rest);

    request.method = span_take_until(&line, ' ');
    request_set_target(&request, span_take_until(&line, ' '));
    for (line = take_line(&rest); line.len > 0; line = take_line(&rest)) {
        struct span name = span_take_until(&line, ':');
        struct span value = span_trim(line);

        if (name.len == strlen("host") && strncasecmp(name.data, "host", name.len) == 0) {
            request.host = value;
        } else if (request.header_count == REQUEST_HEADERS_MAX) {
            return false;
        } else {
            headers[request.header_count++] = (struct header){name, value};
        }
    }
    *ret_request = request;
    return true;
}

void head_hide_body(char *head, size_t len) {
    static const char *const names[] = {"content-length", "transfer-encoding", "expect"};
    struct span rest = {head, len};

    while (rest.len > 0) {
        size_t at = len - rest.len;
        struct span line = take_line(&rest);

        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
            if (is_named(line, names[i])) {
                head[at] = 'x';
            }
        }
    }
}

int head_check(struct span bytes, struct problem *problem) {
    struct span rest = without_empty_line(bytes);
    struct span line = take_line(&rest);
    char minor = line.len > 0 ? line.data[line.len - 1] : '\0'; /* h2o has checked the rest */
    size_t lengths = 0;
    size_t codings = 0;
    size_t hosts = 0;
    bool folded = false;

    while (line.len > 0) {
        line = take_line(&rest);
        switch (line.len > 0 ? line.data[0] | 0x20 : '\0') { /* a letter's lower case */
        case 'c':
            lengths += is_named(line, "content-length");
            break;
        case 't':
            codings += is_named(line, "transfer-encoding");
            break;
        case 'h':
            hosts += is_named(line, "host");
            break;
        default:
            break;
        }
        folded = folded || (line.len > 0 && (line.data[0] == ' ' || line.data[0] == '\t'));
    }
    if (bytes.len - rest.len > GK_HEAD_MAX_BYTES) {
        return problem_set(problem, GK_E_BAD_REQUEST,
                "the request's head is larger than the largest accepted, %d bytes",
                GK_HEAD_MAX_BYTES);
    }
    if (minor != '0' && minor != '1') {
        return problem_set(
                problem, GK_E_BAD_REQUEST, "the version of HTTP must be HTTP/1.1 or HTTP/1.0");
    }
    if (codings > 0 && minor == '0') { /* RFC 9112, section 6.1 */
        return problem_set(problem, GK_E_BAD_REQUEST,
                "HTTP/1.0 knows no 'Transfer-Encoding': send 'Content-Length', or HTTP/1.1");
    }
    if (lengths + codings > 1) {
        return problem_set(problem, GK_E_BAD_REQUEST,
                "the body's length is given more than once: by one 'Content-Length', or by "
                "'Transfer-Encoding: chunked'");
    }
    if (folded) { /* RFC 9112, section 5.2: others may read it as two headers */
        return problem_set(problem, GK_E_BAD_REQUEST, "a header goes on in the next line");
    }
    if (hosts > 1) { /* RFC 9112, section 3.2 */
        return problem_set(problem, GK_E_BAD_REQUEST, "'Host' is given more than once");
    }
    return 0;
}

bool head_takes_large_body(struct span head) {
    for (size_t at = 0; at < api_count; at++) {
        const char *large = apis[at]->large_body;
        struct span begin;

        if (large == NULL || head.len == 0 || head.data[0] != large[0]) {
            continue; /* as of nearly all: each head comes here */
        }
        begin = span_of(large);
        if (head.len > begin.len && span_starts_with(head, begin) &&
                (head.data[begin.len] == ' ' || head.data[begin.len] == '?')) {
            return true;
        }
    }
    return false;
}
