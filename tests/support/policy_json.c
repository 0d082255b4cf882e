#include "support/policy_json.h"

#include <errno.h>

#include "common/cleanup.h"
#include "ghostkey/protocol.h"

#define VALUE_MAX_BYTES GK_VALUE_MAX_BYTES_DEFAULT

static struct span string_span(const json_t *string) {
    return (struct span){json_string_value(string), json_string_length(string)};
}

static int parameter_from_json(json_t *given, struct buffer *storage, struct parameter *ret) {
    struct parameter parameter = {.type = PARAMETER_NONE};
    size_t start = storage->len;
    json_t *element;
    size_t i;

    switch (json_typeof(given)) {
    case JSON_NULL:
        break;
    case JSON_INTEGER:
        parameter.type = PARAMETER_INTEGER;
        parameter.integer = json_integer_value(given);
        break;
    case JSON_STRING:
        parameter.type = PARAMETER_TEXT;
        parameter.text = string_span(given);
        break;
    case JSON_ARRAY:
        json_array_foreach(given, i, element) {
            char length[4];

            list_put_length(length, (uint32_t)json_string_length(element));
            buffer_append(storage, length, sizeof(length));
            buffer_append_span(storage, string_span(element));
        }
        parameter.type = PARAMETER_LIST;
        parameter.count = (uint32_t)json_array_size(given);
        parameter.text = (struct span){storage->data + start, storage->len - start};
        break;
    default:
        return -1;
    }
    *ret = parameter;
    return buffer_finish(storage);
}

int policy_change_from_json(
        json_t *rotation, struct buffer *storage, struct policy_change *ret_change) {
    struct policy_change change = {.given = true, .reset = json_is_null(rotation)};
    const char *member;
    json_t *given;

    json_object_foreach(rotation, member, given) {
        if (strcmp(member, "strategy") == 0) {
            change.strategy = string_span(given);
        } else if (strcmp(member, "on_expiry") == 0) {
            change.has_on_expiry = true;
            change.on_expiry = json_is_true(given);
        } else if (change.parameter_count == POLICY_PARAMETERS_MAX ||
                   parameter_from_json(
                           given, storage, &change.parameters[change.parameter_count].value) != 0) {
            return -1;
        } else {
            change.parameters[change.parameter_count].name = member;
            change.parameter_count += 1;
        }
    }
    *ret_change = change;
    return 0;
}

static void keyring_freep(struct keyring **keyring) {
    *keyring = keyring_free(*keyring);
}

int value_from_vector(json_t *vector, struct buffer *ret_value, struct problem *problem) {
    GK_CLEANUP(keyring_freep) struct keyring *keyring = NULL;
    BUFFER_AUTO struct buffer storage = BUFFER_NULL;
    struct policy_change change;
    struct policy policy;
    int r = keyring_new(string_span(json_object_get(vector, "seed")), &keyring);

    if (r != 0) {
        return r;
    }
    if (policy_change_from_json(json_object_get(vector, "policy"), &storage, &change) != 0) {
        return -EINVAL;
    }
    r = policy_resolve(&change, NULL, VALUE_MAX_BYTES, &policy, problem);
    if (r != 0) {
        return r;
    }
    return strategy_make(&policy, keyring, string_span(json_object_get(vector, "name")),
            (uint64_t)json_integer_value(json_object_get(vector, "generation")),
            (uint64_t)json_integer_value(json_object_get(vector, "version")), VALUE_MAX_BYTES,
            ret_value);
}
