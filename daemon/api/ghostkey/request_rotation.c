#include <errno.h>

#include "api/ghostkey/request_json.h"
#include "http/request_text.h"

#define LIST_LENGTH_BYTES 4

/* Appends the next text of a list, packed as model/policy.h says. -ENOMEM, GK_E_BAD_REQUEST */
static int pack_text(struct body *body, struct json_reader *list) {
    struct json_reader_value value = json_reader_next(list);
    char *place;
    size_t len;

    if (!is_text(&value)) {
        return GK_E_BAD_REQUEST;
    }
    place = body_reserve(body, LIST_LENGTH_BYTES + value.raw.len);
    if (place == NULL) {
        return -ENOMEM;
    }
    if (!json_reader_decode(&value, place + LIST_LENGTH_BYTES, &len) ||
            span_has_nul((struct span){place + LIST_LENGTH_BYTES, len})) {
        return GK_E_BAD_REQUEST;
    }
    list_put_length(place, (uint32_t)len);
    buffer_commit(body->bytes, LIST_LENGTH_BYTES + len);
    return 0;
}

static int pack_list(struct body *body, struct span array, struct parameter *ret_list) {
    struct parameter list = {.type = PARAMETER_LIST};
    struct json_reader reader = json_reader_of(array);
    size_t start = body->bytes->len;

    json_reader_expect(&reader, '[');
    if (!json_reader_take(&reader, ']')) {
        do {
            int error = pack_text(body, &reader);

            if (error != 0) {
                return error;
            }
            list.count += 1;
        } while (json_reader_take(&reader, ','));
        list.text = (struct span){body->bytes->data + start, body->bytes->len - start};
    }
    *ret_list = list;
    return 0;
}

/* GK_E_BAD_REQUEST: no parameter has a value of this type. */
static int parameter_of(struct reading *reading, const struct json_reader_value *value,
        struct parameter *ret_parameter) {
    struct parameter parameter = {.type = PARAMETER_NONE};

    if (value->kind == JSON_READER_NESTED && !is_object(value)) {
        return pack_list(&reading->body, value->raw, ret_parameter);
    }
    if (is_integer(value, &parameter.integer)) {
        parameter.type = PARAMETER_INTEGER;
    } else if (is_text(value) && !span_has_nul(value->raw)) {
        parameter.type = PARAMETER_TEXT;
        parameter.text = value->raw;
    } else if (!is_reset(reading, value)) {
        return GK_E_BAD_REQUEST;
    }
    *ret_parameter = parameter;
    return 0;
}

static int read_parameter(struct reading *reading, const struct member *member) {
    struct policy_change *change = &reading->definition->policy;
    const char *name = strategy_parameter_name(member->name);
    int error;

    if (name == NULL) {
        return refuse(reading, "unknown member 'rotation.%s': no strategy has such a parameter",
                shown_utf8(member->name).text);
    }
    if (change->parameter_count == POLICY_PARAMETERS_MAX) {
        return refuse(reading,
                "member 'rotation.%s' is one too many: no strategy has more than %d parameters",
                name, POLICY_PARAMETERS_MAX);
    }
    change->parameters[change->parameter_count].name = name;
    error = parameter_of(
            reading, &member->value, &change->parameters[change->parameter_count].value);
    if (error > 0) {
        return refuse(reading,
                "member 'rotation.%s' must be an integer, a text or an array of texts, "
                "as its strategy wants it, without NUL",
                name);
    }
    change->parameter_count += error == 0;
    return error;
}

/* A TTL or 0. */
static int read_grace(struct reading *reading, const struct json_reader_value *value) {
    struct policy_change *change = &reading->definition->policy;
    int64_t seconds = 0;

    if (!is_reset(reading, value) && (!is_integer(value, &seconds) || seconds != 0)) {
        seconds = body_seconds(value, GK_TTL_MAX_S);
    }
    if (seconds < 0) {
        return refuse(reading,
                "member 'rotation.grace' must be whole seconds, 0 to %d, or a duration such as "
                "'1h30m'",
                GK_TTL_MAX_S);
    }
    change->has_grace = true;
    change->grace_s = (uint32_t)seconds;
    return 0;
}

static int read_rotation_member(struct reading *reading, const struct member *member) {
    struct policy_change *change = &reading->definition->policy;
    const struct json_reader_value *value = &member->value;

    if (span_is(member->name, "strategy")) {
        if (!is_text(value) && !is_reset(reading, value)) {
            return refuse(
                    reading, "member 'rotation.strategy' must be a text: the name of a strategy");
        }
        change->strategy = is_text(value) ? value->raw : span_of(strategy_default()->name);
        return 0;
    }
    if (span_is(member->name, "grace")) {
        return read_grace(reading, value);
    }
    if (!span_is(member->name, "on_expiry")) {
        return read_parameter(reading, member);
    }
    change->has_on_expiry = true;
    change->on_expiry = value->kind == JSON_READER_TRUE;
    if (!change->on_expiry && value->kind != JSON_READER_FALSE && !is_reset(reading, value)) {
        return refuse(reading, "member 'rotation.on_expiry' must be true or false");
    }
    return 0;
}

int request_read_rotation(struct reading *reading, const struct json_reader_value *value) {
    struct policy_change *change = &reading->definition->policy;
    struct members members;
    int error;

    change->given = true;
    change->reset = is_reset(reading, value);
    if (change->reset) {
        return 0;
    }
    if (!is_object(value)) {
        return refuse(
                reading, "member 'rotation' must be an object such as {\"strategy\":\"token\"}");
    }
    error = body_members(&reading->body, value->raw, &members);
    if (error != 0) {
        return error;
    }
    for (size_t i = 0; i < members.count; i++) {
        error = reading_go_on(reading, read_rotation_member(reading, &members.items[i]));
        if (error != 0) {
            return error;
        }
    }
    return 0;
}
