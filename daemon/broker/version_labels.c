#include "broker/version_labels.h"

#include "broker/broker_internal.h"

bool version_has_label(const struct version *version, struct span label) {
    struct span rest = version->labels;
    struct span text;

    while (list_next(&rest, &text)) {
        if (span_equals(text, label)) {
            return true;
        }
    }
    return false;
}

static void put_label(struct buffer *list, struct span label) {
    char length[4];

    list_put_length(length, (uint32_t)label.len);
    buffer_append(list, length, sizeof(length));
    buffer_append_span(list, label);
}

/* Appends the version's labels without one of them. */
static void without_label(
        const struct version *version, struct span label, struct buffer *ret_list) {
    struct span rest = version->labels;
    struct span text;

    while (list_next(&rest, &text)) {
        if (!span_equals(text, label)) {
            put_label(ret_list, text);
        }
    }
}

/* Appends the version's labels and one more, in byte order. */
static void with_label(const struct version *version, struct span label, struct buffer *ret_list) {
    struct span rest = version->labels;
    struct span text;
    bool is_in = false;

    while (list_next(&rest, &text)) {
        if (!is_in && span_compare(label, text) < 0) {
            put_label(ret_list, label);
            is_in = true;
        }
        put_label(ret_list, text);
    }
    if (!is_in) {
        put_label(ret_list, label);
    }
}

struct search {
    struct span label;
    struct version version; /* number 0: not found */
};

static int visit_searched(void *userdata, const struct version *version) {
    struct search *search = userdata;

    if (!version_has_label(version, search->label)) {
        return 0;
    }
    search->version = *version;
    return 1; /* no other version has it: the walk ends */
}

/* Takes a label off the version that has it. The current version is not looked at. */
static int label_take_older(struct broker *broker, struct span name, struct span label) {
    BUFFER_AUTO struct buffer list = BUFFER_NULL;
    struct search search = {.label = label};
    int error = store_walk_versions(broker->store, name, visit_searched, &search);

    if (error <= 0) {
        return error;
    }
    without_label(&search.version, label, &list);
    error = buffer_finish(&list);
    if (error != 0) {
        return error;
    }
    search.version.labels = buffer_span(&list);
    return store_put_version(broker->store, name, &search.version);
}

/* Gives the current version the labels of the list, which the secret keeps from now on. */
static void set_current_labels(struct secret *secret, struct buffer *list) {
    buffer_deinit(&secret->made);
    secret->made = *list;
    *list = BUFFER_NULL;
    secret->current.labels = buffer_span(&secret->made);
}

int label_take(struct broker *broker, struct secret *secret, struct span label) {
    BUFFER_AUTO struct buffer list = BUFFER_NULL;
    int error;

    if (!version_has_label(&secret->current, label)) {
        return label_take_older(broker, secret->name, label);
    }
    without_label(&secret->current, label, &list);
    error = buffer_finish(&list);
    if (error != 0) {
        return error;
    }
    set_current_labels(secret, &list);
    return 0;
}

int labels_take(struct broker *broker, struct secret *secret, struct span labels) {
    struct span label;

    while (secret != NULL && list_next(&labels, &label)) {
        int error = label_take(broker, secret, label);

        if (error != 0) {
            return error;
        }
    }
    return 0;
}

int label_give(struct broker *broker, struct secret *secret, const struct version *version,
        struct span label) {
    BUFFER_AUTO struct buffer list = BUFFER_NULL;
    struct version labelled = *version;
    int error;

    with_label(version, label, &list);
    error = buffer_finish(&list);
    if (error != 0) {
        return error;
    }
    if (version->number == secret->current.number) {
        set_current_labels(secret, &list);
        return 0;
    }
    labelled.labels = buffer_span(&list);
    return store_put_version(broker->store, secret->name, &labelled);
}
