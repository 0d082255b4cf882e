#include "api/aws/shape.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#include "api/aws/refusal.h"
#include "api/aws/scalar.h"
#include "common/base64.h"
#include "common/json_reader.h"
#include "common/utf8.h"
#include "http/request_text.h"
#include "process/log.h"

#define PATH_MAX_BYTES 96  /* filters.10.member.values.10.member */
#define NAME_MAX_BYTES 192 /* of a member with escapes; the longest name has 27 bytes */

/* Where a value stands, as AWS names it: filters.1.member.key */
struct path {
    char text[PATH_MAX_BYTES];
};

struct decoding {
    struct arguments *arguments;
    struct problem *problem;
    size_t value_max_bytes;
    size_t body_len;
    unsigned int fault_count; /* broken constraints */
    char faults[PROBLEM_MAX_BYTES];
};

static struct path path_below(const struct path *above, const char *name, size_t number) {
    struct path path;
    const char *dot = above->text[0] == '\0' ? "" : ".";
    int len = number == 0 ? snprintf(path.text, sizeof(path.text), "%s%s%s", above->text, dot, name)
                          : snprintf(path.text, sizeof(path.text), "%s%s%zu.%s", above->text, dot,
                                    number, name);
    char *first = path.text + strlen(above->text) + strlen(dot);

    assert(len > 0 && (size_t)len < sizeof(path.text)); /* the deepest one fits */
    if (*first >= 'A' && *first <= 'Z') {
        *first = (char)(*first - 'A' + 'a');
    }
    return path;
}

/* Notes a broken constraint. value is how AWS shows the value, or empty. */
__attribute__((format(printf, 4, 5))) static void note(struct decoding *decoding, const char *value,
        const struct path *path, const char *constraint, ...) {
    size_t len = strlen(decoding->faults);
    char text[128];
    va_list arguments;

    va_start(arguments, constraint);
    (void)vsnprintf(text, sizeof(text), constraint, arguments);
    va_end(arguments);
    decoding->fault_count += 1;
    (void)snprintf(decoding->faults + len, sizeof(decoding->faults) - len,
            "%sValue%s%s at '%s' failed to satisfy constraint: %s", len == 0 ? "" : "; ",
            value[0] == '\0' ? "" : " ", value, path->text, text); /* what is too long is cut */
}

/* How AWS names what it found in place of what it expected. */
static const char *token_name(const struct json_reader_value *value) {
    switch (value->kind) {
    case JSON_READER_TEXT:
        return "STRING_VALUE";
    case JSON_READER_NUMBER:
        return "NUMBER_VALUE";
    case JSON_READER_TRUE:
        return "TRUE_VALUE";
    case JSON_READER_FALSE:
        return "FALSE_VALUE";
    case JSON_READER_NULL:
        return "NULL_VALUE";
    default:
        return value->raw.data[0] == '{' ? "START_OBJECT" : "START_ARRAY";
    }
}

static int refuse_type(
        struct decoding *decoding, const struct json_reader_value *value, const char *wanted) {
    return refuse_with(decoding->problem, AWS_SERIALIZATION, "%s can not be converted to %s",
            token_name(value), wanted);
}

static char *reserve(struct decoding *decoding, size_t len) {
    struct buffer *bytes = &decoding->arguments->bytes;
    /*
     * All decoded texts of a body are shorter than the body, and so is what they are the Base64 of.
     * So no more room will be needed, and nothing moves.
     */
    char *place = buffer_reserve(bytes, bytes->data == NULL ? 2 * decoding->body_len + 2 : len + 1);

    if (place == NULL) {
        (void)log_error(ENOMEM, "cannot decode the body of a request");
    }
    return place;
}

static void check_length(struct decoding *decoding, const struct shape *shape,
        const struct path *path, int64_t len, struct span shown) {
    char value[SHOWN_MAX_BYTES + 8] = "";

    if (len >= shape->min && len <= shape->max) {
        return;
    }
    if (shown.data != NULL) {
        (void)snprintf(value, sizeof(value), "'%s'", shown_utf8(shown).text);
    }
    note(decoding, value, path, "Member must have length %s than or equal to %" PRId64,
            len < shape->min ? "greater" : "less", len < shape->min ? shape->min : shape->max);
}

/* A value of a secret. */
static bool check_value_size(struct decoding *decoding, const struct path *path, size_t len) {
    if (len > decoding->value_max_bytes) {
        note(decoding, "", path, "Member must have length less than or equal to %zu",
                decoding->value_max_bytes);
    }
    return len <= decoding->value_max_bytes;
}

