#include "api/ghostkey/request_json.h"

#include "api/ghostkey/request_text.h"
#include "common/base64.h"
#include "common/name.h"
#include "process/log.h"
#include <errno.h>

static int read_value(struct reading *reading, json_t *member) {
    if (!json_is_string(member)) {
        return problem_set(reading->problem, GK_E_BAD_REQUEST, "member 'value' must be a text");
    }
    if (request_has_nul(member)) {
        return problem_set(reading->problem, GK_E_BAD_REQUEST,
                "member 'value' must not hold a NUL: put it as 'value_base64'");
    }
    reading->definition->value_source = VALUE_GIVEN;
    reading->definition->value = request_text(member);
    return 0;
}

static int read_value_base64(struct reading *reading, json_t *member) {
    struct buffer *bytes = &reading->decoded->bytes;
    size_t start = bytes->len;
    int error = json_is_string(member) ? base64_decode(request_text(member), bytes) : -EINVAL;

    if (error == -EINVAL) {
        return problem_set(reading->problem, GK_E_BAD_REQUEST,
                "member 'value_base64' must be a text in base64 (RFC 4648, section 4, padded)");
    }
    if (error != 0) {
        return log_error(ENOMEM, "cannot decode the body of a request");
    }
    reading->definition->value_source = VALUE_GIVEN;
    reading->definition->value = (struct span){bytes->data + start, bytes->len - start};
    reading->definition->binary = true;
    return 0;
}

static int read_generate(struct reading *reading, json_t *member) {
    if (!json_is_true(member)) {
        return problem_set(
                reading->problem, GK_E_BAD_REQUEST, "member 'generate' must be true, or left out");
    }
    reading->definition->value_source = VALUE_GENERATED;
    return 0;
}

static int read_ttl(struct reading *reading, json_t *member) {
    bool is_static = json_is_null(member) && reading->is_patch;
    int64_t seconds = is_static ? 0 : request_seconds(member, GK_TTL_MAX_S);

    if (seconds < 0) {
        return problem_set(reading->problem, GK_E_BAD_REQUEST,
                "member 'ttl' must be whole seconds, 1 to %d, or a duration such as '1h30m'",
                GK_TTL_MAX_S);
    }
    reading->definition->has_ttl = true;
    reading->definition->ttl_s = (uint32_t)seconds;
    return 0;
}

static int read_env(struct reading *reading, json_t *member) {
    struct definition *definition = reading->definition;

    if (json_is_false(member)) {
        definition->env_source = ENV_OFF;
    } else if (json_is_null(member) && reading->is_patch) {
        definition->env_source = ENV_DEFAULT;
    } else if (json_is_string(member) && env_name_is_valid(request_text(member))) {
        definition->env_source = ENV_NAMED;
        definition->env = request_text(member);
    } else {
        return problem_set(reading->problem, GK_E_BAD_REQUEST,
                "member 'env' must be false or a name: A-Z a-z 0-9 and _, no digit first, "
                "at most %d bytes",
                GK_ENV_MAX_BYTES);
    }
    definition->has_env = true;
    return 0;
}

static const struct {
    const char *name;
    int (*read)(struct reading *reading, json_t *member);
} members[] = {
        {"value", read_value},
        {"value_base64", read_value_base64},
        {"generate", read_generate},
        {"ttl", read_ttl},
        {"rotation", request_read_rotation},
        {"env", read_env},
        {"labels", request_read_labels},
};

static int read_member(struct reading *reading, const char *name, json_t *member) {
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        if (strcmp(name, members[i].name) == 0) {
            return members[i].read(reading, member);
        }
    }
    return problem_set(reading->problem, GK_E_BAD_REQUEST,
            "unknown member '%s': value, value_base64, generate, ttl, rotation, env and labels "
            "are known",
            shown_utf8(span_of(name)).text);
}

static int check_size(const struct reading *reading, json_t *object) {
    json_t *text = json_object_get(object, "value");
    json_t *base64 = json_object_get(object, "value_base64");
    size_t bytes = json_string_length(text);

    if (bytes <= reading->value_max_bytes && json_is_string(base64)) {
        bytes = base64_decoded_bytes(request_text(base64));
    }
    if (bytes <= reading->value_max_bytes) {
        return 0;
    }
    return problem_set(reading->problem, GK_E_TOO_LARGE,
            "the value has %zu bytes: at most %zu are accepted (--max-value)", bytes,
            reading->value_max_bytes);
}

static int check_source(const struct reading *reading, json_t *object) {
    int sources = (json_object_get(object, "value") != NULL) +
                  (json_object_get(object, "value_base64") != NULL) +
                  (json_object_get(object, "generate") != NULL);

    if (sources == 1 || (sources == 0 && reading->is_patch)) {
        return 0;
    }
    return problem_set(reading->problem, GK_E_BAD_REQUEST,
            "%s one of the members 'value', 'value_base64' and 'generate' must be given",
            reading->is_patch ? "at most" : "exactly");
}

static int read_object(struct reading *reading, json_t *object) {
    json_t *base64 = json_object_get(object, "value_base64");
    size_t room = request_rotation_bytes(json_object_get(object, "rotation"));
    const char *name;
    json_t *member;
    int r = check_size(reading, object);

    if (r != 0) {
        return r;
    }
    /* all at once: the bytes may not move any more when a span points to them */
    room += json_is_string(base64) ? json_string_length(base64) + 1 : 0;
    if (room > 0 && buffer_reserve(&reading->decoded->bytes, room) == NULL) {
        return log_error(ENOMEM, "cannot decode the body of a request");
    }
    json_object_foreach(object, name, member) {
        r = read_member(reading, name, member);
        if (r != 0) {
            return r;
        }
    }
    return check_source(reading, object);
}

static int decode_definition(struct span body, size_t value_max_bytes, bool is_patch,
        struct decoded *ret_decoded, struct definition *ret_definition, struct problem *problem) {
    DECODED_AUTO struct decoded decoded = DECODED_NULL;
    struct definition definition;
    struct reading reading = {
            .definition = &definition,
            .decoded = &decoded,
            .value_max_bytes = value_max_bytes,
            .is_patch = is_patch,
            .problem = problem,
    };
    int r = request_json_load(body, &decoded.root, problem);

    memset(&definition, 0, DEFINITION_HEAD_BYTES); /* VALUE_KEPT */
    if (r == 0) {
        r = read_object(&reading, decoded.root);
    }
    if (r != 0) {
        return r;
    }
    memcpy(ret_definition, &definition,
            DEFINITION_HEAD_BYTES + definition.label_count * sizeof(definition.labels[0]));
    *ret_decoded = decoded;
    decoded = DECODED_NULL; /* handed over */
    return 0;
}

int request_decode_put(struct span body, size_t value_max_bytes, struct decoded *ret_decoded,
        struct definition *ret_definition, struct problem *problem) {
    return decode_definition(body, value_max_bytes, false, ret_decoded, ret_definition, problem);
}

int request_decode_patch(struct span body, size_t value_max_bytes, struct decoded *ret_decoded,
        struct definition *ret_definition, struct problem *problem) {
    return decode_definition(body, value_max_bytes, true, ret_decoded, ret_definition, problem);
}
