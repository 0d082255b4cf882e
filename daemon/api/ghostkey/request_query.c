#include "api/ghostkey/request.h"
#include "common/name.h"
#include "common/utf8.h"
#include "http/request_text.h"

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

static bool read_flag(struct span value, bool *ret_flag) {
    *ret_flag = span_is(value, "true");
    return *ret_flag || span_is(value, "false");
}

static bool read_values(struct span value, struct query *query) {
    return read_flag(value, &query->values);
}

static bool read_prune(struct span value, struct query *query) {
    return read_flag(value, &query->prune);
}

static bool read_dry_run(struct span value, struct query *query) {
    return read_flag(value, &query->dry_run);
}

static bool read_listed(struct span value, enum listed *ret_listed) {
    static const char *const filters[] = {
            [LISTED_INCLUDE] = "include",
            [LISTED_EXCLUDE] = "exclude",
            [LISTED_ONLY] = "only",
    };

    for (size_t i = 0; i < sizeof(filters) / sizeof(filters[0]); i++) {
        if (span_is(value, filters[i])) {
            *ret_listed = (enum listed)i;
            return true;
        }
    }
    return false;
}

static bool read_expired(struct span value, struct query *query) {
    return read_listed(value, &query->expired);
}

static bool read_deleted(struct span value, struct query *query) {
    return read_listed(value, &query->deleted);
}

static bool read_stage(struct span value, struct query *query) {
    for (enum stage stage = 0; stage < STAGE_COUNT; stage++) {
        if (span_is(value, stage_text(stage))) {
            query->stage = stage;
            query->has_stage = true;
            return true;
        }
    }
    return false;
}

static bool read_recover(struct span value, struct query *query) {
    unsigned long long number;
    int64_t seconds;

    if (decimal_parse(value, &number) == 0) {
        seconds = number <= GK_TTL_MAX_S ? (int64_t)number : -1;
    } else if (duration_parse(value, &seconds) != 0) {
        return false;
    }
    if (seconds < 1 || seconds > GK_TTL_MAX_S) {
        return false;
    }
    query->recover_s = (uint32_t)seconds;
    return true;
}

/* NAME, or NAME=VALUE, divided at the first '='. */
static bool read_label(struct span value, struct query *query) {
    struct span name = {query->label_place, value.len};
    const char *equals;

    if (value.len > sizeof(query->label_place) || !utf8_is_valid(value)) {
        return false;
    }
    memcpy(query->label_place, value.data, value.len);
    equals = memchr(name.data, '=', name.len);
    if (equals != NULL) {
        name.len = (size_t)(equals - name.data);
        query->label_value = (struct span){equals + 1, value.len - name.len - 1};
    }
    query->label = name;
    return name.len > 0 && name.len <= GK_LABEL_NAME_MAX_BYTES &&
           query->label_value.len <= GK_LABEL_VALUE_MAX_BYTES;
}

/* No route takes two kinds of `after`. */
static const struct parameter_reader {
    enum query_parameter bit;
    const char *name;
    bool (*read)(struct span value, struct query *query);
    const char *wanted;
} readers[] = {
        {QUERY_VERSION, "version", read_version, "a version's number, from 1"},
        {QUERY_PREFIX, "prefix", read_prefix,
                "how names begin: A-Z a-z 0-9 . _ + = @ ! % - and '/'"},
        {QUERY_AFTER_NAME, "after", read_after_name, "a name, as `next` gave it"},
        {QUERY_AFTER_SEQ, "after", read_after_seq, "an event's seq, or 0"},
        {QUERY_AFTER_REQUEST, "after", read_after_seq, "a request's seq, or 0"},
        {QUERY_LIMIT, "limit", read_limit, "a number from 1 to 1000"},
        {QUERY_VALUES, "values", read_values, "true or false"},
        {QUERY_EXPIRED, "expired", read_expired, "include, exclude or only"},
        {QUERY_STAGE, "stage", read_stage, "current, previous or pending"},
        {QUERY_RECOVER, "recover", read_recover,
                "whole seconds, 1 to 315360000, or a duration such as '7d'"},
        {QUERY_LABEL, "label", read_label, "a label's name, or NAME=VALUE, in UTF-8"},
        {QUERY_DELETED, "deleted", read_deleted, "include, exclude or only"},
        {QUERY_PRUNE, "prune", read_prune, "true or false"},
        {QUERY_DRY_RUN, "dry_run", read_dry_run, "true or false"},
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
    char value_place[QUERY_LABEL_MAX_BYTES];
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
    ret_query->deleted = LISTED_EXCLUDE;

    while (text.data != NULL && text.len > 0) {
        const char *ampersand = memchr(text.data, '&', text.len);
        size_t len = ampersand != NULL ? (size_t)(ampersand - text.data) : text.len;
        int error =
                decode_parameter((struct span){text.data, len}, allowed, &seen, ret_query, problem);

        if (error != 0) {
            return error;
        }
        if (ampersand != NULL && len + 1 == text.len) {
            error = decode_parameter(SPAN_NULL, allowed, &seen, ret_query, problem);
            if (error != 0) {
                return error;
            }
        }
        len += ampersand != NULL;
        text.data += len;
        text.len -= len;
    }
    if (ret_query->version != 0 && ret_query->has_stage) {
        return problem_set(problem, GK_E_BAD_REQUEST,
                "the parameters 'version' and 'stage' both name a version: give one of them");
    }
    return 0;
}
