#include "api/ghostkey/request_json.h"

#include <errno.h>

#include "common/utf8.h"
#include "http/request_text.h"
#include "process/log.h"

/* Where a byte of the body is: all counted from 1. */
struct position {
    size_t line;
    size_t column;
    size_t byte;
};

/*
 * Of the end of the body: where its last byte is. Counts on from the last call: in a large body the
 * next mistake is usually near.
 */
static struct position position_of(struct body *body, const char *at) {
    const char *last = body->text.data + body->text.len - 1;

    at = at < last ? at : last;
    if (body->seen == NULL || at < body->seen) {
        body->seen = body->line_start = body->text.data;
        body->line = 1;
    }
    for (; body->seen < at; body->seen++) {
        if (*body->seen == '\n') {
            body->line += 1;
            body->line_start = body->seen + 1;
        }
    }
    return (struct position){
            body->line, (size_t)(at - body->line_start) + 1, (size_t)(at - body->text.data) + 1};
}

static int refuse_at(struct body *body, const char *at, const char *mistake) {
    struct position position = position_of(body, at);

    return problem_set(body->problem, GK_E_BAD_REQUEST,
            "the body %s: line %zu, column %zu (byte %zu)", mistake, position.line, position.column,
            position.byte);
}

static int refuse_repeated(struct body *body, const struct member *member) {
    struct position position = position_of(body, member->name_end);

    return problem_set(body->problem, GK_E_BAD_REQUEST,
            "member '%s' is given more than once (line %zu, column %zu)",
            shown_utf8(member->name).text, position.line, position.column);
}

char *body_reserve(struct body *body, size_t len) {
    /* what is decoded is less than twice its text: the bytes never have to move */
    size_t part_len = body->part_len != 0 ? body->part_len : body->text.len;
    size_t room = body->bytes->data == NULL ? 2 * part_len : len;
    char *place = buffer_reserve(body->bytes, room);

    if (place == NULL) {
        (void)log_error(ENOMEM, "cannot decode the body of a request");
    }
    return place;
}

int body_decode_text(struct body *body, struct json_reader_value *value) {
    char *place;
    size_t len;

    if (!value->has_escapes) {
        return 0;
    }
    place = body_reserve(body, value->raw.len);
    if (place == NULL) {
        return -ENOMEM;
    }
    if (!json_reader_decode(value, place, &len)) {
        return refuse_at(body, value->raw.data, "has a text with half of a surrogate pair");
    }
    buffer_commit(body->bytes, len);
    value->raw = (struct span){place, len};
    return 0;
}

int body_next_member(struct body *body, struct json_reader *reader, bool is_first,
        struct member *ret_member, bool *ret_found) {
    struct json_reader_value name;
    struct member member;
    int error;

    *ret_found = false;
    if (!json_reader_member(reader, is_first, &name)) {
        return 0;
    }
    member.value = json_reader_next(reader);
    if (reader->is_broken) {
        return 0;
    }
    member.name_end = name.raw.data + name.raw.len;
    error = body_decode_text(body, &name);
    if (error != 0) {
        return error;
    }
    if (name.has_escapes && span_has_nul(name.raw)) {
        return refuse_at(body, member.name_end, "has a NUL in the name of a member");
    }
    member.name = name.raw;
    error = body_decode_text(body, &member.value);
    if (error != 0) {
        return error;
    }
    *ret_member = member;
    *ret_found = true;
    return 0;
}

/* The members of an object whose '{' was taken. Those past MEMBERS_MAX are skipped. */
static int read_members(struct body *body, struct json_reader *reader, struct members *members) {
    struct member member;
    bool found;

    members->count = 0;
    for (bool is_first = true;; is_first = false) {
        int error = body_next_member(body, reader, is_first, &member, &found);

        if (error != 0 || !found) {
            return error;
        }
        for (size_t i = 0; i < members->count; i++) {
            if (span_equals(members->items[i].name, member.name)) {
                return refuse_repeated(body, &member);
            }
        }
        if (members->count < MEMBERS_MAX) {
            members->items[members->count++] = member;
        }
    }
}

int body_members(struct body *body, struct span object, struct members *ret_members) {
    struct json_reader reader = json_reader_of(object);

    json_reader_expect(&reader, '{');
    return read_members(body, &reader, ret_members);
}

static const char *mistake_of(const struct json_reader *reader) {
    if (!reader->is_broken) {
        return "goes on after its JSON";
    }
    if (reader->is_too_deep) {
        return "is nested too deeply";
    }
    return reader->at == reader->end ? "ends before its JSON does" : "is not valid JSON";
}

int body_close(struct body *body, struct json_reader *reader) {
    const char *mistake = mistake_of(reader);

    return json_reader_finish(reader) == 0 ? 0 : refuse_at(body, reader->at, mistake);
}

int body_begin(struct body *body, struct json_reader *ret_reader) {
    struct json_reader reader = json_reader_of(body->text);
    size_t valid = utf8_valid_bytes(body->text);
    int error;

    if (body->text.len == 0) {
        return problem_set(
                body->problem, GK_E_BAD_REQUEST, "the body is empty: it must be a JSON object");
    }
    if (valid < body->text.len) {
        return refuse_at(body, body->text.data + valid, "is not UTF-8");
    }
    if (!json_reader_take(&reader, '{')) {
        (void)json_reader_next(&reader);
        error = body_close(body, &reader);
        return error != 0 ? error
                          : problem_set(body->problem, GK_E_BAD_REQUEST,
                                    "the body is not a JSON object: it must be one");
    }
    *ret_reader = reader;
    return 0;
}

int body_open(struct body *body, struct members *ret_members) {
    struct json_reader reader;
    int error = body_begin(body, &reader);

    if (error != 0) {
        return error;
    }
    error = read_members(body, &reader, ret_members);
    return error != 0 ? error : body_close(body, &reader);
}

bool is_integer(const struct json_reader_value *value, int64_t *ret_integer) {
    struct span digits = value->raw;
    bool is_negative = digits.len > 0 && digits.data[0] == '-';
    unsigned long long number;

    if (value->kind != JSON_READER_NUMBER) {
        return false;
    }
    digits.data += is_negative;
    digits.len -= is_negative;
    if (decimal_parse(digits, &number) != 0 || number > INT64_MAX) {
        return false;
    }
    *ret_integer = is_negative ? -(int64_t)number : (int64_t)number;
    return true;
}
