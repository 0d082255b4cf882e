#include "api/ghostkey/request.h"

#include "api/ghostkey/request_text.h"
#include "common/name.h"

#define NOT_AN_ESCAPE "has a '%%' that is not followed by two hexadecimal digits"

int request_decode_name(struct span text, char place[GK_NAME_MAX_BYTES], struct span *ret_name,
        struct problem *problem) {
    struct span name = {place, 0};
    const char *fault;

    switch (percent_decode(text, place, GK_NAME_MAX_BYTES, &name.len)) {
    case 0:
        break;
    case 1:
        return problem_set(problem, GK_E_BAD_REQUEST, "the name '%s' is longer than %d bytes",
                shown_ascii(text).text, GK_NAME_MAX_BYTES);
    default:
        return problem_set(
                problem, GK_E_BAD_REQUEST, "the name '%s' " NOT_AN_ESCAPE, shown_ascii(text).text);
    }
    fault = name_fault(name);
    if (fault != NULL) {
        return problem_set(
                problem, GK_E_BAD_REQUEST, "the name '%s' %s", shown_ascii(name).text, fault);
    }
    *ret_name = name;
    return 0;
}

static bool read_version(struct span value, struct query *query) {
    unsigned long long number;

    if (decimal_parse(value, &number) != 0 || number == 0) {
        return false;
    }
    query->version = number;
    return true;
}

/* A part of a name. *ret_text points to place, into which it is copied. */
static bool read_name_bytes(
        struct span value, char place[GK_NAME_MAX_BYTES], struct span *ret_text) {
    if (!name_has_only_name_bytes(value)) {
        return false;
    }
    memcpy(place, value.data, value.len);
    *ret_text = (struct span){place, value.len};
    return true;
}

static bool read_prefix(struct span value, struct query *query) {
    return read_name_bytes(value, query->prefix_place, &query->prefix);
}

static bool read_after_name(struct span value, struct query *query) {
    return read_name_bytes(value, query->after_place, &query->after_name);
}

static bool read_after_seq(struct span value, struct query *query) {
    unsigned long long number;

    if (decimal_parse(value, &number) != 0) {
        return false;
    }
    query->after_seq = number;
    query->has_after_seq = true;
    return true;
}

static bool read_limit(struct span value, struct query *query) {
    unsigned long long number;

    if (decimal_parse(value, &number) != 0 || number == 0 || number > GK_PAGE_MAX) {
        return false;
    }
    query->limit = number;
    query->has_limit = true;
    return true;
}

static bool read_values(struct span value, struct query *query) {
    query->values = span_is(value, "true");
    return query->values || span_is(value, "false");
}

static bool read_expired(struct span value, struct query *query) {
    static const char *const filters[] = {
            [EXPIRED_INCLUDE] = "include",
            [EXPIRED_EXCLUDE] = "exclude",
            [EXPIRED_ONLY] = "only",
    };

    for (size_t i = 0; i < sizeof(filters) / sizeof(filters[0]); i++) {
        if (span_is(value, filters[i])) {
            query->expired = (enum expired_filter)i;
            return true;
        }
    }
    return false;
}

/* No route takes both kinds of `after`. */
static const struct parameter_reader {
    enum query_parameter bit;
    const char *name;
    bool (*read)(struct span value, struct query *query);
    const char *wanted;
} readers[] = {
        {QUERY_VERSION, "version", read_version, "a version's number, from 1"},
        {QUERY_PREFIX, "prefix", read_prefix, "how names begin: A-Z a-z 0-9 . _ + = @ - and '/'"},
        {QUERY_AFTER_NAME, "after", read_after_name, "a name, as `next` gave it"},
        {QUERY_AFTER_SEQ, "after", read_after_seq, "an event's seq, or 0"},
        {QUERY_LIMIT, "limit", read_limit, "a number from 1 to 1000"},
        {QUERY_VALUES, "values", read_values, "true or false"},
        {QUERY_EXPIRED, "expired", read_expired, "include, exclude or only"},
};

