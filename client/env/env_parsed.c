#include "env/env_parsed.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "env/env_value.h"
#include "heap.h"

#define ROWS_FIRST 64

/* Room for one more row; the number of rows doubles each time. */
static void *grow(void *rows, size_t count, size_t size) {
    if (count != 0 && (count < ROWS_FIRST || (count & (count - 1)) != 0)) {
        return rows;
    }
    return heap_resize(rows, count == 0 ? ROWS_FIRST : count * 2, size);
}

struct env_parsed_entry *env_parsed_add(
        struct env_parsed *parsed, const char *name, size_t name_len, size_t line) {
    struct env_parsed_entry *entry;

    parsed->entries = grow(parsed->entries, parsed->entry_count, sizeof(*parsed->entries));
    entry = &parsed->entries[parsed->entry_count++];
    *entry = (struct env_parsed_entry){.name = heap_duplicate(name, name_len), .line = line};
    return entry;
}

void env_parsed_fault(struct env_parsed *parsed, size_t line, const char *format, ...) {
    va_list arguments;
    char *text = NULL;

    va_start(arguments, format);
    if (vasprintf(&text, format, arguments) < 0) {
        text = heap_duplicate("out of memory", strlen("out of memory"));
    }
    va_end(arguments);
    parsed->faults = grow(parsed->faults, parsed->fault_count, sizeof(*parsed->faults));
    parsed->faults[parsed->fault_count++] = (struct env_parsed_fault){.line = line, .text = text};
}

void env_parsed_drop(struct env_parsed *parsed) {
    struct env_parsed_entry *entry = &parsed->entries[--parsed->entry_count];

    free(entry->name);
    buffer_deinit(&entry->value);
}

const char *env_parsed_judge(const struct buffer *value) {
    if (memchr(buffer_string(value), '\0', value->len) != NULL) {
        return "it holds a NUL byte";
    }
    return env_value_is_utf8(buffer_string(value), value->len)
                   ? NULL
                   : "it is not UTF-8; if the file is Windows-1252 or Latin-1, convert it first: "
                     "iconv -f WINDOWS-1252 -t UTF-8";
}

size_t env_parsed_name_len(const char *text, const char *end) {
    static const char rest[] = ENV_VALUE_LETTERS ENV_VALUE_DIGITS "_";
    size_t len = 0;

    while (text + len < end && text[len] != '\0' && strchr(rest, text[len]) != NULL) {
        len++;
    }
    return len > 0 && strchr(ENV_VALUE_DIGITS, *text) != NULL ? 0 : len;
}

void env_parsed_deinit(struct env_parsed *parsed) {
    while (parsed->entry_count > 0) {
        env_parsed_drop(parsed);
    }
    for (size_t i = 0; i < parsed->fault_count; i++) {
        free(parsed->faults[i].text);
    }
    free(parsed->entries);
    free(parsed->faults);
    *parsed = (struct env_parsed){0};
}

static int compare_entries(const void *left, const void *right) {
    const struct env_parsed_entry *const *a = left;
    const struct env_parsed_entry *const *b = right;
    int by_name = strcmp((*a)->name, (*b)->name);

    return by_name != 0 ? by_name : (*a < *b ? -1 : *a > *b);
}

/* If a name stands there twice, nobody can know which value is meant. The first entry stays. */
static void drop_repeated(struct env_parsed *parsed) {
    GK_AUTO_FREE struct env_parsed_entry **sorted =
            heap_resize(NULL, parsed->entry_count + 1, sizeof(struct env_parsed_entry *));
    struct env_parsed_entry *first = NULL;
    size_t kept = 0;

    for (size_t i = 0; i < parsed->entry_count; i++) {
        sorted[i] = &parsed->entries[i];
    }
    qsort(sorted, parsed->entry_count, sizeof(struct env_parsed_entry *), compare_entries);
    for (size_t i = 0; i < parsed->entry_count; i++) {
        if (first == NULL || strcmp(first->name, sorted[i]->name) != 0) {
            first = sorted[i];
            continue;
        }
        env_parsed_fault(
                parsed, sorted[i]->line, "%s stands in line %zu already", first->name, first->line);
        sorted[i]->is_repeated = true;
    }
    for (size_t i = 0; i < parsed->entry_count; i++) {
        struct env_parsed_entry *entry = &parsed->entries[i];

        if (entry->is_repeated) {
            free(entry->name);
            buffer_deinit(&entry->value);
        } else {
            parsed->entries[kept++] = *entry;
        }
    }
    parsed->entry_count = kept;
}

static int compare_faults(const void *left, const void *right) {
    const struct env_parsed_fault *a = left;
    const struct env_parsed_fault *b = right;

    if (a->line != b->line) {
        return a->line < b->line ? -1 : 1;
    }
    return strcmp(a->text, b->text);
}

void env_parsed_finish(struct env_parsed *parsed) {
    if (parsed->entry_count > 0) {
        drop_repeated(parsed);
    }
    if (parsed->fault_count > 0) {
        qsort(parsed->faults, parsed->fault_count, sizeof(*parsed->faults), compare_faults);
    }
}