static int decode_text(struct decoding *decoding, const struct shape *shape,
        const struct path *path, const struct json_reader_value *value, struct argument *argument) {
    bool is_secret = shape->kind == SHAPE_SECRET;
    struct span text = value->raw;
    bool is_whole = true;

    if (value->kind != JSON_READER_TEXT) {
        return refuse_type(decoding, value, "a String");
    }
    if (value->has_escapes) {
        char *place = reserve(decoding, text.len);

        if (place == NULL) {
            return -ENOMEM;
        }
        is_whole = json_reader_decode(value, place, &text.len);
        text.data = place;
        buffer_commit(&decoding->arguments->bytes, text.len);
    }
    if (!is_whole || (text.len > 0 && memchr(text.data, '\0', text.len) != NULL)) {
        note(decoding, "", path, "Member must be Unicode text without NUL");
        return 0;
    }
    if (is_secret) {
        check_value_size(decoding, path, text.len);
    }
    check_length(decoding, shape, path, scalar_characters(text), is_secret ? SPAN_NULL : text);
    argument->text = text;
    return 0;
}

static int decode_blob(struct decoding *decoding, const struct shape *shape,
        const struct path *path, const struct json_reader_value *value, struct argument *argument) {
    struct buffer *bytes = &decoding->arguments->bytes;
    struct argument text = {.given = true};
    const struct shape any = {shape->name, SHAPE_BLOB, 0, NO_MAX}; /* the bytes are bounded */
    size_t before;
    int error;

    if (value->kind != JSON_READER_TEXT) {
        return refuse_type(decoding, value, "a Blob");
    }
    error = decode_text(decoding, &any, path, value, &text);
    if (error != 0) {
        return error;
    }
    if (!check_value_size(decoding, path, base64_decoded_bytes(text.text))) {
        return 0;
    }
    if (reserve(decoding, text.text.len) == NULL) {
        return -ENOMEM;
    }
    before = bytes->len;
    if (base64_decode(text.text, bytes) != 0) {
        return refuse_with(
                decoding->problem, AWS_SERIALIZATION, "%s is not valid Base64", shape->name);
    }
    argument->text = (struct span){bytes->data + before, bytes->len - before};
    check_length(decoding, shape, path, (int64_t)argument->text.len, SPAN_NULL);
    return 0;
}

static int decode_integer(struct decoding *decoding, const struct shape *shape,
        const struct path *path, const struct json_reader_value *value, struct argument *argument) {
    char shown[32];

    if (!scalar_integer(value, &argument->number)) {
        return refuse_type(decoding, value, "a Long");
    }
    (void)snprintf(shown, sizeof(shown), "'%" PRId64 "'", argument->number);
    if (argument->number < shape->min) {
        note(decoding, shown, path, "Member must have value greater than or equal to %" PRId64,
                shape->min);
    }
    if (argument->number > shape->max) {
        note(decoding, shown, path, "Member must have value less than or equal to %" PRId64,
                shape->max);
    }
    return 0;
}

static int decode_value(struct decoding *decoding, const struct shape *shape,
        const struct path *path, const struct json_reader_value *value, struct argument *argument);

/* The text, with its escapes undone in place; data NULL: it is longer than any member's name. */
static struct span member_name(const struct json_reader_value *name, char place[NAME_MAX_BYTES]) {
    size_t len;

    if (!name->has_escapes) {
        return name->raw;
    }
    if (name->raw.len > NAME_MAX_BYTES || !json_reader_decode(name, place, &len)) {
        return SPAN_NULL;
    }
    return (struct span){place, len};
}

/* Decodes those members of an object that shapes describe. */
static int decode_members(struct decoding *decoding, struct span object, const struct shape *all,
        size_t count, uint64_t takes, const struct path *path, struct argument *ret_members) {
    struct json_reader reader = json_reader_of(object);
    struct json_reader_value name;

    json_reader_expect(&reader, '{');
    for (bool is_first = true; json_reader_member(&reader, is_first, &name); is_first = false) {
        struct json_reader_value value = json_reader_next(&reader);
        char name_place[NAME_MAX_BYTES];
        struct span own_name = member_name(&name, name_place);

        for (size_t at = 0; at < count; at++) {
            struct path below;
            int error;

            if ((takes & MEMBER_BIT(at)) == 0 || !span_is(own_name, all[at].name) ||
                    value.kind == JSON_READER_NULL) {
                continue;
            }
            if (ret_members[at].given) {
                return refuse_with(decoding->problem, AWS_SERIALIZATION,
                        "The member %s is given more than once.", all[at].name);
            }
            below = path_below(path, all[at].name, 0);
            ret_members[at] = (struct argument){.given = true};
            error = decode_value(decoding, &all[at], &below, &value, &ret_members[at]);
            if (error != 0) {
                return error;
            }
        }
    }
    return 0;
}

/* Takes room for elements; they are not given yet. */
static size_t take_elements(struct arguments *arguments, size_t count) {
    size_t first = arguments->element_count;

    assert(count <= ELEMENTS_MAX - first); /* the lists are bounded: shapes */
    memset(&arguments->elements[first], 0, count * sizeof(arguments->elements[0]));
    arguments->element_count += count;
    return first;
}

