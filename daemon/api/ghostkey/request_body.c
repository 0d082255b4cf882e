#include <errno.h>

#include "api/ghostkey/mistakes.h"
#include "api/ghostkey/request_json.h"
#include "common/base64.h"
#include "common/name.h"
#include "http/request_text.h"

static int read_value(struct reading *reading, const struct json_reader_value *value) {
    if (!is_text(value)) {
        return refuse(reading, "member 'value' must be a text");
    }
    if (value->has_escapes && span_has_nul(value->raw)) {
        return refuse(reading, "member 'value' must not hold a NUL: put it as 'value_base64'");
    }
    reading->sources += 1;
    reading->definition->value_source = VALUE_GIVEN;
    reading->definition->value = value->raw;
    return 0;
}

static int read_value_base64(struct reading *reading, const struct json_reader_value *value) {
    struct buffer *bytes = reading->body.bytes;
    char *place = body_reserve(&reading->body, value->raw.len);

    if (place == NULL) {
        return -ENOMEM;
    }
    if (!is_text(value) || base64_decode(value->raw, bytes) != 0) {
        return refuse(reading,
                "member 'value_base64' must be a text in base64 (RFC 4648, section 4, padded)");
    }
    reading->sources += 1;
    reading->definition->value_source = VALUE_GIVEN;
    reading->definition->value = (struct span){place, (size_t)(bytes->data + bytes->len - place)};
    reading->definition->binary = true;
    return 0;
}

static int read_generate(struct reading *reading, const struct json_reader_value *value) {
    if (value->kind != JSON_READER_TRUE) {
        return refuse(reading, "member 'generate' must be true, or left out");
    }
    reading->sources += 1;
    reading->definition->value_source = VALUE_GENERATED;
    return 0;
}

int64_t body_seconds(const struct json_reader_value *value, int64_t max) {
    int64_t seconds = 0;

    if (!is_integer(value, &seconds) &&
            (!is_text(value) || duration_parse(value->raw, &seconds) != 0)) {
        return -1;
    }
    return seconds >= 1 && seconds <= max ? seconds : -1;
}

static int read_ttl(struct reading *reading, const struct json_reader_value *value) {
    int64_t seconds = is_reset(reading, value) ? 0 : body_seconds(value, GK_TTL_MAX_S);

    if (seconds < 0) {
        return refuse(reading,
                "member 'ttl' must be whole seconds, 1 to %d, or a duration such as '1h30m'",
                GK_TTL_MAX_S);
    }
    reading->definition->has_ttl = true;
    reading->definition->ttl_s = (uint32_t)seconds;
    return 0;
}

static int read_env(struct reading *reading, const struct json_reader_value *value) {
    struct definition *definition = reading->definition;

    if (value->kind == JSON_READER_FALSE) {
        definition->env_source = ENV_OFF;
    } else if (is_reset(reading, value)) {
        definition->env_source = ENV_DEFAULT;
    } else if (is_text(value) && env_name_is_valid(value->raw)) {
        definition->env_source = ENV_NAMED;
        definition->env = value->raw;
    } else {
        return refuse(reading,
                "member 'env' must be false or a name: A-Z a-z 0-9 and _, no digit first, "
                "at most %d bytes",
                GK_ENV_MAX_BYTES);
    }
    definition->has_env = true;
    return 0;
}

static int read_description(struct reading *reading, const struct json_reader_value *value) {
    bool is_none = is_reset(reading, value);

    if (!is_none && (!is_text(value) || span_has_nul(value->raw) ||
                            value->raw.len > GK_DESCRIPTION_MAX_BYTES)) {
        return refuse(reading,
                "member 'description' must be a text of at most %d bytes, without NUL",
                GK_DESCRIPTION_MAX_BYTES);
    }
    reading->definition->has_description = true;
    reading->definition->description = is_none ? SPAN_NULL : value->raw;
    return 0;
}

