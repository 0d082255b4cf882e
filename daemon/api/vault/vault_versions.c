/* M/delete/P, M/undelete/P and M/destroy/P: versions by their numbers. */
#include <stdlib.h>

#include "api/vault/vault_fields.h"
#include "api/vault/vault_handlers.h"
#include "api/vault/vault_key.h"
#include "broker/version_states.h"
#include "http/request_text.h"

/* Numbers, in a buffer as they stand in memory. */
static void append_number(struct buffer *numbers, uint64_t number) {
    buffer_append(numbers, &number, sizeof(number));
}

/* "1", or "1,2". False: it is neither. */
static bool read_text(struct span text, struct buffer *numbers) {
    unsigned long long number;

    if (text.len > 0 && text.data[text.len - 1] == ',') {
        return false;
    }
    while (text.len > 0) {
        struct span part = span_trim(span_take_until(&text, ','));

        if (decimal_parse(part, &number) != 0) {
            return false;
        }
        append_number(numbers, number);
    }
    return true;
}

/* bytes has room for the texts of an array, as of vault_fields_read(). */
static bool read_versions(
        const struct json_reader_value *value, struct buffer *bytes, struct buffer *numbers) {
    struct json_reader reader;

    switch (value->kind) {
    case JSON_READER_NOTHING:
    case JSON_READER_NULL:
        return true;
    case JSON_READER_NUMBER:
    case JSON_READER_TEXT:
        return read_text(value->raw, numbers);
    case JSON_READER_TRUE:
    case JSON_READER_FALSE:
        return false;
    case JSON_READER_NESTED:
        break;
    }
    reader = json_reader_of(value->raw);
    if (!json_reader_take(&reader, '[')) {
        return false;
    }
    while (!json_reader_take(&reader, ']')) {
        struct json_reader_value item;

        (void)json_reader_take(&reader, ',');
        item = json_reader_next(&reader);
        if ((item.kind != JSON_READER_NUMBER && item.kind != JSON_READER_TEXT) ||
                !vault_decode_text(&item, bytes) || !read_text(item.raw, numbers)) {
            return false;
        }
    }
    return true;
}

static int compare(const void *a, const void *b) {
    uint64_t left = *(const uint64_t *)a;
    uint64_t right = *(const uint64_t *)b;

    return (left > right) - (left < right);
}

/* Sorts the numbers, and drops repeated ones and those above last. Returns how many are left. */
static size_t tidy(uint64_t *numbers, size_t count, uint64_t last) {
    size_t kept = 0;

    qsort(numbers, count, sizeof(*numbers), compare);
    for (size_t at = 0; at < count && numbers[at] <= last; at++) {
        if (kept == 0 || numbers[kept - 1] != numbers[at]) {
            numbers[kept++] = numbers[at];
        }
    }
    return kept;
}

static int change(struct call *call, enum version_change change) {
    BUFFER_AUTO struct buffer bytes = BUFFER_NULL;
    BUFFER_AUTO struct buffer numbers = BUFFER_NULL;
    VAULT_KEY_AUTO struct vault_key key = {.exists = false};
    struct vault_field versions = {.name = "versions"};
    int error;

    if (vault_target_of(call)->path.len == 0) {
        return vault_other(call);
    }
    error = vault_key_find(call, &key);
    if (error != 0) {
        return error;
    }
    error = vault_fields_read(call, &versions, 1, &bytes);
    if (error != 0) {
        return error;
    }
    if (!read_versions(&versions.value, &bytes, &numbers)) {
        return problem_set(&call->problem, GK_E_BAD_REQUEST,
                "error converting input for field \"versions\": it must be a list of numbers");
    }
    error = buffer_finish(&numbers);
    if (error != 0) {
        return error;
    }
    if (numbers.len == 0) {
        return problem_set(&call->problem, GK_E_BAD_REQUEST, "No version number provided");
    }
    if (key.exists) {
        uint64_t *all = (uint64_t *)(void *)numbers.data; /* as malloc() aligned it */
        size_t count = tidy(all, numbers.len / sizeof(*all), key.secret.newest);

        error = broker_change_versions(call->broker, key.name, change, all, count);
    }
    return error != 0 ? error : vault_answer_nothing(call);
}

int vault_versions_delete(struct call *call) {
    return change(call, VERSION_DELETE);
}

int vault_versions_undelete(struct call *call) {
    return change(call, VERSION_UNDELETE);
}

int vault_versions_destroy(struct call *call) {
    return change(call, VERSION_DESTROY);
}