static int decode_structure(struct decoding *decoding, const struct shape *shape,
        const struct path *path, const struct json_reader_value *value, size_t first) {
    if (value->kind != JSON_READER_NESTED || value->raw.data[0] != '{') {
        return refuse_type(decoding, value, "a Structure");
    }
    return decode_members(decoding, value->raw, shape->parts, shape->part_count, UINT64_MAX, path,
            &decoding->arguments->elements[first]);
}

static size_t count_elements(struct span list) {
    struct json_reader reader = json_reader_of(list);
    size_t count = 0;

    json_reader_expect(&reader, '[');
    if (json_reader_take(&reader, ']')) {
        return 0;
    }
    do {
        (void)json_reader_next(&reader);
        count += 1;
    } while (json_reader_take(&reader, ','));
    return count;
}

static int decode_list(struct decoding *decoding, const struct shape *shape,
        const struct path *path, const struct json_reader_value *value, struct argument *argument) {
    const struct shape *element = shape->parts;
    struct json_reader reader = json_reader_of(value->raw);
    size_t width = element->kind == SHAPE_STRUCTURE ? element->part_count : 1;

    if (value->kind != JSON_READER_NESTED || value->raw.data[0] != '[') {
        return refuse_type(decoding, value, "a List");
    }
    argument->count = count_elements(value->raw);
    check_length(decoding, shape, path, (int64_t)argument->count, SPAN_NULL);
    if ((int64_t)argument->count > shape->max) {
        return 0;
    }
    argument->first = take_elements(decoding->arguments, argument->count * width);
    json_reader_expect(&reader, '[');
    for (size_t at = 0; at < argument->count; at++) {
        struct json_reader_value part = json_reader_next(&reader);
        struct path below = path_below(path, "member", at + 1);
        size_t first = argument->first + at * width;
        struct argument *place = &decoding->arguments->elements[first];
        int error;

        (void)json_reader_take(&reader, ',');
        if (element->kind == SHAPE_STRUCTURE) {
            error = decode_structure(decoding, element, &below, &part, first);
        } else {
            place->given = true;
            error = decode_value(decoding, element, &below, &part, place);
        }
        if (error != 0) {
            return error;
        }
    }
    return 0;
}

static int decode_value(struct decoding *decoding, const struct shape *shape,
        const struct path *path, const struct json_reader_value *value, struct argument *argument) {
    switch (shape->kind) {
    case SHAPE_BLOB:
        return decode_blob(decoding, shape, path, value, argument);
    case SHAPE_INTEGER:
        return decode_integer(decoding, shape, path, value, argument);
    case SHAPE_BOOLEAN:
        if (value->kind != JSON_READER_TRUE && value->kind != JSON_READER_FALSE) {
            return refuse_type(decoding, value, "a Boolean");
        }
        argument->number = value->kind == JSON_READER_TRUE;
        return 0;
    case SHAPE_LIST:
        return decode_list(decoding, shape, path, value, argument);
    case SHAPE_STRUCTURE:
        argument->first = take_elements(decoding->arguments, shape->part_count);
        return decode_structure(decoding, shape, path, value, argument->first);
    default:
        return decode_text(decoding, shape, path, value, argument);
    }
}

/* Whether the body is one JSON object. An empty body counts as {}. */
static bool is_object(struct span body) {
    struct json_reader reader = json_reader_of(body);
    struct json_reader_value value;

    if (!utf8_is_valid(body)) {
        return false;
    }
    value = json_reader_next(&reader);
    return json_reader_finish(&reader) == 0 && value.kind == JSON_READER_NESTED &&
           value.raw.data[0] == '{';
}

static void note_missing(struct decoding *decoding, uint64_t requires) {
    for (size_t at = 0; at < MEMBER_COUNT; at++) {
        if ((requires & MEMBER_BIT(at)) != 0 && !decoding->arguments->of[at].given) {
            struct path path = path_below(&(struct path){""}, shapes[at].name, 0);

            note(decoding, "null", &path, "Member must not be null");
        }
    }
}

int shape_decode(struct span body, uint64_t takes, uint64_t requires, size_t value_max_bytes,
        struct arguments *arguments, struct problem *problem) {
    struct decoding decoding = {.arguments = arguments,
            .problem = problem,
            .value_max_bytes = value_max_bytes,
            .body_len = body.len};
    int error = 0;

    if (body.len > 0 && !is_object(body)) {
        return refuse_with(problem, AWS_SERIALIZATION, "The body is not one JSON object in UTF-8.");
    }
    if (body.len > 0) {
        error = decode_members(&decoding, span_trim_start(body), shapes, MEMBER_COUNT, takes,
                &(struct path){""}, arguments->of);
    }
    if (error != 0) {
        return error;
    }
    note_missing(&decoding, requires);
    if (decoding.fault_count == 0) {
        return 0;
    }
    return refuse_with(problem, AWS_VALIDATION, "%u validation error%s detected: %s",
            decoding.fault_count, decoding.fault_count == 1 ? "" : "s", decoding.faults);
}