static int refuse_label(const struct reading *reading, struct span name, const char *fault) {
    return refuse(reading, "member 'labels.%s' %s", shown_utf8(name).text, fault);
}

static int add_label(struct reading *reading, const struct member *member) {
    struct definition *definition = reading->definition;
    const struct json_reader_value *value = &member->value;
    struct label label = {.name = member->name, .value = SPAN_NULL};

    if (label.name.len == 0 || label.name.len > GK_LABEL_NAME_MAX_BYTES) {
        return refuse_label(reading, label.name, "must have a name of 1 to 128 bytes");
    }
    if (!is_reset(reading, value)) {
        if (!is_text(value) || span_has_nul(value->raw) ||
                value->raw.len > GK_LABEL_VALUE_MAX_BYTES) {
            return refuse_label(
                    reading, label.name, "must be a text of at most 512 bytes, without NUL");
        }
        label.value = value->raw;
    }
    if (definition->label_count == GK_LABEL_CHANGES_MAX ||
            (!reading->is_patch && definition->label_count == GK_LABELS_MAX)) {
        return refuse_label(reading, label.name, "is one too many for one request");
    }
    definition->labels[definition->label_count++] = label;
    return 0;
}

static int read_labels(struct reading *reading, const struct json_reader_value *value) {
    struct definition *definition = reading->definition;
    struct json_reader reader = json_reader_of(value->raw);
    struct member member;
    bool found = true;

    definition->has_labels = true;
    definition->labels_reset = is_reset(reading, value);
    if (definition->labels_reset) {
        return 0;
    }
    if (!is_object(value)) {
        return refuse(reading, "member 'labels' must be an object of texts");
    }
    json_reader_expect(&reader, '{');
    for (bool is_first = true; found; is_first = false) {
        int error = body_next_member(&reading->body, &reader, is_first, &member, &found);

        if (error != 0) {
            return error;
        }
        error = reading_go_on(reading, found ? add_label(reading, &member) : 0);
        if (error != 0) {
            return error;
        }
    }
    labels_sort(definition->labels, definition->label_count);
    for (size_t i = 1; i < definition->label_count; i++) {
        if (span_equals(definition->labels[i - 1].name, definition->labels[i].name)) {
            return refuse_label(reading, definition->labels[i].name, "is given more than once");
        }
    }
    return 0;
}

static int read_member(struct reading *reading, const struct member *member) {
    static const struct {
        const char *name;
        int (*read)(struct reading *reading, const struct json_reader_value *value);
    } known[] = {
            {"value", read_value},
            {"value_base64", read_value_base64},
            {"generate", read_generate},
            {"ttl", read_ttl},
            {"rotation", request_read_rotation},
            {"env", read_env},
            {"labels", read_labels},
            {"description", read_description},
    };

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (span_is(member->name, known[i].name)) {
            return known[i].read(reading, &member->value);
        }
    }
    return refuse(reading,
            "unknown member '%s'; there are value, value_base64, generate, ttl, rotation, env, "
            "labels "
            "and description",
            shown_utf8(member->name).text);
}

/* The length of the value that a member gives; 0: it gives none. */
static size_t value_bytes(const struct member *member) {
    if (!is_text(&member->value)) {
        return 0;
    }
    if (span_is(member->name, "value_base64")) {
        return base64_decoded_bytes(member->value.raw);
    }
    return span_is(member->name, "value") ? member->value.raw.len : 0;
}

/* Before all else of the body, as the contract has it. GK_E_TOO_LARGE */
static int check_size(struct reading *reading, const struct members *members) {
    for (size_t i = 0; i < members->count; i++) {
        size_t bytes = value_bytes(&members->items[i]);

        if (bytes > reading->value_max_bytes) {
            int error = problem_set(reading->body.problem, GK_E_TOO_LARGE,
                    "the value has %zu bytes: at most %zu are accepted (--max-value)", bytes,
                    reading->value_max_bytes);

            error = reading_go_on(reading, error);
            if (error != 0) {
                return error;
            }
        }
    }
    return 0;
}

