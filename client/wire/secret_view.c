#include "wire/secret_view.h"

#include <string.h>

#include <ghostkey/error.h>

#include "secret_name.h"
#include "wire/broker_client.h"

static void read_value(const json_t *document, struct secret_view *view) {
    const json_t *value = json_object_get(document, "value");

    if (value == NULL) {
        value = json_object_get(document, "value_base64");
        view->is_binary = value != NULL;
    }
    view->text = json_string_value(value);
    view->text_len = json_string_length(value);
}

int secret_view_read(const json_t *document, struct secret_view *ret_view) {
    const json_t *metadata = json_object_get(document, "metadata");
    const json_t *expired = json_object_get(document, "expired");
    const json_t *version = json_object_get(metadata, "version");
    const json_t *rotation = json_object_get(metadata, "rotation");
    const json_t *env = json_object_get(metadata, "env");
    struct secret_view view = {
            .name = json_string_value(json_object_get(document, "name")),
            .is_expired = json_is_true(expired),
            .version = json_integer_value(version),
            .mode = json_string_value(json_object_get(metadata, "mode")),
            .expires_at = json_string_value(json_object_get(metadata, "expires_at")),
            .strategy = json_string_value(json_object_get(rotation, "strategy")),
            .env = json_string_value(env),
            .metadata = metadata,
    };

    read_value(document, &view);
    if (view.name == NULL || !json_is_boolean(expired) || !json_is_integer(version) ||
            view.mode == NULL || view.strategy == NULL ||
            (view.env == NULL && !json_is_false(env))) {
        return broker_answer_misunderstood("not the document of a secret");
    }
    if (view.env != NULL && !env_name_is_of(span_of(view.env), span_of(view.name))) {
        return broker_answer_misunderstood("not an environment name");
    }
    *ret_view = view;
    return GK_EXIT_DONE;
}

static bool has_stage(const json_t *version, const char *wanted) {
    const json_t *stage;
    size_t index;

    json_array_foreach(json_object_get(version, "stages"), index, stage) {
        if (json_is_string(stage) && strcmp(json_string_value(stage), wanted) == 0) {
            return true;
        }
    }
    return false;
}

json_int_t secret_version_of_stage(const json_t *document, const char *stage) {
    const json_t *metadata = json_object_get(document, "metadata");
    const json_t *version;
    size_t index;

    json_array_foreach(json_object_get(metadata, "versions"), index, version) {
        if (has_stage(version, stage)) {
            return json_integer_value(json_object_get(version, "version"));
        }
    }
    return 0;
}
