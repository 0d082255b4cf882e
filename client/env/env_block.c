#include "env/env_block.h"

#include <string.h>
#include <unistd.h>

#include <ghostkey/error.h>

#include "env/env_format.h"
#include "heap.h"
#include "terminal/output.h"
#include "wire/broker_client.h"

/* The secrets as text, in order; each that is too long is said. */
static int append_entries(const struct env_set *set, struct buffer *text) {
    ENV_WALK_AUTO struct env_walk walk = {0};
    int error = GK_EXIT_DONE;

    env_walk_begin(&walk, set);
    while (env_walk_next(&walk)) {
        const struct env_entry *entry = &walk.entry;
        size_t len = strlen(entry->env) + 1 + entry->value_len;

        if (memchr(entry->value, '\0', entry->value_len) != NULL) {
            output_error("'%s' (%s) cannot be in any process's environment: it holds a NUL byte",
                    entry->name, entry->env);
            error = GK_EXIT_FAILED;
        }
        if (len > ENV_ENTRY_MAX_BYTES) {
            output_error("'%s' (%s) cannot be in any process's environment: with its name it has "
                         "%zu bytes, at most %d can be passed on Linux",
                    entry->name, entry->env, len, ENV_ENTRY_MAX_BYTES);
            error = GK_EXIT_FAILED;
        }
        buffer_append_text(text, entry->env);
        buffer_append_byte(text, '=');
        buffer_append(text, entry->value, entry->value_len);
        buffer_append_byte(text, '\0');
    }
    return error;
}

/* By what stands before the '='. */
static int compare_variables(const void *left, const void *right) {
    const char *const *a = left;
    const char *const *b = right;
    size_t a_len = strcspn(*a, "=");
    size_t b_len = strcspn(*b, "=");
    int order = memcmp(*a, *b, a_len < b_len ? a_len : b_len);

    return order != 0 ? order : (a_len > b_len) - (a_len < b_len);
}

int env_block_make(const struct env_set *set, struct env_block *ret_block) {
    struct env_block block = {0};
    size_t own = 0;
    size_t count = 0;
    size_t len = 0;
    char **strings;

    if (append_entries(set, &block.text) != GK_EXIT_DONE) {
        buffer_deinit(&block.text);
        return GK_EXIT_FAILED;
    }
    while (environ[own] != NULL) {
        own++;
    }
    block.strings = heap_resize(NULL, own + set->count + 1, sizeof(*block.strings));
    strings = block.strings + own; /* the secrets, to look in; moved up behind our own */
    for (; len < block.text.len; len += strlen(block.text.data + len) + 1) {
        strings[count++] = block.text.data + len;
    }
    own = 0;
    for (char **variable = environ; *variable != NULL; variable++) {
        if (count == 0 ||
                bsearch(variable, strings, count, sizeof(*strings), compare_variables) == NULL) {
            block.strings[own++] = *variable;
        }
    }
    memmove(block.strings + own, strings, count * sizeof(*strings));
    block.strings[own + count] = NULL;
    *ret_block = block;
    return GK_EXIT_DONE;
}

int env_block_fetch(const struct target *target, const char *prefix, struct env_block *ret_block) {
    GK_CLEANUP(env_set_deinit) struct env_set set = {0};
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

void env_block_deinit(struct env_block *block) {
    buffer_deinit(&block->text);
    free(block->strings);
    *block = (struct env_block){0};
}

/* The string behind that one in `text`; NULL at its end. */
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
        int order = old == NULL ? 1 : new == NULL ? -1 : compare_variables(&old, &new);

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
