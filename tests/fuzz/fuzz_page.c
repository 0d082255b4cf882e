/*
 * The client's reader of pages with values, which is its own: any bytes. What it takes stands in
 * the page, and where jansson reads the page as well, both find the same.
 */
#include "fuzz.h"

#include "secret_page.h"
#include <jansson.h>
#include <stdbool.h>
#include <string.h>

#define ENTRIES_MAX 16

struct found {
    struct env_entry entries[ENTRIES_MAX];
    size_t count;
    const char *next;
};

static bool same(const char *text, const json_t *value) {
    return json_is_string(value) && strcmp(text, json_string_value(value)) == 0;
}

/* Text of the page, with the NUL behind it. */
static void expect_within(const struct buffer *page, const char *text) {
    MUST(text >= page->data && text + strlen(text) <= page->data + page->length);
}

static bool is_left_out(const json_t *secret) {
    return json_is_true(json_object_get(secret, "expired")) ||
           !json_is_string(json_object_get(json_object_get(secret, "metadata"), "env"));
}

static void expect_same_entry(const struct env_entry *entry, const json_t *secret) {
    const json_t *text = json_object_get(secret, "value");
    const json_t *binary = json_object_get(secret, "value_base64");

    MUST(same(entry->name, json_object_get(secret, "name")));
    MUST(same(entry->env, json_object_get(json_object_get(secret, "metadata"), "env")));
    MUST(same(entry->value, text) || same(entry->value, binary));
}

static void expect_same(const struct found *found, const json_t *document) {
    const json_t *next = json_object_get(document, "next");
    size_t count = 0;
    size_t i;
    const json_t *secret;

    MUST(found->next != NULL ? same(found->next, next) : !json_is_string(next));
    json_array_foreach(json_object_get(document, "secrets"), i, secret) {
        if (!is_left_out(secret)) {
            MUST(count < found->count);
            expect_same_entry(&found->entries[count++], secret);
        }
    }
    MUST(count == found->count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    json_auto_t *document = json_loadb((const char *)data, size, JSON_REJECT_DUPLICATES, NULL);
    AUTO_BUFFER page = {0};
    struct found found;

    buffer_append(&page, data, size);
    if (secret_page_read(&page, found.entries, ENTRIES_MAX, &found.count, &found.next) != 0) {
        return 0;
    }
    MUST(found.count <= ENTRIES_MAX);
    for (size_t i = 0; i < found.count; i++) {
        expect_within(&page, found.entries[i].env);
        expect_within(&page, found.entries[i].name);
        expect_within(&page, found.entries[i].value);
        MUST(found.entries[i].value[found.entries[i].value_length] == '\0');
    }
    if (document != NULL) {
        expect_same(&found, document);
    }
    return 0;
}
