#include "api/ghostkey/request.h"

#include "api/ghostkey/request_text.h"

/* What a header held: '*', or revisions. Tags of any other text match nothing. */
struct tags {
    bool any;
    size_t total;
    size_t count;
    uint64_t revisions[GK_PRECONDITION_TAGS_MAX];
};

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

static void keep_revision(struct span text, struct tags *tags) {
    unsigned long long number;

    if (decimal_parse(text, &number) == 0 && text.data[0] != '0') {
        tags->revisions[tags->count++] = number;
    }
}

/* Elements may be empty (RFC 9110, section 5.6.1.2), but not all of them. -1: malformed */
static int parse_list(struct span rest, bool weak_matches, struct tags *tags) {
    for (skip_blanks(&rest); rest.len > 0; skip_blanks(&rest)) {
        struct span text;
        bool weak;

        if (rest.data[0] != ',') {
            if (!take_tag(&rest, &text, &weak)) {
                return -1;
            }
            if (++tags->total > GK_PRECONDITION_TAGS_MAX) {
                return -1;
            }
            if (!weak || weak_matches) {
                keep_revision(text, tags);
            }
            skip_blanks(&rest);
        }
        if (rest.len > 0 && rest.data[0] != ',') {
            return -1;
        }
        rest.data += rest.len > 0;
        rest.len -= rest.len > 0;
    }
    return tags->total > 0 ? 0 : -1;
}

static int parse_tags(struct span header, const char *name, bool weak_matches, struct tags *tags,
        struct problem *problem) {
    struct span rest = header;

    skip_blanks(&rest);
    while (rest.len > 0 && (rest.data[rest.len - 1] == ' ' || rest.data[rest.len - 1] == '\t')) {
        rest.len--;
    }
    tags->any = span_is(rest, "*");
    if (tags->any || parse_list(rest, weak_matches, tags) == 0) {
        return 0;
    }
    if (tags->total > GK_PRECONDITION_TAGS_MAX) {
        return problem_set(problem, GK_E_BAD_REQUEST, "header '%s' has more than %d entity tags",
                name, GK_PRECONDITION_TAGS_MAX);
    }
    return problem_set(problem, GK_E_BAD_REQUEST,
            "header '%s' must be '*' or entity tags such as \"3\", quotes included", name);
}

int request_decode_precondition(struct span if_match, struct span if_none_match,
        struct precondition *ret_precondition, struct problem *problem) {
    struct precondition precondition = PRECONDITION_NULL;
    struct tags match = {0};
    struct tags none_match = {0};
    int r;

    if (if_match.data == NULL && if_none_match.data == NULL) {
        precondition_clear(ret_precondition); /* as nearly always; the lists are large */
        return 0;
    }
    if (if_match.data != NULL) {
        r = parse_tags(if_match, "If-Match", false, &match, problem);
        if (r != 0) {
            return r;
        }
        precondition.must_exist = match.any;
        precondition.has_match = !match.any;
        precondition.match_count = match.count;
        memcpy(precondition.match, match.revisions, sizeof(match.revisions));
    }
    if (if_none_match.data != NULL) {
        r = parse_tags(if_none_match, "If-None-Match", true, &none_match, problem);
        if (r != 0) {
            return r;
        }
        precondition.must_not_exist = none_match.any;
        precondition.none_match_count = none_match.count;
        memcpy(precondition.none_match, none_match.revisions, sizeof(none_match.revisions));
    }
    *ret_precondition = precondition;
    return 0;
}
