#include "http/head.h"

#include "ghostkey/protocol.h"

static bool is_named(struct span line, const char *name) {
    size_t len = strlen(name);

    return line.len > len && line.data[len] == ':' && strncasecmp(line.data, name, len) == 0;
}

/* The next line, without its end; the rest is what follows. */
static struct span take_line(struct span *rest) {
    const char *end = memchr(rest->data, '\n', rest->len);
    struct span line = {rest->data, end != NULL ? (size_t)(end - rest->data) : rest->len};
    size_t used = line.len + (end != NULL);

    rest->data += used;
    rest->len -= used;
    if (line.len > 0 && line.data[line.len - 1] == '\r') {
        line.len -= 1;
    }
    return line;
}

int head_check(struct span bytes, struct problem *problem) {
    struct span rest = bytes;
    struct span line = SPAN_NULL;
    size_t lengths = 0;
    size_t codings = 0;
    size_t hosts = 0;
    bool folded = false;

    if (span_starts_with(rest, SPAN_LITERAL("\r\n")) ||
            span_starts_with(rest, SPAN_LITERAL("\n"))) {
        (void)take_line(&rest); /* as h2o does */
    }
    do {
        line = rest.len > 0 ? take_line(&rest) : SPAN_NULL;
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
    } while (line.len > 0);
    if (bytes.len - rest.len > GK_HEAD_MAX_BYTES) {
        return problem_set(problem, GK_E_BAD_REQUEST,
                "the request's head is larger than the largest accepted, %d bytes",
                GK_HEAD_MAX_BYTES);
    }
    if (lengths + codings > 1) {
        return problem_set(problem, GK_E_BAD_REQUEST,
                "the body's length is given more than once: by one 'Content-Length', or by "
                "'Transfer-Encoding: chunked'");
    }
    if (folded) { /* RFC 9112, section 5.2: h2o leaves out what another reader may see a header in
                   */
        return problem_set(problem, GK_E_BAD_REQUEST, "a header goes on in the next line");
    }
    if (hosts > 1) { /* RFC 9112, section 3.2: the one that was judged may not be the one meant */
        return problem_set(problem, GK_E_BAD_REQUEST, "'Host' is given more than once");
    }
    return 0;
}
