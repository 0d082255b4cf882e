#include "commands/duration_option.h"

#include <string.h>

#include <ghostkey/error.h>
#include <ghostkey/protocol.h>

#include "common/instant.h"

#define SHOWN_MAX_BYTES 24
#define S_PER_DAY 86400

/* Whether the text is a mistyped time. A message does not repeat any other: it may be a value. */
static bool is_like_a_time(const char *text) {
    return text[0] != '\0' && strchr("0123456789+-.", text[0]) != NULL &&
           strlen(text) <= SHOWN_MAX_BYTES;
}

int duration_option_read(const struct invocation *invocation, const char *option, int64_t min,
        json_t **ret_seconds) {
    const char *text = option_value(invocation->options, option);
    bool is_shown = text != NULL && is_like_a_time(text);
    int64_t seconds = 0;

    *ret_seconds = NULL;
    if (text == NULL) {
        return GK_EXIT_DONE;
    }
    if (ttl_parse(span_of(text), &seconds) != 0) {
        return command_usage(invocation->command,
                "'--%s%s%s' is no length of time, such as " DURATION_WORDS, option,
                is_shown ? " " : "", is_shown ? text : "");
    }
    if (seconds < min || seconds > GK_TTL_MAX_S) {
        return command_usage(invocation->command,
                "'--%s%s%s' is out of range: it takes %lld to %d seconds, which are %d days",
                option, is_shown ? " " : "", is_shown ? text : "", (long long)min, GK_TTL_MAX_S,
                GK_TTL_MAX_S / S_PER_DAY);
    }
    *ret_seconds = json_integer(seconds);
    return GK_EXIT_DONE;
}
