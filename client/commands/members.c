#include "commands/members.h"

#include <string.h>

#include "heap.h"

/*
 * Whether the text can stand beside other text without quotes: it has no blank, no quote, and not
 * the `divider` that ends it.
 */
static bool is_word(const char *text, char divider) {
    if (text[0] == '\0') {
        return false;
    }
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text <= ' ' || *text == divider || strchr("\"\\\x7f", *text) != NULL) {
            return false;
        }
    }
    return true;
}

static void append_word(struct buffer *line, const json_t *value, char divider) {
    GK_AUTO_WIPE char *text = NULL;

    if (json_is_string(value) && is_word(json_string_value(value), divider)) {
        buffer_append_text(line, json_string_value(value));
        return;
    }
    text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    buffer_append_text(line, text != NULL ? text : "");
}

void members_append_word(struct buffer *line, const json_t *value) {
    append_word(line, value, ' ');
}

void members_append(struct buffer *line, const json_t *object) {
    const char *separator = "";
    const char *key;
    json_t *value;

    json_object_foreach((json_t *)object, key, value) { /* the macro lacks a const */
        json_auto_t *name = json_string(key);

        buffer_append_text(line, separator);
        append_word(line, name, '=');
        buffer_append_byte(line, '=');
        members_append_word(line, value);
        separator = " ";
    }
}

void members_append_list(struct buffer *line, const json_t *array) {
    const json_t *item;
    size_t index;

    json_array_foreach(array, index, item) {
        buffer_append_text(line, index > 0 ? "," : "");
        append_word(line, item, ',');
    }
    buffer_append_text(line, json_array_size(array) == 0 ? "-" : "");
}
