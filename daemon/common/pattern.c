#include "common/pattern.h"

#include "common/name.h"
#include "ghostkey/protocol.h"

#define WILDCARDS "?*"

bool pattern_has_wildcard(const char *pattern) {
    return pattern[strcspn(pattern, WILDCARDS)] != '\0';
}

bool pattern_is_valid(const char *pattern) {
    for (; *pattern != '\0'; pattern++) {
        if (strchr(WILDCARDS, *pattern) == NULL &&
                !name_has_only_name_bytes((struct span){pattern, 1})) {
            return false;
        }
    }
    return true;
}

size_t pattern_prefix_len(const char *pattern) {
    return strcspn(pattern, WILDCARDS);
}

size_t pattern_suffix_len(const char *pattern) {
    size_t len = strlen(pattern);
    size_t from = len;

    while (from > 0 && strchr(WILDCARDS, pattern[from - 1]) == NULL) {
        from -= 1;
    }
    return len - from;
}

/* One step: which of the places in the name are reached behind a `*`, or `**` if `with_slash`. */
static void skip_any(bool *reached, struct span name, bool with_slash) {
    for (size_t i = 0; i < name.len; i++) {
        reached[i + 1] |= reached[i] && (with_slash || name.data[i] != '/');
    }
}

static void skip_one(bool *reached, struct span name, char wanted) {
    for (size_t i = name.len; i > 0; i--) {
        char byte = name.data[i - 1];

        reached[i] = reached[i - 1] && (wanted == '?' ? byte != '/' : byte == wanted);
    }
    reached[0] = false;
}

bool pattern_matches(const char *pattern, struct span name) {
    size_t begins = pattern_prefix_len(pattern);
    bool reached[GK_NAME_MAX_BYTES + 1] = {false};

    if (name.len > GK_NAME_MAX_BYTES || !span_starts_with(name, (struct span){pattern, begins})) {
        return false;
    }
    reached[begins] = true;
    for (pattern += begins; *pattern != '\0'; pattern++) {
        if (*pattern == '*') { /* the second one of two adds nothing to the first */
            skip_any(reached, name, pattern[1] == '*');
        } else {
            skip_one(reached, name, *pattern);
        }
    }
    return reached[name.len];
}