static int read_members(struct reading *reading, const struct members *members) {
    bool may_keep = reading->is_patch || reading->mistakes != NULL;
    int error = check_size(reading, members);

    if (error != 0) {
        return error;
    }
    for (size_t i = 0; i < members->count; i++) {
        error = reading_go_on(reading, read_member(reading, &members->items[i]));
        if (error != 0) {
            return error;
        }
    }
    if (reading->sources == 1 || (reading->sources == 0 && may_keep)) {
        return 0;
    }
    return reading_go_on(reading,
            refuse(reading,
                    "%s one of the members 'value', 'value_base64' and 'generate' must be given",
                    may_keep ? "at most" : "exactly"));
}

int reading_go_on(struct reading *reading, int error) {
    if (error <= 0 || reading->mistakes == NULL) {
        return error;
    }
    mistakes_add(reading->mistakes, "secret", reading->name, error, reading->body.problem);
    return 0;
}

int request_read_document_secret(struct reading *reading, const struct json_reader_value *value) {
    struct members members;
    int error;

    memset(reading->definition, 0, DEFINITION_HEAD_BYTES); /* VALUE_KEPT is 0 */
    if (!is_object(value)) {
        return reading_go_on(reading,
                refuse(reading, "its definition must be an object, such as {\"generate\":true}"));
    }
    error = body_members(&reading->body, value->raw, &members);
    if (error != 0) {
        return reading_go_on(reading, error);
    }
    return read_members(reading, &members);
}

static int decode_definition(struct body body, size_t value_max_bytes, bool is_patch,
        struct definition *ret_definition) {
    struct definition definition;
    struct reading reading = {.body = body,
            .definition = &definition,
            .value_max_bytes = value_max_bytes,
            .is_patch = is_patch};
    struct members members;
    int error = body_open(&reading.body, &members);

    if (error != 0) {
        return error;
    }
    memset(&definition, 0, DEFINITION_HEAD_BYTES); /* VALUE_KEPT is 0 */
    error = read_members(&reading, &members);
    if (error != 0) {
        return error;
    }
    memcpy(ret_definition, &definition,
            DEFINITION_HEAD_BYTES + definition.label_count * sizeof(definition.labels[0]));
    return 0;
}

int request_decode_put(struct span body, size_t value_max_bytes, struct buffer *bytes,
        struct definition *ret_definition, struct problem *problem) {
    return decode_definition((struct body){.text = body, .bytes = bytes, .problem = problem},
            value_max_bytes, false, ret_definition);
}

int request_decode_patch(struct span body, size_t value_max_bytes, struct buffer *bytes,
        struct definition *ret_definition, struct problem *problem) {
    return decode_definition((struct body){.text = body, .bytes = bytes, .problem = problem},
            value_max_bytes, true, ret_definition);
}

int request_decode_verify(struct span text, size_t value_max_bytes, struct buffer *bytes,
        struct span *ret_value, struct problem *problem) {
    struct definition definition;
    struct reading reading = {.body = {.text = text, .bytes = bytes, .problem = problem},
            .definition = &definition,
            .value_max_bytes = value_max_bytes};
    struct members members;
    int error = body_open(&reading.body, &members);

    if (error != 0) {
        return error;
    }
    memset(&definition, 0, DEFINITION_HEAD_BYTES);
    error = check_size(&reading, &members);
    if (error != 0) {
        return error;
    }
    for (size_t i = 0; i < members.count; i++) {
        const struct member *member = &members.items[i];

        if (!span_is(member->name, "value") && !span_is(member->name, "value_base64")) {
            return refuse(&reading, "unknown member '%s'; there are value and value_base64",
                    shown_utf8(member->name).text);
        }
        error = read_member(&reading, member);
        if (error != 0) {
            return error;
        }
    }
    if (reading.sources != 1) {
        return refuse(
                &reading, "exactly one of the members 'value' and 'value_base64' must be given");
    }
    *ret_value = definition.value;
    return 0;
}
