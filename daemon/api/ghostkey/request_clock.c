#include "api/ghostkey/request_json.h"

#include "api/ghostkey/request_text.h"

/* Checks that object has no member but that one (NULL: none at all), and it if it is wanted. */
static int take_only(
        json_t *object, const char *wanted, json_t **ret_member, struct problem *problem) {
    const char *name;
    json_t *member;

    json_object_foreach(object, name, member) {
        if (wanted == NULL) {
            return problem_set(problem, GK_E_BAD_REQUEST,
                    "unknown member '%s': the body must be empty or {}",
                    shown_utf8(span_of(name)).text);
        }
        if (strcmp(name, wanted) != 0) {
            return problem_set(problem, GK_E_BAD_REQUEST, "unknown member '%s': only '%s' is known",
                    shown_utf8(span_of(name)).text, wanted);
        }
    }
    if (wanted == NULL) {
        return 0;
    }
    member = json_object_get(object, wanted);
    if (member == NULL) {
        return problem_set(problem, GK_E_BAD_REQUEST, "member '%s' is missing", wanted);
    }
    *ret_member = member;
    return 0;
}

int request_decode_empty(struct span body, struct problem *problem) {
    DECODED_AUTO struct decoded decoded = DECODED_NULL;
    int r;

    if (body.len == 0) {
        return 0;
    }
    r = request_json_load(body, &decoded.root, problem);
    return r != 0 ? r : take_only(decoded.root, NULL, NULL, problem);
}

int request_decode_advance(struct span body, int64_t *ret_by_s, struct problem *problem) {
    DECODED_AUTO struct decoded decoded = DECODED_NULL;
    json_t *by = NULL;
    int64_t seconds;
    int r = request_json_load(body, &decoded.root, problem);

    if (r == 0) {
        r = take_only(decoded.root, "by", &by, problem);
    }
    if (r != 0) {
        return r;
    }
    seconds = request_seconds(by, INT64_MAX);
    if (seconds < 0) {
        return problem_set(problem, GK_E_BAD_REQUEST,
                "member 'by' must be whole seconds, at least 1, or a duration such as '1h30m'");
    }
    *ret_by_s = seconds;
    return 0;
}

int request_decode_set_clock(struct span body, instant *ret_now, struct problem *problem) {
    DECODED_AUTO struct decoded decoded = DECODED_NULL;
    json_t *now = NULL;
    int r = request_json_load(body, &decoded.root, problem);

    if (r == 0) {
        r = take_only(decoded.root, "now", &now, problem);
    }
    if (r != 0) {
        return r;
    }
    if (!json_is_string(now) || instant_parse(request_text(now), ret_now) != 0) {
        return problem_set(problem, GK_E_BAD_REQUEST,
                "member 'now' must be a time as in RFC 3339, such as '2000-01-01T00:00:00Z'");
    }
    return 0;
}
