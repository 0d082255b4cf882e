/* Bodies of one member at most. */
#include "api/ghostkey/request_json.h"
#include "http/request_text.h"

/* The value of the one member that the body must have. */
static int take_only(struct body *body, const char *wanted, struct json_reader_value *ret_value) {
    struct members members;
    int error = body_open(body, &members);

    if (error != 0) {
        return error;
    }
    for (size_t i = 0; i < members.count; i++) {
        if (!span_is(members.items[i].name, wanted)) {
            return problem_set(body->problem, GK_E_BAD_REQUEST,
                    "unknown member '%s'; the only one is '%s'",
                    shown_utf8(members.items[i].name).text, wanted);
        }
    }
    if (members.count == 0) {
        return problem_set(body->problem, GK_E_BAD_REQUEST, "member '%s' is missing", wanted);
    }
    *ret_value = members.items[0].value;
    return 0;
}

/*
 * The value of the one member that the body may have; JSON_READER_NONE: it has none, or there is no
 * body. The body is not changed by a member without a value.
 */
static int take_optional(struct body *body, const char *wanted, struct json_reader_value *ret_value,
        bool *ret_given) {
    struct members members;
    int error;

    *ret_given = false;
    if (body->text.len == 0) {
        return 0;
    }
    error = body_open(body, &members);
    if (error != 0) {
        return error;
    }
    for (size_t i = 0; i < members.count; i++) {
        if (!span_is(members.items[i].name, wanted)) {
            return problem_set(body->problem, GK_E_BAD_REQUEST,
                    "unknown member '%s'; the only one is '%s'",
                    shown_utf8(members.items[i].name).text, wanted);
        }
        *ret_value = members.items[i].value;
        *ret_given = true;
    }
    return 0;
}

int request_decode_version(struct span text, uint64_t *ret_number, struct problem *problem) {
    BUFFER_AUTO struct buffer bytes = BUFFER_NULL;
    struct body body = {.text = text, .bytes = &bytes, .problem = problem};
    struct json_reader_value value;
    int64_t number = 0;
    bool given;
    int error = take_optional(&body, "version", &value, &given);

    if (error != 0) {
        return error;
    }
    if (given && (!is_integer(&value, &number) || number < 1)) {
        return problem_set(
                problem, GK_E_BAD_REQUEST, "member 'version' must be a version's number, from 1");
    }
    *ret_number = (uint64_t)number;
    return 0;
}

/* A member that is true, or false, which is the same as without it. */
static int decode_flag(
        struct span text, const char *name, bool *ret_flag, struct problem *problem) {
    BUFFER_AUTO struct buffer bytes = BUFFER_NULL;
    struct body body = {.text = text, .bytes = &bytes, .problem = problem};
    struct json_reader_value value;
    bool given;
    int error = take_optional(&body, name, &value, &given);

    if (error != 0) {
        return error;
    }
    if (given && value.kind != JSON_READER_TRUE && value.kind != JSON_READER_FALSE) {
        return problem_set(problem, GK_E_BAD_REQUEST, "member '%s' must be true or false", name);
    }
    *ret_flag = given && value.kind == JSON_READER_TRUE;
    return 0;
}

int request_decode_rotate(struct span text, bool *ret_pending, struct problem *problem) {
    return decode_flag(text, "pending", ret_pending, problem);
}

int request_decode_reset(struct span text, bool *ret_force, struct problem *problem) {
    return decode_flag(text, "force", ret_force, problem);
}

int request_decode_empty(struct span text, struct problem *problem) {
    BUFFER_AUTO struct buffer bytes = BUFFER_NULL;
    struct body body = {.text = text, .bytes = &bytes, .problem = problem};
    struct members members;
    int error;

    if (text.len == 0) {
        return 0;
    }
    error = body_open(&body, &members);
    if (error != 0 || members.count == 0) {
        return error;
    }
    return problem_set(problem, GK_E_BAD_REQUEST,
            "unknown member '%s': the body must be empty or {}",
            shown_utf8(members.items[0].name).text);
}

int request_decode_page_code(
        struct span text, struct buffer *bytes, struct span *ret_code, struct problem *problem) {
    struct body body = {.text = text, .bytes = bytes, .problem = problem};
    struct json_reader_value code;
    int error = take_only(&body, "code", &code);

    if (error != 0) {
        return error;
    }
    if (!is_text(&code)) {
        return problem_set(problem, GK_E_BAD_REQUEST, "member 'code' must be a text");
    }
    *ret_code = code.raw;
    return 0;
}

int request_decode_advance(struct span text, int64_t *ret_by_s, struct problem *problem) {
    BUFFER_AUTO struct buffer bytes = BUFFER_NULL;
    struct body body = {.text = text, .bytes = &bytes, .problem = problem};
    struct json_reader_value by;
    int64_t seconds;
    int error = take_only(&body, "by", &by);

    if (error != 0) {
        return error;
    }
    seconds = body_seconds(&by, INT64_MAX);
    if (seconds < 0) {
        return problem_set(problem, GK_E_BAD_REQUEST,
                "member 'by' must be whole seconds, at least 1, or a duration such as '1h30m'");
    }
    *ret_by_s = seconds;
    return 0;
}

int request_decode_set_clock(struct span text, instant *ret_now, struct problem *problem) {
    BUFFER_AUTO struct buffer bytes = BUFFER_NULL;
    struct body body = {.text = text, .bytes = &bytes, .problem = problem};
    struct json_reader_value now;
    int error = take_only(&body, "now", &now);

    if (error != 0) {
        return error;
    }
    if (!is_text(&now) || instant_parse(now.raw, ret_now) != 0) {
        return problem_set(problem, GK_E_BAD_REQUEST,
                "member 'now' must be a time as in RFC 3339, such as '2000-01-01T00:00:00Z'");
    }
    return 0;
}
