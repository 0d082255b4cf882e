/*
 * GetRandomPassword. The n-th password of a state is derived from the seed and n, so that a test
 * run gets the same ones each time, and no two of a state are equal.
 */
#include "api/aws/operations.h"
#include "broker/derive.h"
#include "broker/own.h"
#include "common/json_writer.h"
#include "http/request_text.h"

#define LENGTH_DEFAULT 32
#define PUNCTUATION "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
#define ALL_MAX 128
#define COUNT_KEY SPAN_LITERAL("passwords") /* no key of a replica: it has no slash */

/* One type of characters, without those that are excluded. */
struct type {
    size_t count;
    char characters[ALL_MAX];
};

#define TYPES 5

struct types {
    size_t required;
    struct type of[TYPES];
    struct type all;
};

static void add_type(struct types *types, size_t at, const char *characters, struct span excluded) {
    struct type *type = &types->of[at];

    for (const char *c = characters; *c != '\0'; c++) {
        if (excluded.len > 0 && memchr(excluded.data, *c, excluded.len) != NULL) {
            continue;
        }
        type->characters[type->count++] = *c;
        types->all.characters[types->all.count++] = *c;
    }
    types->required += type->count > 0;
}

static void take_types(struct call *call, struct types *types) {
    static const struct {
        enum aws_member excluded_by;
        const char *characters;
    } kinds[] = {
            {MEMBER_EXCLUDE_LOWERCASE, ALPHABET_LOWER},
            {MEMBER_EXCLUDE_UPPERCASE, ALPHABET_UPPER},
            {MEMBER_EXCLUDE_NUMBERS, ALPHABET_DIGIT},
            {MEMBER_EXCLUDE_PUNCTUATION, PUNCTUATION},
    };
    const struct arguments *arguments = arguments_of(call);
    struct span excluded = text_of(arguments, MEMBER_EXCLUDE_CHARACTERS);

    for (size_t at = 0; at < sizeof(kinds) / sizeof(kinds[0]); at++) {
        if (number_of(arguments, kinds[at].excluded_by, 0) == 0) {
            add_type(types, at, kinds[at].characters, excluded);
        }
    }
    if (number_of(arguments, MEMBER_INCLUDE_SPACE, 0) != 0) {
        add_type(types, TYPES - 1, " ", excluded);
    }
}

/* A number below n, each as likely as the others; n is at most 4096. */
static size_t draw(struct keystream *stream, size_t n) {
    unsigned char bytes[2];
    size_t number;
    size_t ceiling = 0x10000 - 0x10000 % n;

    do {
        keystream_bytes(stream, bytes, sizeof(bytes));
        number = (size_t)bytes[0] << 8 | bytes[1];
    } while (number >= ceiling && keystream_finish(stream) == 0);
    return number % n;
}

static void draw_from(struct keystream *stream, const struct type *type, struct buffer *password) {
    buffer_append_byte(password, type->characters[draw(stream, type->count)]);
}

/* One of each type first, then any; then all in another order. */
static int make(struct call *call, const struct types *types, size_t len, bool requires_each,
        uint64_t number, struct buffer *password) {
    char decimal[DECIMAL_MAX_BYTES];
    const struct span parts[] = {
            SPAN_LITERAL("aws-password"), {decimal, decimal_format(number, decimal)}};
    struct keystream *stream = broker_derive(call->broker, parts, sizeof(parts) / sizeof(parts[0]));
    int error;

    for (size_t at = 0; requires_each && at < TYPES; at++) {
        if (types->of[at].count > 0) {
            draw_from(stream, &types->of[at], password);
        }
    }
    while (password->len < len && !password->broken) {
        draw_from(stream, &types->all, password);
    }
    for (size_t at = password->len; at > 1; at--) {
        size_t other = draw(stream, at);
        char moved = password->data[other];

        password->data[other] = password->data[at - 1];
        password->data[at - 1] = moved;
    }
    error = keystream_finish(stream);
    keystream_stop(stream);
    return error != 0 ? error : buffer_finish(password);
}

/* The number of this password: from 1 on, in this state. */
static int count(struct call *call, uint64_t *ret_number) {
    char decimal[DECIMAL_MAX_BYTES];
    unsigned long long last = 0;
    struct span kept;

    if (broker_own_get(call->broker, OWNER_AWS, COUNT_KEY, &kept)) {
        (void)decimal_parse(kept, &last); /* we wrote it */
    }
    *ret_number = last + 1;
    return broker_own_put(call->broker, OWNER_AWS, COUNT_KEY,
            (struct span){decimal, decimal_format(*ret_number, decimal)});
}

int aws_handle_random_password(struct call *call) {
    const struct arguments *arguments = arguments_of(call);
    BUFFER_AUTO struct buffer password = BUFFER_NULL;
    struct types types = {.required = 0};
    size_t len = (size_t)number_of(arguments, MEMBER_PASSWORD_LENGTH, LENGTH_DEFAULT);
    bool requires_each = number_of(arguments, MEMBER_REQUIRE_EACH_TYPE, 1) != 0;
    struct buffer *buffer;
    uint64_t number;
    int error;

    take_types(call, &types);
    if (types.all.count == 0) {
        return refuse_with(&call->problem, AWS_INVALID_PARAMETER,
                "The password has no characters left to be made of.");
    }
    if (requires_each && len < types.required) {
        return refuse_with(&call->problem, AWS_INVALID_PARAMETER,
                "Password length is too short based on the required types.");
    }
    error = count(call, &number);
    if (error != 0) {
        return error;
    }
    error = make(call, &types, len, requires_each, number, &password);
    if (error != 0) {
        return error;
    }
    buffer = answer_begin(call);
    buffer_append_literal(buffer, "{\"RandomPassword\":");
    json_write_text(buffer, buffer_span(&password));
    buffer_append_literal(buffer, "}");
    return 0;
}
