#include "api/ghostkey/request_json.h"

#include "api/ghostkey/request_text.h"

static int refuse_label(const struct reading *reading, const char *name, const char *fault) {
    return problem_set(reading->problem, GK_E_BAD_REQUEST, "member 'labels.%s' %s",
            shown_utf8(span_of(name)).text, fault);
}

static int read_label(struct reading *reading, const char *name, json_t *member) {
    struct definition *definition = reading->definition;
    struct label label = {.name = span_of(name), .value = SPAN_NULL};

    if (label.name.len == 0 || label.name.len > GK_LABEL_MAX_BYTES) {
        return refuse_label(reading, name, "must have a name of 1 to 128 bytes");
    }
    if (!json_is_null(member) || !reading->is_patch) {
        if (!json_is_string(member) || request_has_nul(member) ||
                json_string_length(member) > GK_LABEL_MAX_BYTES) {
            return refuse_label(reading, name, "must be a text of at most 128 bytes, without NUL");
        }
        label.value = request_text(member);
    }
    if (definition->label_count == GK_LABEL_CHANGES_MAX ||
            (!reading->is_patch && definition->label_count == GK_LABELS_MAX)) {
        return refuse_label(reading, name, "is one too many for one request");
    }
    definition->labels[definition->label_count++] = label;
    return 0;
}

int request_read_labels(struct reading *reading, json_t *labels) {
    const char *name;
    json_t *member;

    reading->definition->has_labels = true;
    if (json_is_null(labels) && reading->is_patch) {
        reading->definition->labels_reset = true;
        return 0;
    }
    if (!json_is_object(labels)) {
        return problem_set(
                reading->problem, GK_E_BAD_REQUEST, "member 'labels' must be an object of texts");
    }
    json_object_foreach(labels, name, member) {
        int r = read_label(reading, name, member);

        if (r != 0) {
            return r;
        }
    }
    labels_sort(reading->definition->labels, reading->definition->label_count);
    return 0;
}
