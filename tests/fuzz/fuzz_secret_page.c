/*
 * The client's reader of pages of secrets. Of what jansson accepts as JSON, it accepts exactly the
 * pages, and reads the same in them.
 */
#include <jansson.h>
#include <stdbool.h>
#include <string.h>

#include <ghostkey/protocol.h>

#include "fuzz.h"
#include "secret_name.h"
#include "wire/secret_page.h"

#define DEPTH_SURE 60 /* of the reader's 64 */

static struct env_entry entries[GK_PAGE_MAX];

static int depth_of(const json_t *value) {
    int deepest = 0;

    if (json_is_object(value)) {
        const char *name;
        json_t *member;

        json_object_foreach((json_t *)value, name, member) {
            int depth = 1 + depth_of(member);

            deepest = depth > deepest ? depth : deepest;
        }
    }
    for (size_t i = 0; i < json_array_size(value); i++) {
        int depth = 1 + depth_of(json_array_get(value, i));

        deepest = depth > deepest ? depth : deepest;
    }
    return deepest;
}

/* The value or its base64; if there are both, the later one in the text. */
static const json_t *value_of(const json_t *secret) {
    const json_t *value = NULL;
    const char *name;
    json_t *member;

    json_object_foreach((json_t *)secret, name, member) {
        if (strcmp(name, "value") == 0 || strcmp(name, "value_base64") == 0) {
            value = member;
        }
    }
    return value;
}

/* Text without NUL. */
static bool is_word(const json_t *text) {
    return json_is_string(text) && strlen(json_string_value(text)) == json_string_length(text);
}

static bool is_secret(const json_t *secret) {
    const json_t *name = json_object_get(secret, "name");
    const json_t *env = json_object_get(json_object_get(secret, "metadata"), "env");

    return is_word(name) && secret_name_is_valid(json_string_value(name)) &&
           json_is_string(value_of(secret)) &&
           json_is_boolean(json_object_get(secret, "expired")) &&
           (json_is_false(env) || (is_word(env) && env_name_is_of(span_of(json_string_value(env)),
                                                           span_of(json_string_value(name)))));
}

static bool is_page(const json_t *page) {
    const json_t *secrets = json_object_get(page, "secrets");
    const json_t *next = json_object_get(page, "next");

    if (!json_is_array(secrets) || (!json_is_null(next) && !is_word(next))) {
        return false;
    }
    for (size_t i = 0; i < json_array_size(secrets); i++) {
        if (!is_secret(json_array_get(secrets, i))) {
            return false;
        }
    }
    return true;
}

/* Each secret of the page that has an environment name is the next entry. */
static void compare(const json_t *page, size_t count, const char *next) {
    const json_t *secrets = json_object_get(page, "secrets");
    const char *wanted = json_string_value(json_object_get(page, "next"));
    size_t at = 0;

    MUST((wanted == NULL) == (next == NULL));
    MUST(wanted == NULL || strcmp(wanted, next) == 0);
    for (size_t i = 0; i < json_array_size(secrets); i++) {
        const json_t *secret = json_array_get(secrets, i);
        const json_t *env = json_object_get(json_object_get(secret, "metadata"), "env");
        const json_t *value = value_of(secret);

        if (json_is_true(json_object_get(secret, "expired")) || !json_is_string(env)) {
            continue;
        }
        MUST(at < count);
        MUST(strcmp(entries[at].env, json_string_value(env)) == 0);
        MUST(strcmp(entries[at].name, json_string_value(json_object_get(secret, "name"))) == 0);
        MUST(entries[at].value_len == json_string_length(value));
        MUST(memcmp(entries[at].value, json_string_value(value), json_string_length(value)) == 0);
        at++;
    }
    MUST(at == count);
}

static void look_at_entries(const struct buffer *page, size_t count) {
    for (size_t i = 0; i < count; i++) {
        const struct env_entry *entry = &entries[i];

        MUST(secret_name_is_valid(entry->name) &&
                env_name_is_of(span_of(entry->env), span_of(entry->name)));
        MUST(entry->value >= page->data && entry->value_len <= page->len);
        MUST(entry->value + entry->value_len <= page->data + page->len);
        MUST(entry->value[entry->value_len] == '\0');
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    json_auto_t *tree =
            json_loadb((const char *)data, size, JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES, NULL);
    BUFFER_AUTO struct buffer page = BUFFER_NULL;
    const char *next = NULL;
    size_t count = 0;
    int error;

    buffer_append(&page, data, size);
    error = secret_page_read(&page, entries, GK_PAGE_MAX, &count, &next);
    if (error == 0) {
        look_at_entries(&page, count);
    }
    /* jansson accepts a NUL in some places, where JSON does not. */
    if (tree == NULL || memchr(data, '\0', size) != NULL || depth_of(tree) > DEPTH_SURE ||
            json_array_size(json_object_get(tree, "secrets")) > GK_PAGE_MAX) {
        return 0;
    }
    if (is_page(tree)) {
        MUST(error == 0);
        compare(tree, count, next);
    } else {
        MUST(error != 0);
    }
    return 0;
}
