/*
 * The dotenv parser: any file; and any value that the default format carries, written by it and
 * read again.
 */
#include "fuzz.h"

#include "env_format.h"
#include "env_parse.h"
#include <string.h>

static void read_file(const uint8_t *data, size_t size) {
    AUTO_PARSED parsed = {0};

    env_parse((const char *)data, size, &parsed);
    for (size_t i = 0; i < parsed.entry_count; i++) {
        MUST(parsed.entries[i].name != NULL);
    }
    for (size_t i = 0; i < parsed.fault_count; i++) {
        MUST(parsed.faults[i].text != NULL);
    }
}

static void write_and_read(const uint8_t *data, size_t size) {
    AUTO_BUFFER value = {0}; /* as all values are: with a NUL behind */
    struct env_entry entry = {.env = "NAME", .name = "name", .value_length = size};
    AUTO_BUFFER text = {0};
    AUTO_PARSED parsed = {0};

    buffer_append(&value, data, size);
    entry.value = value.data != NULL ? value.data : "";
    if (env_format_portable.refusal(&entry) != ENV_REFUSAL_NONE) {
        return;
    }
    buffer_append_text(&text, "NAME=");
    env_format_portable.append_value(&text, entry.value, entry.value_length);
    buffer_append_text(&text, "\n");
    env_parse(text.data, text.length, &parsed);
    MUST(parsed.fault_count == 0 && parsed.entry_count == 1);
    MUST(parsed.entries[0].value.length == size);
    MUST(size == 0 || memcmp(parsed.entries[0].value.data, data, size) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    read_file(data, size);
    write_and_read(data, size);
    return 0;
}
