#include "env_parse.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define BOM "\xEF\xBB\xBF"
#define ROWS_FIRST 64

struct env_parsed_entry *env_parsed_add(
        struct env_parsed *parsed, const char *name, size_t name_length, size_t line) {
    size_t count = parsed->entry_count;
    struct env_parsed_entry *entry;

    if (count == 0 || (count >= ROWS_FIRST && (count & (count - 1)) == 0)) {
        size_t room = count == 0 ? ROWS_FIRST : count * 2;

        parsed->entries = memory_resize(parsed->entries, room, sizeof(*parsed->entries));
    }
    entry = &parsed->entries[parsed->entry_count++];
    *entry = (struct env_parsed_entry){.name = memory_duplicate(name, name_length), .line = line};
    return entry;
}

void env_parsed_fault(struct env_parsed *parsed, size_t line, const char *format, ...) {
    va_list arguments;
    char *text = NULL;

    va_start(arguments, format);
    if (vasprintf(&text, format, arguments) < 0) {
        text = memory_duplicate("out of memory", strlen("out of memory"));
    }
    va_end(arguments);
    parsed->faults =
            memory_resize(parsed->faults, parsed->fault_count + 1, sizeof(*parsed->faults));
    parsed->faults[parsed->fault_count++] = (struct env_parsed_fault){.line = line, .text = text};
}

void env_parsed_deinit(struct env_parsed *parsed) {
    for (size_t i = 0; i < parsed->entry_count; i++) {
        free(parsed->entries[i].name);
        buffer_deinit(&parsed->entries[i].value);
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

/* The same name twice: which of the two is meant cannot be told. */
static void find_repeated(struct env_parsed *parsed) {
    GK_AUTO_FREE struct env_parsed_entry **sorted =
            memory_resize(NULL, parsed->entry_count + 1, sizeof(struct env_parsed_entry *));

    for (size_t i = 0; i < parsed->entry_count; i++) {
        sorted[i] = &parsed->entries[i];
    }
    qsort(sorted, parsed->entry_count, sizeof(struct env_parsed_entry *), compare_entries);
    for (size_t i = 1; i < parsed->entry_count; i++) {
        if (strcmp(sorted[i - 1]->name, sorted[i]->name) == 0) {
            env_parsed_fault(parsed, sorted[i]->line, "%s stands in line %zu already",
                    sorted[i]->name, sorted[i - 1]->line);
        }
    }
}

static int compare_faults(const void *left, const void *right) {
    const struct env_parsed_fault *a = left;
    const struct env_parsed_fault *b = right;

    return a->line < b->line ? -1 : a->line > b->line;
}

void env_parse(const char *text, size_t length, struct env_parsed *ret_parsed) {
    struct env_parsed parsed = {0};
    size_t blanks = 0;

    if (length >= strlen(BOM) && memcmp(text, BOM, strlen(BOM)) == 0) {
        text += strlen(BOM);
        length -= strlen(BOM);
    }
    while (blanks < length && strchr(" \t\r\n", text[blanks]) != NULL && text[blanks] != '\0') {
        blanks++;
    }
    if (blanks < length && text[blanks] == '{') {
        env_parse_json(text, length, &parsed);
    } else {
        env_parse_dotenv(text, length, &parsed);
    }
    if (parsed.entry_count > 0) {
        find_repeated(&parsed);
    }
    if (parsed.fault_count > 0) {
        qsort(parsed.faults, parsed.fault_count, sizeof(*parsed.faults), compare_faults);
    }
    *ret_parsed = parsed;
}
