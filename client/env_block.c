#include "env_block.h"

#include <string.h>

#include <ghostkey/error.h>

#include "env_format.h"
#include "output.h"

static int judge_entries(const struct env_set *set) {
    int rc = GK_EXIT_DONE;

    for (size_t i = 0; i < set->count; i++) {
        const struct env_entry *entry = &set->entries[i];
        size_t length = strlen(entry->env) + 1 + entry->value_length;

        if (length > ENV_ENTRY_MAX_BYTES) {
            output_error("'%s' (%s) cannot be in any process's environment: with its name it has "
                         "%zu bytes, at most %d can be passed on Linux",
                    entry->name, entry->env, length, ENV_ENTRY_MAX_BYTES);
            rc = GK_EXIT_FAILED;
        }
    }
    return rc;
}

static int compare_to_entry(const void *variable, const void *member) {
    const struct env_entry *entry = member;
    const char *text = variable;
    size_t length = strcspn(text, "=");
    size_t entry_length = strlen(entry->env);
    int order = memcmp(text, entry->env, length < entry_length ? length : entry_length);

    return order != 0 ? order : (length > entry_length) - (length < entry_length);
}

static bool is_replaced(const struct env_set *set, const char *variable) {
    return set->count > 0 && bsearch(variable, set->entries, set->count, sizeof(*set->entries),
                                     compare_to_entry) != NULL;
}

int env_block_make(const struct env_set *set, struct env_block *ret_block) {
    struct env_block block = {0};
    size_t own = 0;
    size_t count = 0;
    size_t length = 0;
    int rc = judge_entries(set);

    if (rc != GK_EXIT_DONE) {
        return rc;
    }
    for (size_t i = 0; i < set->count; i++) {
        buffer_append_text(&block.text, set->entries[i].env);
        buffer_append_byte(&block.text, '=');
        buffer_append(&block.text, set->entries[i].value, set->entries[i].value_length);
        buffer_append_byte(&block.text, '\0');
    }
    while (environ[own] != NULL) {
        own++;
    }
    block.strings = memory_resize(NULL, own + set->count + 1, sizeof(*block.strings));
    for (size_t i = 0; i < own; i++) {
        if (!is_replaced(set, environ[i])) {
            block.strings[count++] = environ[i];
        }
    }
    for (; length < block.text.length; length += strlen(block.text.data + length) + 1) {
        block.strings[count++] = block.text.data + length;
    }
    block.strings[count] = NULL;
    *ret_block = block;
    return GK_EXIT_DONE;
}

void env_block_deinit(struct env_block *block) {
    buffer_deinit(&block->text);
    free(block->strings);
    *block = (struct env_block){0};
}

bool env_block_equals(const struct env_block *a, const struct env_block *b) {
    return a->text.length == b->text.length &&
           (a->text.length == 0 || memcmp(a->text.data, b->text.data, a->text.length) == 0);
}
