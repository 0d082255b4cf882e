#include "api/aws/stage.h"

#include "broker/staging.h"
#include "common/json_writer.h"

/* In the order in which AWS shows them. */
static const struct {
    struct span label;
    enum stage stage;
} stages[] = {
        {{"AWSCURRENT", 10}, STAGE_CURRENT},
        {{"AWSPENDING", 10}, STAGE_PENDING},
        {{"AWSPREVIOUS", 11}, STAGE_PREVIOUS},
};

static uint64_t number_of_stage(const struct secret *secret, enum stage stage) {
    switch (stage) {
    case STAGE_CURRENT:
        return secret->current.number;
    case STAGE_PREVIOUS:
        return secret->previous;
    case STAGE_PENDING:
        break;
    }
    return secret->pending;
}

bool stage_of_label(struct span label, enum stage *ret_stage) {
    for (size_t at = 0; at < STAGE_COUNT; at++) {
        if (span_equals(label, stages[at].label)) {
            *ret_stage = stages[at].stage;
            return true;
        }
    }
    return false;
}

int check_label(struct span label, struct problem *problem) {
    for (enum stage stage = STAGE_CURRENT; stage < STAGE_COUNT; stage++) {
        if (span_is(label, stage_text(stage))) {
            return refuse_with(problem, AWS_INVALID_PARAMETER,
                    "The staging label %s is the name of a stage of GhostKey's.",
                    stage_text(stage));
        }
    }
    return 0;
}

int refuse_labels(struct problem *problem) {
    return refuse_with(problem, AWS_LIMIT_EXCEEDED, "A version has at most %d staging labels.",
            VERSION_LABELS_MAX);
}

struct search {
    struct call *call;
    const struct secret *secret;
    struct span wanted;
    bool is_by_id;
    uint64_t number;
    int error;
    struct buffer id;
};

static void compare_version(void *userdata, const struct version *version) {
    struct search *search = userdata;

    if (search->number != 0 || search->error != 0) {
        return;
    }
    if (!search->is_by_id) {
        search->number = version_has_label(version, search->wanted) ? version->number : 0;
        return;
    }
    buffer_clear(&search->id);
    search->error =
            broker_version_id(search->call->broker, search->secret->name, version, &search->id);
    if (span_equals(buffer_span(&search->id), search->wanted)) {
        search->number = version->number;
    }
}

/* Compares the versions, the current one first. */
static int compare_versions(struct search *search) {
    int error;

    if (search->secret->current.number != 0) {
        compare_version(search, &search->secret->current);
    }
    if (search->number == 0 && search->error == 0) {
        error = broker_versions(search->call->broker, search->secret, compare_version, search);
        if (error != 0) {
            return error;
        }
    }
    return search->error != 0 ? search->error : buffer_finish(&search->id);
}

static int search_version(struct search *search, uint64_t *ret_number) {
    int error = compare_versions(search);

    buffer_deinit(&search->id);
    if (error != 0) {
        return error;
    }
    *ret_number = search->number;
    return 0;
}

int number_of_label(
        struct call *call, const struct secret *secret, struct span label, uint64_t *ret_number) {
    struct search search = {.call = call, .secret = secret, .wanted = label};
    enum stage stage;

    if (stage_of_label(label, &stage)) {
        *ret_number = number_of_stage(secret, stage);
        return 0;
    }
    return search_version(&search, ret_number);
}

int number_of_id(
        struct call *call, const struct secret *secret, struct span id, uint64_t *ret_number) {
    struct search search = {.call = call, .secret = secret, .wanted = id, .is_by_id = true};

    return search_version(&search, ret_number);
}

bool bears_labels(const struct secret *secret, const struct version *version) {
    return version->labels.len > 0 || version->number == secret->current.number ||
           version->number == secret->previous || version->number == secret->pending;
}

size_t count_labels(const struct secret *secret, const struct version *version) {
    struct span rest = version->labels;
    size_t count = 0;
    struct span label;

    for (size_t at = 0; at < STAGE_COUNT; at++) {
        count += number_of_stage(secret, stages[at].stage) == version->number;
    }
    while (list_next(&rest, &label)) {
        count += 1;
    }
    return count;
}

void append_labels(
        struct buffer *buffer, const struct secret *secret, const struct version *version) {
    struct span rest = version->labels;
    const char *separator = "[";
    struct span label;

    for (size_t at = 0; at < STAGE_COUNT; at++) {
        if (number_of_stage(secret, stages[at].stage) == version->number) {
            buffer_append_text(buffer, separator);
            json_write_text(buffer, stages[at].label);
            separator = ",";
        }
    }
    while (list_next(&rest, &label)) {
        buffer_append_text(buffer, separator);
        json_write_text(buffer, label);
        separator = ",";
    }
    buffer_append_text(buffer, separator[0] == '[' ? "[]" : "]");
}

int append_version_id(
        struct call *call, struct buffer *buffer, struct span name, const struct version *version) {
    int error;

    if (version->id.len > 0) {
        json_write_text(buffer, version->id);
        return 0;
    }
    buffer_append_byte(buffer, '"');
    error = broker_version_id(call->broker, name, version, buffer);
    buffer_append_byte(buffer, '"');
    return error;
}
