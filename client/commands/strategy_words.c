#include "commands/strategy_words.h"

#include <string.h>

#include "common/suggest.h"

static const struct strategy_words strategies[] = {
        {"token", "", "'ghost_' and 36 letters and digits, known to scanners as a fake"},
        {"hex", "--length 2-4096, default 32", "digits 0-9 and letters a-f"},
        {"alphanumeric", "--length 2-4096, default 32", "digits and letters"},
        {"base64url", "--length 2-4096, default 43", "digits, letters, '-' and '_'"},
        {"uuid", "", "a UUID of version 4"},
        {"template", "--template TEXT",
                "TEXT, in which {hex:N}, {alnum:N}, {upper:N}, {lower:N}, {digit:N}, "
                "{base64url:N}, {uuid}, {version} and {name} are filled in; {{ and }} are braces"},
        {"cycle", "--values FILE", "the lines of FILE, one after the other, again and again"},
        {"none", "", "nothing: the secret cannot be rotated"},
};
#define STRATEGY_COUNT (sizeof(strategies) / sizeof(strategies[0]))

const struct strategy_words *strategy_words_at(size_t index) {
    return index < STRATEGY_COUNT ? &strategies[index] : NULL;
}

bool strategy_is_known(const char *name) {
    for (size_t i = 0; i < STRATEGY_COUNT; i++) {
        if (strcmp(strategies[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

int strategy_say_unknown(const struct invocation *invocation) {
    const char *typed = option_value(invocation->options, "strategy");
    BUFFER_AUTO struct buffer names = BUFFER_NULL;
    const char *best = NULL;

    for (size_t i = 0; i < STRATEGY_COUNT; i++) {
        buffer_printf(&names, "%s%s", i > 0 ? ", " : "", strategies[i].name);
        best = suggest_better(typed, best, strategies[i].name);
    }
    if (best != NULL) {
        return command_usage(invocation->command,
                "'--strategy' takes one of %s (did you mean '%s'?)", buffer_string(&names), best);
    }
    return command_usage(
            invocation->command, "'--strategy' takes one of %s", buffer_string(&names));
}
