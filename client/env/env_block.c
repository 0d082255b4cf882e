#include "env/env_block.h"

#include <string.h>
#include <unistd.h>

#include <ghostkey/error.h>

#include "env/env_format.h"
#include "heap.h"
#include "terminal/output.h"
#include "wire/broker_client.h"

void env_block_deinit(struct env_block *block) {
    buffer_deinit(&block->text);
    free(block->strings);
    *block = (struct env_block){0};
}

/* Whether the secret can be in an environment; else the reason is printed. */
static bool judge_entry(const struct env_entry *entry) {
    size_t len = strlen(entry->env) + 1 + entry->value_len;

    if (memchr(entry->value, '\0', entry->value_len) != NULL) {
        output_error("'%s' (%s) cannot be in any process's environment: it holds a NUL byte",
                entry->name, entry->env);
        return false;
    }
    if (len > ENV_ENTRY_MAX_BYTES) {
        output_error("'%s' (%s) cannot be in any process's environment: with its name it has "
                     "%zu bytes, at most %d can be passed on Linux",
                entry->name, entry->env, len, ENV_ENTRY_MAX_BYTES);
        return false;
    }
    return true;
}

int env_block_make(const struct env_set *set, struct env_block *ret_block) {
    struct env_block block = {0};
    bool is_good = true;
    size_t count = 0;

    for (size_t i = 0; i < set->count; i++) {
        struct env_entry entry = env_set_at(set, i);

        is_good = judge_entry(&entry) && is_good;
    }
    if (!is_good) {
        return GK_EXIT_FAILED;
    }
    for (size_t i = 0; i < set->count; i++) {
        struct env_entry entry = env_set_at(set, i);

        buffer_append_text(&block.text, entry.env);
        buffer_append_byte(&block.text, '=');
        buffer_append(&block.text, entry.value, entry.value_len);
        buffer_append_byte(&block.text, '\0');
    }
    while (environ[count] != NULL) {
        count++;
    }
    block.strings = heap_resize(NULL, count + set->count + 1, sizeof(*block.strings));
    count = 0;
    for (char **variable = environ; *variable != NULL; variable++) {
        if (!env_set_has(set, *variable)) {
            block.strings[count++] = *variable;
        }
    }
    for (size_t at = 0; at < block.text.len; at += strlen(block.text.data + at) + 1) {
        block.strings[count++] = block.text.data + at;
    }
    block.strings[count] = NULL;
    *ret_block = block;
    return 0;
}

int env_block_fetch(const struct target *target, const char *prefix, struct env_block *ret_block) {
    ENV_SET_AUTO struct env_set set = {0};
    BROKER_CLIENT_AUTO struct broker_client *broker = NULL;
    int error = broker_client_open(target, &broker);

    if (error != 0) {
        return error;
    }
    error = env_set_fetch(broker, prefix, &set);
    if (error != 0) {
        return error;
    }
    return env_block_make(&set, ret_block);
}

/* Compares the names before the '='. */
static int compare_variables(const char *left, const char *right) {
    size_t left_len = strcspn(left, "=");
    size_t right_len = strcspn(right, "=");
    int order = memcmp(left, right, left_len < right_len ? left_len : right_len);

    return order != 0 ? order : (left_len > right_len) - (left_len < right_len);
}

/* The next string in `text`; NULL at its end. `string` NULL: the first. */
static const char *next_string(const struct buffer *text, const char *string) {
    const char *next = string != NULL ? string + strlen(string) + 1 : text->data;

    return next != NULL && next < text->data + text->len ? next : NULL;
}

size_t env_block_changes(
        const struct env_block *before, const struct env_block *after, struct buffer *ret_names) {
    const char *old = next_string(&before->text, NULL);
    const char *new = next_string(&after->text, NULL);
    size_t count = 0;

    while (old != NULL || new != NULL) {
        int order = old == NULL ? 1 : new == NULL ? -1 : compare_variables(old, new);

        if (order != 0 || strcmp(old, new) != 0) {
            const char *changed = order < 0 ? old : new;

            count++;
            if (count <= ENV_BLOCK_NAMES_MAX) {
                buffer_append_text(ret_names, count > 1 ? ", " : "");
                buffer_append(ret_names, changed, strcspn(changed, "="));
            }
        }
        old = order <= 0 ? next_string(&before->text, old) : old;
        new = order >= 0 ? next_string(&after->text, new) : new;
    }
    if (count > ENV_BLOCK_NAMES_MAX) {
        buffer_printf(ret_names, " and %zu more", count - ENV_BLOCK_NAMES_MAX);
    }
    return count;
}
