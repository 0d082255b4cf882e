/*
 * The readers of ghostctl import: any file; and any value in each format that can carry it,
 * written and read back.
 */
#include <string.h>

#include "env/env_format.h"
#include "env/env_parse.h"
#include "env/env_value.h"
#include "fuzz.h"

static void read_file(const char *path, const uint8_t *data, size_t size) {
    ENV_PARSED_AUTO struct env_parsed parsed = {0};

    env_parse(path, (const char *)data, size, &parsed);
    for (size_t i = 0; i < parsed.entry_count; i++) {
        MUST(parsed.entries[i].name != NULL);
    }
    for (size_t i = 0; i < parsed.fault_count; i++) {
        MUST(parsed.faults[i].text != NULL);
    }
}

static void write_and_read(const struct env_format *format, const struct buffer *value) {
    const struct env_entry entry = {
            .env = "NAME", .name = "name", .value = buffer_string(value), .value_len = value->len};
    BUFFER_AUTO struct buffer text = BUFFER_NULL;
    ENV_PARSED_AUTO struct env_parsed parsed = {0};

    if (format->append_value == NULL || format->refusal(&entry) != ENV_REFUSAL_NONE) {
        return;
    }
    buffer_printf(&text, "%s%s: x\nNAME=", ENV_FORMAT_MARK, format->name);
    format->append_value(&text, entry.value, entry.value_len);
    buffer_append_text(&text, "\n");
    env_parse(NULL, buffer_string(&text), text.len, &parsed);
    MUST(parsed.fault_count == 0 && parsed.entry_count == 1);
    MUST(parsed.entries[0].value.len == value->len);
    MUST(memcmp(buffer_string(&parsed.entries[0].value), buffer_string(value), value->len) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    BUFFER_AUTO struct buffer value = BUFFER_NULL; /* values have a NUL behind them */

    read_file(NULL, data, size);
    read_file("x.nul", data, size);
    buffer_append(&value, data, size);
    for (size_t i = 0; env_value_is_utf8(buffer_string(&value), size) && env_format_at(i) != NULL;
            i++) {
        write_and_read(env_format_at(i), &value);
    }
    return 0;
}
