#include "api/ghostkey/request.h"

#include "api/ghostkey/request_text.h"

static bool is_tag_byte(char c) {
    unsigned char byte = (unsigned char)c;

    return byte == 0x21 || (byte >= 0x23 && byte != 0x7f);
}

static void skip_blanks(struct span *rest) {
    while (rest->len > 0 && (rest->data[0] == ' ' || rest->data[0] == '\t')) {
        rest->data++;
        rest->len--;
    }
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

    for (skip_blanks(&rest); rest.len > 0; skip_blanks(&rest)) {
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
            skip_blanks(&rest);
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
    skip_blanks(&header);
    while (header.len > 0 &&
            (header.data[header.len - 1] == ' ' || header.data[header.len - 1] == '\t')) {
        header.len--;
    }
    expectation->kind = for_star;
    if (span_is(header, "*")) {
        return 0;
    }
    expectation->kind = for_list;
    error = parse_tags(header, for_list == EXPECT_OTHER_REVISIONS, expectation);
    if (error == 0) {
        return 0;
    }
    if (error > 0) {
        return problem_set(problem, GK_E_BAD_REQUEST, "header '%s' has more than %d entity tags",
                name, GK_PRECONDITION_TAGS_MAX);
    }
    return problem_set(problem, GK_E_BAD_REQUEST,
            "header '%s' must be '*' or entity tags such as \"3\", quotes included", name);
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
