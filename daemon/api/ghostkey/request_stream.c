#include "api/ghostkey/request.h"

#include "api/ghostkey/request_text.h"

static struct span trimmed(struct span text) {
    while (text.len > 0 && (text.data[0] == ' ' || text.data[0] == '\t')) {
        text.data += 1;
        text.len -= 1;
    }
    while (text.len > 0 && (text.data[text.len - 1] == ' ' || text.data[text.len - 1] == '\t')) {
        text.len -= 1;
    }
    return text;
}

/* What stands before the first separator; what is behind it becomes the rest. */
static struct span take_until(struct span *rest, char separator) {
    const char *at = rest->len > 0 ? memchr(rest->data, separator, rest->len) : NULL;
    struct span taken = {rest->data, at != NULL ? (size_t)(at - rest->data) : rest->len};
    size_t used = taken.len + (at != NULL);

    rest->data += used;
    rest->len -= used;
    return taken;
}

struct span request_foreign_coding(struct span content_encoding) {
    struct span identity = SPAN_LITERAL("identity");

    while (content_encoding.len > 0) {
        struct span coding = trimmed(take_until(&content_encoding, ','));

        if (coding.len > 0 && (coding.len != identity.len ||
                                      strncasecmp(coding.data, identity.data, coding.len) != 0)) {
            return coding;
        }
    }
    return SPAN_NULL;
}

/* Whether the parameters of a media range have a weight of 0: that is no wish (RFC 9110, 12.4.2).
 */
static bool is_refused(struct span parameters) {
    while (parameters.len > 0) {
        struct span parameter = trimmed(take_until(&parameters, ';'));

        if (parameter.len > 2 && (parameter.data[0] | 0x20) == 'q' && parameter.data[1] == '=') {
            size_t at = 2;

            while (at < parameter.len && (parameter.data[at] == '0' || parameter.data[at] == '.')) {
                at++;
            }
            return at == parameter.len;
        }
    }
    return false;
}

bool request_wants_stream(struct span accept) {
    struct span stream = SPAN_LITERAL(GK_MEDIA_STREAM);

    while (accept.len > 0) {
        struct span range = take_until(&accept, ',');
        struct span type = trimmed(take_until(&range, ';'));

        if (type.len == stream.len && strncasecmp(type.data, stream.data, stream.len) == 0) {
            return !is_refused(range);
        }
    }
    return false;
}

int request_decode_last_event(struct span text, uint64_t *ret_seq, struct problem *problem) {
    unsigned long long seq;

    if (decimal_parse(text, &seq) != 0) {
        return problem_set(problem, GK_E_BAD_REQUEST,
                "header 'Last-Event-ID' must be the seq of an event, as its id said");
    }
    *ret_seq = seq;
    return 0;
}