#define READER_COUNT (sizeof(readers) / sizeof(readers[0]))

static int refuse_unknown(struct span name, unsigned int allowed, struct problem *problem) {
    char known[SHOWN_MAX_BYTES * 2] = "";

    for (size_t i = 0; i < READER_COUNT; i++) {
        if (allowed & readers[i].bit) {
            strcat(known, known[0] == '\0' ? " " : ", "); /* all the names fit */
            strcat(known, readers[i].name);
        }
    }
    return problem_set(problem, GK_E_BAD_REQUEST, "unknown parameter '%s': this path takes%s",
            shown_ascii(name).text, known[0] == '\0' ? " none" : known);
}

static const struct parameter_reader *find_reader(struct span name, unsigned int allowed) {
    for (size_t i = 0; i < READER_COUNT; i++) {
        if ((allowed & readers[i].bit) && span_is(name, readers[i].name)) {
            return &readers[i];
        }
    }
    return NULL;
}

/* One `name=value`. */
static int decode_parameter(struct span piece, unsigned int allowed, unsigned int *seen,
        struct query *query, struct problem *problem) {
    const char *equals = piece.len > 0 ? memchr(piece.data, '=', piece.len) : NULL;
    size_t name_len = equals != NULL ? (size_t)(equals - piece.data) : piece.len;
    char name_place[SHOWN_MAX_BYTES];
    char value_place[GK_NAME_MAX_BYTES];
    struct span name = {name_place, 0};
    struct span value = {value_place, 0};
    const struct parameter_reader *reader;
    int error;

    if (piece.len == 0) {
        return problem_set(problem, GK_E_BAD_REQUEST,
                "the query has an empty parameter: one '&' stands between two of them");
    }
    if (percent_decode((struct span){piece.data, name_len}, name_place, sizeof(name_place),
                &name.len) != 0) {
        return refuse_unknown((struct span){piece.data, name_len}, allowed, problem);
    }
    reader = find_reader(name, allowed);
    if (reader == NULL) {
        return refuse_unknown(name, allowed, problem);
    }
    if (*seen & reader->bit) {
        return problem_set(
                problem, GK_E_BAD_REQUEST, "parameter '%s' is given more than once", reader->name);
    }
    *seen |= reader->bit;
    if (equals == NULL) {
        return problem_set(problem, GK_E_BAD_REQUEST, "parameter '%s' has no value: it must be %s",
                reader->name, reader->wanted);
    }
    error = percent_decode((struct span){equals + 1, piece.len - name_len - 1}, value_place,
            sizeof(value_place), &value.len);
    if (error < 0) {
        return problem_set(
                problem, GK_E_BAD_REQUEST, "parameter '%s' " NOT_AN_ESCAPE, reader->name);
    }
    if (error > 0 || !reader->read(value, query)) {
        return problem_set(problem, GK_E_BAD_REQUEST, "parameter '%s' must be %s", reader->name,
                reader->wanted);
    }
    return 0;
}

int request_decode_query(
        struct span text, unsigned int allowed, struct query *ret_query, struct problem *problem) {
    unsigned int seen = 0;

    /* the places are not cleared: they are large, and most requests have no query */
    memset(ret_query, 0, offsetof(struct query, prefix_place));
    ret_query->limit = GK_PAGE_DEFAULT;

    while (text.data != NULL && text.len > 0) {
        const char *ampersand = memchr(text.data, '&', text.len);
        size_t len = ampersand != NULL ? (size_t)(ampersand - text.data) : text.len;
        int error =
                decode_parameter((struct span){text.data, len}, allowed, &seen, ret_query, problem);

        if (error == 0 && ampersand != NULL && len + 1 == text.len) {
            error = decode_parameter(SPAN_NULL, allowed, &seen, ret_query, problem);
        }
        if (error != 0) {
            return error;
        }
        len += ampersand != NULL;
        text.data += len;
        text.len -= len;
    }
    return 0;
}
