#include "api/ghostkey/request_json.h"

#include "api/ghostkey/request_text.h"

#define LIST_LENGTH_BYTES 4

size_t request_rotation_bytes(json_t *rotation) {
    size_t bytes = 0;
    const char *name;
    json_t *member;

    json_object_foreach(rotation, name, member) {
        size_t i;
        json_t *text;

        json_array_foreach(member, i, text) {
            bytes += LIST_LENGTH_BYTES + json_string_length(text);
        }
    }
    return bytes;
}

/* Room for it was reserved beforehand, so nothing moves and earlier spans stay valid. */
static bool pack_list(json_t *list, struct buffer *bytes, struct parameter *ret_value) {
    size_t start = bytes->len;
    char length[LIST_LENGTH_BYTES];
    size_t i;
    json_t *text;

    json_array_foreach(list, i, text) {
        if (!json_is_string(text) || request_has_nul(text)) {
            return false;
        }
        list_put_length(length, (uint32_t)json_string_length(text));
        buffer_append(bytes, length, sizeof(length));
        buffer_append_span(bytes, request_text(text));
    }
    *ret_value = (struct parameter){
            .type = PARAMETER_LIST,
            /* of an empty list there is nothing, and maybe no room was taken */
            .text = {bytes->len > start ? bytes->data + start : NULL, bytes->len - start},
            .count = (uint32_t)json_array_size(list),
    };
    return true;
}

static bool read_parameter(struct reading *reading, json_t *member, struct parameter *ret_value) {
    switch (json_typeof(member)) {
    case JSON_INTEGER:
        *ret_value = (struct parameter){
                .type = PARAMETER_INTEGER,
                .integer = json_integer_value(member),
        };
        return true;
    case JSON_STRING:
        *ret_value = (struct parameter){.type = PARAMETER_TEXT, .text = request_text(member)};
        return !request_has_nul(member);
    case JSON_ARRAY:
        return pack_list(member, &reading->decoded->bytes, ret_value);
    case JSON_NULL:
        *ret_value = (struct parameter){.type = PARAMETER_NONE};
        return reading->is_patch;
    default:
        return false;
    }
}

static int read_strategy(struct reading *reading, json_t *member) {
    struct policy_change *change = &reading->definition->policy;
    struct policy unused;

    if (json_is_null(member) && reading->is_patch) {
        change->strategy = span_of(strategy_default()->name);
        return 0;
    }
    if (!json_is_string(member)) {
        return problem_set(reading->problem, GK_E_BAD_REQUEST,
                "member 'rotation.strategy' must be a text: the name of a strategy");
    }
    change->strategy = request_text(member);
    if (strategy_find(change->strategy) != NULL) {
        return 0;
    }
    /* it refuses, and knows which there are */
    return policy_resolve(&(struct policy_change){.given = true, .strategy = change->strategy},
            NULL, reading->value_max_bytes, &unused, reading->problem);
}

static int read_on_expiry(struct reading *reading, json_t *member) {
    struct policy_change *change = &reading->definition->policy;

    if (!json_is_boolean(member) && !(json_is_null(member) && reading->is_patch)) {
        return problem_set(reading->problem, GK_E_BAD_REQUEST,
                "member 'rotation.on_expiry' must be true or false");
    }
    change->has_on_expiry = true;
    change->on_expiry = json_is_true(member);
    return 0;
}

static int read_rotation_member(struct reading *reading, const char *name, json_t *member) {
    struct policy_change *change = &reading->definition->policy;
    size_t at = change->parameter_count;
    const char *parameter;

    if (strcmp(name, "strategy") == 0) {
        return read_strategy(reading, member);
    }
    if (strcmp(name, "on_expiry") == 0) {
        return read_on_expiry(reading, member);
    }
    parameter = strategy_parameter_name(span_of(name));
    if (parameter == NULL) {
        return problem_set(reading->problem, GK_E_BAD_REQUEST,
                "unknown member 'rotation.%s': no strategy has such a parameter",
                shown_utf8(span_of(name)).text);
    }
    if (at == POLICY_PARAMETERS_MAX) {
        return problem_set(reading->problem, GK_E_BAD_REQUEST,
                "member 'rotation.%s' is one too many: no strategy has more than %d parameters",
                name, POLICY_PARAMETERS_MAX);
    }
    change->parameters[at].name = parameter;
    if (!read_parameter(reading, member, &change->parameters[at].value)) {
        return problem_set(reading->problem, GK_E_BAD_REQUEST,
                "member 'rotation.%s' must be an integer, a text or an array of texts, "
                "as its strategy wants it, without NUL",
                name);
    }
    change->parameter_count++;
    return 0;
}

int request_read_rotation(struct reading *reading, json_t *rotation) {
    const char *name;
    json_t *member;

    reading->definition->policy.given = true;
    if (json_is_null(rotation) && reading->is_patch) {
        reading->definition->policy.reset = true;
        return 0;
    }
    if (!json_is_object(rotation)) {
        return problem_set(reading->problem, GK_E_BAD_REQUEST,
                "member 'rotation' must be an object such as {\"strategy\":\"token\"}");
    }
    json_object_foreach(rotation, name, member) {
        int r = read_rotation_member(reading, name, member);

        if (r != 0) {
            return r;
        }
    }
    return 0;
}
