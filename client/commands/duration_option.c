#include "commands/duration_option.h"

#include <string.h>

#include <ghostkey/error.h>
#include <ghostkey/protocol.h>

#include "common/instant.h"

#define SHOWN_MAX_BYTES 24
#define S_PER_DAY 86400

/*
 * Whether the text looks like a mistyped length of time. A message repeats only such a text:
 * another one may be a secret's value that was typed in the wrong place.
 */
static bool looks_like_a_time(const char *text) {
    return text[0] != '\0' && strchr("0123456789+-.", text[0]) != NULL &&
           strlen(text) <= SHOWN_MAX_BYTES;
}

int duration_option_read(const struct invocation *invocation, const char *option, int64_t min,
        json_t **ret_seconds) {
    const char *text = option_value(invocation->options, option);
    bool is_shown = text != NULL && looks_like_a_time(text);
    int64_t seconds = 0;

    *ret_seconds = NULL;
    if (text == NULL) {
        return GK_EXIT_DONE;
    }
    if (ttl_parse(span_of(text), &seconds) != 0) {
        return command_usage(invocation->command,
                "'--%s%s%s' is not a length of time, such as " DURATION_WORDS, option,
                is_shown ? " " : "", is_shown ? text : "");
    }
    if (seconds < min || seconds > GK_TTL_MAX_S) {
        return command_usage(invocation->command,
                "'--%s%s%s' is out of range: it takes %lld to %d seconds (%d days)", option,
                is_shown ? " " : "", is_shown ? text : "", (long long)min, GK_TTL_MAX_S,
                GK_TTL_MAX_S / S_PER_DAY);
    }
    *ret_seconds = json_integer(seconds);
    return GK_EXIT_DONE;
}
