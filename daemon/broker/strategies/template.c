/*
 * Text with fields: `postgres://app:{alnum:24}@localhost/app`. The fields draw from one stream,
 * left to right. `{{` and `}}` stand for braces.
 */
#include "broker/strategies/table.h"
#include "broker/strategy.h"

/* A kind of field: {kind:N} has an alphabet, {kind} appends by itself. */
struct field {
    const char *name;
    const char *alphabet;
    void (*append)(const struct making *making, struct buffer *value);
};

/* A part of a template: literal text, or one field. */
struct piece {
    struct span text; /* data NULL: a field */
    const struct field *field;
    size_t count; /* the N of {kind:N} */
};

static void append_uuid(const struct making *making, struct buffer *value) {
    keystream_uuid(making->stream, value);
}

static void append_version(const struct making *making, struct buffer *value) {
    buffer_append_decimal(value, making->version);
}

static void append_name(const struct making *making, struct buffer *value) {
    buffer_append_span(value, making->name);
}

static const struct field *field_find(struct span name) {
    static const struct field fields[] = {
            {.name = "hex", .alphabet = ALPHABET_HEX},
            {.name = "alnum", .alphabet = ALPHABET_ALNUM},
            {.name = "upper", .alphabet = ALPHABET_UPPER},
            {.name = "lower", .alphabet = ALPHABET_LOWER},
            {.name = "digit", .alphabet = ALPHABET_DIGIT},
            {.name = "base64url", .alphabet = ALPHABET_BASE64URL},
            {.name = "uuid", .append = append_uuid},
            {.name = "version", .append = append_version},
            {.name = "name", .append = append_name},
    };

    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        if (span_is(name, fields[i].name)) {
            return &fields[i];
        }
    }
    return NULL;
}

/* A decimal from 1 to GK_GENERATED_MAX_CHARS without leading zeros, or 0. */
static size_t parse_count(struct span text) {
    size_t count = 0;

    if (text.len == 0 || text.data[0] == '0') {
        return 0;
    }
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9') {
            return 0;
        }
        count = count * 10 + (size_t)(text.data[i] - '0');
        if (count > GK_GENERATED_MAX_CHARS) {
            return 0;
        }
    }
    return count;
}

/* inside is the text between the braces. NULL, or what is wrong with it. */
static const char *parse_field(struct span inside, struct piece *ret_piece) {
    const char *colon = inside.len > 0 ? memchr(inside.data, ':', inside.len) : NULL;
    size_t name_len = colon != NULL ? (size_t)(colon - inside.data) : inside.len;
    const struct field *field = field_find((struct span){inside.data, name_len});
    struct piece piece = {.field = field};

    if (field == NULL) {
        return "is a field of no known kind: {hex:N}, {alnum:N}, {upper:N}, {lower:N}, {digit:N}, "
               "{base64url:N}, {uuid}, {version} and {name} are known; '{{' stands for a brace";
    }
    if (field->append != NULL && colon != NULL) {
        return "is a field that takes no number: {uuid}, {version} and {name} stand alone";
    }
    if (field->append == NULL) {
        if (colon == NULL) {
            return "is a field without its number of characters, as in {hex:32}";
        }
        piece.count = parse_count((struct span){colon + 1, inside.len - name_len - 1});
        if (piece.count == 0) {
            return "is a field whose number of characters is not a number from 1 to 4096";
        }
    }
    *ret_piece = piece;
    return NULL;
}

/* The first byte of text that is a brace, or its length. */
static size_t find_brace(struct span text) {
    size_t at = 0;

    while (at < text.len && text.data[at] != '{' && text.data[at] != '}') {
        at++;
    }
    return at;
}

/* Takes the first piece off rest, which is not empty. NULL, or what is wrong at its start. */
static const char *next_piece(struct span *rest, struct piece *ret_piece) {
    size_t taken = find_brace(*rest);
    struct piece piece = {.text = {rest->data, taken}};

    if (taken == 0 && rest->len > 1 && rest->data[1] == rest->data[0]) {
        piece.text.len = 1;
        taken = 2;
    } else if (taken == 0 && rest->data[0] == '}') {
        return "is a '}' that closes no field; '}}' stands for a brace";
    } else if (taken == 0) {
        const char *end = memchr(rest->data, '}', rest->len);
        const char *fault;

        if (end == NULL) {
            return "is a '{' that is never closed; '{{' stands for a brace";
        }
        taken = (size_t)(end - rest->data) + 1;
        fault = parse_field((struct span){rest->data + 1, taken - 2}, &piece);
        if (fault != NULL) {
            return fault;
        }
    }
    rest->data += taken;
    rest->len -= taken;
    *ret_piece = piece;
    return NULL;
}

static const char *template_fault(struct span template, size_t *ret_at) {
    struct span rest = template;
    const char *fault = NULL;
    struct piece piece;

    while (rest.len > 0 && fault == NULL) {
        fault = next_piece(&rest, &piece);
    }
    if (fault != NULL) {
        *ret_at = template.len - rest.len;
    }
    return fault;
}

static const struct strategy_parameter parameters[] = {
        {
                .name = "template",
                .type = PARAMETER_TEXT,
                .required = true,
                .fault = template_fault,
        },
};

static void make_template(const struct making *making, struct buffer *value) {
    struct span rest = making->policy->parameters[0].text;
    struct piece piece;

    /* the template was checked when it was put, so the loop ends at its end or at the limit */
    while (rest.len > 0 && value->len <= making->value_max_bytes &&
            next_piece(&rest, &piece) == NULL) {
        if (piece.text.data != NULL) {
            buffer_append_span(value, piece.text);
        } else if (piece.field->append != NULL) {
            piece.field->append(making, value);
        } else {
            keystream_characters(making->stream, piece.field->alphabet, piece.count, value);
        }
    }
}

static size_t measure_template(const struct making *making) {
    struct span rest = making->policy->parameters[0].text;
    char version[DECIMAL_MAX_BYTES];
    struct piece piece;
    size_t len = 0;

    while (rest.len > 0 && next_piece(&rest, &piece) == NULL) {
        if (piece.text.data != NULL) {
            len += piece.text.len;
        } else if (piece.field->append == append_uuid) {
            len += UUID_CHARS;
        } else if (piece.field->append == append_version) {
            len += decimal_format(making->version, version);
        } else if (piece.field->append == append_name) {
            len += making->name.len;
        } else {
            len += piece.count;
        }
    }
    return len;
}

const struct strategy strategy_template = {
        .name = "template",
        .parameters = parameters,
        .parameter_count = 1,
        .make = make_template,
        .measure = measure_template,
};
