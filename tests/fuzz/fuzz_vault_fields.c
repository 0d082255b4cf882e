/*
 * The small bodies of Vault's API: a first byte that says whether it is a form, then the body. What
 * jansson reads as an object is read alike, of repeated members the last one, and whatever is read
 * is converted: to nothing over a limit, and to JSON that parses. A form, too, becomes JSON.
 */
#include <jansson.h>
#include <string.h>

#include "api/vault/vault_duration.h"
#include "api/vault/vault_fields.h"
#include "common/utf8.h"
#include "fuzz.h"
#include "ghostkey/protocol.h"
#include "http/call.h"

#define COUNT_MAX 1000

static const char *const names[] = {"a", "ttl", "versions", "data", "meta"};
#define NAME_COUNT (sizeof(names) / sizeof(names[0]))

/* What jansson finds under that name agrees with the field. */
static void compare(json_t *member, const struct json_reader_value *value) {
    switch (member == NULL ? -1 : (int)json_typeof(member)) {
    case -1:
        MUST(value->kind == JSON_READER_NOTHING);
        break;
    case JSON_STRING:
        MUST(value->kind == JSON_READER_TEXT);
        MUST(value->raw.len == json_string_length(member));
        MUST(memcmp(value->raw.data, json_string_value(member), value->raw.len) == 0);
        break;
    case JSON_NULL:
        MUST(value->kind == JSON_READER_NULL);
        break;
    case JSON_TRUE:
        MUST(value->kind == JSON_READER_TRUE);
        break;
    case JSON_FALSE:
        MUST(value->kind == JSON_READER_FALSE);
        break;
    case JSON_INTEGER:
    case JSON_REAL:
        MUST(value->kind == JSON_READER_NUMBER);
        break;
    default:
        MUST(value->kind == JSON_READER_NESTED);
        break;
    }
}

static void check_json(const struct buffer *buffer) {
    json_t *document = json_loadb(buffer->data, buffer->len, JSON_ALLOW_NUL, NULL);

    MUST(document != NULL);
    json_decref(document);
}

static void check_outcome(int error, const struct problem *problem) {
    MUST(error == 0 || (error == GK_E_BAD_REQUEST && problem->detail[0] != '\0'));
}

/* No caller appends what a member says that is not UTF-8, which only a form's can be. */
static void convert(const struct vault_field *field, bool is_json) {
    BUFFER_AUTO struct buffer list = BUFFER_NULL;
    BUFFER_AUTO struct buffer texts = BUFFER_NULL;
    BUFFER_AUTO struct buffer bytes = BUFFER_NULL;
    BUFFER_AUTO struct buffer shown = BUFFER_NULL;
    struct problem problem = PROBLEM_NULL;
    struct span text = SPAN_NULL;
    uint32_t seconds = 0;
    uint64_t count = 0;
    bool truth = false;
    int error = vault_field_text(field, &text, &problem);

    check_outcome(error, &problem);
    MUST(!is_json || text.data == NULL || utf8_is_valid(text));
    check_outcome(vault_field_bool(field, &truth, &problem), &problem);
    error = vault_field_count(field, COUNT_MAX, &count, &problem);
    check_outcome(error, &problem);
    MUST(count <= COUNT_MAX);
    error = vault_field_duration(field, &seconds, &problem);
    check_outcome(error, &problem);
    MUST(seconds <= GK_TTL_MAX_S);
    if (error == 0) {
        uint32_t again = 0;
        struct vault_field back = {.value = {JSON_READER_TEXT}};

        vault_append_duration(&shown, seconds);
        back.value.raw = buffer_span(&shown);
        MUST(vault_field_duration(&back, &again, &problem) == 0 && again == seconds);
    }
    error = vault_field_append_list(field, SPAN_LITERAL("default"), &list, &problem);
    check_outcome(error, &problem);
    if (error == 0) {
        check_json(&list);
    }
    error = vault_field_append_texts(field, &texts, &problem);
    check_outcome(error, &problem);
    if (error == 0 && !span_is(buffer_span(&texts), "null")) {
        check_json(&texts);
    }
    (void)buffer_reserve(&bytes, field->value.raw.len);
    (void)vault_field_member(field, "cas", &bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const struct header form = {
            SPAN_LITERAL("content-type"), SPAN_LITERAL("application/x-www-form-urlencoded")};
    const bool is_form = size > 0 && data[0] == 'f';
    struct call call = {.request = {.headers = &form, .header_count = is_form}};
    BUFFER_AUTO struct buffer bytes = BUFFER_NULL;
    struct vault_field fields[NAME_COUNT];
    json_t *document;
    int error;

    if (size == 0) {
        return 0;
    }
    call.request.body = (struct span){(const char *)data + 1, size - 1};
    for (size_t at = 0; at < NAME_COUNT; at++) {
        fields[at] = (struct vault_field){.name = names[at]};
    }
    error = vault_fields_read(&call, fields, NAME_COUNT, &bytes);
    check_outcome(error, &call.problem);
    /* jansson overlooks a NUL behind a number */
    document = is_form || memchr(data, '\0', size) != NULL
                       ? NULL
                       : json_loadb(call.request.body.data, call.request.body.len, JSON_ALLOW_NUL,
                                 NULL);
    if (error != 0) {
        MUST(!json_is_object(document) || strstr(call.problem.detail, "nested too deep") != NULL);
    }
    for (size_t at = 0; error == 0 && at < NAME_COUNT; at++) {
        if (json_is_object(document)) {
            compare(json_object_get(document, names[at]), &fields[at].value);
        }
        convert(&fields[at], !is_form);
    }
    json_decref(document);
    return 0;
}
