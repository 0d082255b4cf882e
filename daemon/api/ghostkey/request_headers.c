#include <strings.h>

#include "api/ghostkey/request.h"
#include "http/request_text.h"

static bool equals_in_any_case(struct span a, struct span b) {
    return a.len == b.len && strncasecmp(a.data, b.data, b.len) == 0;
}

static bool is_token_byte(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

bool request_is_json(struct span content_type) {
    const struct span tree = SPAN_LITERAL("application/");
    const struct span suffix = SPAN_LITERAL("+json");
    struct span type = span_trim(span_take_until(&content_type, ';'));

    if (type.data == NULL || equals_in_any_case(type, SPAN_LITERAL(GK_MEDIA_JSON))) {
        return true;
    }
    if (type.len <= tree.len + suffix.len || strncasecmp(type.data, tree.data, tree.len) != 0 ||
            strncasecmp(type.data + type.len - suffix.len, suffix.data, suffix.len) != 0) {
        return false;
    }
    for (size_t i = tree.len; i < type.len; i++) {
        if (!is_token_byte(type.data[i])) {
            return false;
        }
    }
    return true;
}

struct span request_foreign_coding(struct span content_encoding) {
    while (content_encoding.len > 0) {
        struct span coding = span_trim(span_take_until(&content_encoding, ','));

        if (coding.len > 0 && !equals_in_any_case(coding, SPAN_LITERAL("identity"))) {
            return coding;
        }
    }
    return SPAN_NULL;
}

/* Whether a media range has a weight of 0, which refuses it (RFC 9110, section 12.4.2). */
static bool is_refused(struct span parameters) {
    while (parameters.len > 0) {
        struct span parameter = span_trim(span_take_until(&parameters, ';'));

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
    while (accept.len > 0) {
        struct span range = span_take_until(&accept, ',');
        struct span type = span_trim(span_take_until(&range, ';'));

        if (equals_in_any_case(type, SPAN_LITERAL(GK_MEDIA_STREAM))) {
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

static bool is_tag_byte(char c) {
    unsigned char byte = (unsigned char)c;

    return byte == 0x21 || (byte >= 0x23 && byte != 0x7f);
}

/* Takes an entity tag off the front (RFC 9110, section 8.8.3): its text, and whether it is weak. */
static bool take_tag(struct span *rest, struct span *ret_text, bool *ret_weak) {
    bool weak = span_starts_with(*rest, SPAN_LITERAL("W/"));
    size_t at = weak ? 2 : 0;
    size_t start = at + 1;

    if (at >= rest->len || rest->data[at] != '"') {
        return false;
    }
    for (at = start; at < rest->len && is_tag_byte(rest->data[at]); at++) {
    }
    if (at >= rest->len || rest->data[at] != '"') {
        return false;
    }
    *ret_text = (struct span){rest->data + start, at - start};
    *ret_weak = weak;
    rest->data += at + 1;
    rest->len -= at + 1;
    return true;
}

/*
 * Reads a list of entity tags. Elements may be empty (RFC 9110, section 5.6.1.2), but not all of
 * them. A tag that is no revision matches nothing. 0; -1: malformed; 1: too many
 */
static int parse_tags(struct span rest, bool weak_matches, struct expectation *expectation) {
    unsigned long long revision;
    size_t total = 0;
    struct span tag;
    bool is_weak;

    for (rest = span_trim_start(rest); rest.len > 0; rest = span_trim_start(rest)) {
        if (rest.data[0] != ',') {
            if (!take_tag(&rest, &tag, &is_weak)) {
                return -1;
            }
            total += 1;
            if (total > GK_PRECONDITION_TAGS_MAX) {
                return 1;
            }
            if ((!is_weak || weak_matches) && decimal_parse(tag, &revision) == 0 &&
                    tag.data[0] != '0') {
                expectation->revisions[expectation->count++] = revision;
            }
            rest = span_trim_start(rest);
        }
        if (rest.len > 0 && rest.data[0] != ',') {
            return -1;
        }
        rest.data += rest.len > 0;
        rest.len -= rest.len > 0;
    }
    return total > 0 ? 0 : -1;
}

/* Reads one header: for_star is what '*' expects, for_list what a list of tags expects. */
static int decode_expectation(struct span header, const char *name, enum expectation_kind for_star,
        enum expectation_kind for_list, struct expectation *expectation, struct problem *problem) {
    int error;

    expectation->kind = EXPECT_ANY;
    expectation->count = 0;
    if (header.data == NULL) {
        return 0;
    }
    header = span_trim(header);
    expectation->kind = for_star;
    if (span_is(header, "*")) {
        return 0;
    }
    expectation->kind = for_list;
    error = parse_tags(header, for_list == EXPECT_OTHER_REVISIONS, expectation);
    if (error < 0) {
        return problem_set(problem, GK_E_BAD_REQUEST,
                "header '%s' must be '*' or entity tags such as \"3\", quotes included", name);
    }
    if (error > 0) {
        return problem_set(problem, GK_E_BAD_REQUEST, "header '%s' has more than %d entity tags",
                name, GK_PRECONDITION_TAGS_MAX);
    }
    return 0;
}

int request_decode_expectations(struct span if_match, struct span if_none_match,
        struct expectation ret_expectations[2], struct problem *problem) {
    int error = decode_expectation(
            if_match, "If-Match", EXPECT_PRESENT, EXPECT_REVISIONS, &ret_expectations[0], problem);

    if (error != 0) {
        return error;
    }
    ret_expectations[0].also = &ret_expectations[1];
    ret_expectations[1].also = NULL;
    return decode_expectation(if_none_match, "If-None-Match", EXPECT_ABSENT, EXPECT_OTHER_REVISIONS,
            &ret_expectations[1], problem);
}
