/* For fish, `source .env.ghost`: '…' holds every byte but NUL, with \ before ' and \. */
#include "env/env_format.h"
#include "env/env_script.h"
#include "env/env_value.h"

static void write_entry(struct buffer *text, const struct env_entry *entry, bool first) {
    (void)first;
    buffer_printf(text, ENV_SCRIPT_FISH_SET "%s '", entry->env);
    for (size_t i = 0; i < entry->value_len; i++) {
        if (entry->value[i] == '\'' || entry->value[i] == '\\') {
            buffer_append_byte(text, '\\');
        }
        buffer_append_byte(text, entry->value[i]);
    }
    buffer_append_text(text, "'\n");
}

const struct env_format env_format_fish = {
        .name = "fish",
        .readers = "fish: source .env.ghost",
        .is_marked = true,
        .reading = ENV_READING_FISH,
        .holds_returns = true,
        .refusal = env_format_refuse_nul,
        .write_entry = write_entry,
};
