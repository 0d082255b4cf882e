#include "instant.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define INSTANT_LENGTH 24

int instant_parse(const char *text, int64_t *ret_ms) {
    struct tm parts = {0};
    int milliseconds;
    int length = 0;

    if (sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d.%3dZ%n", &parts.tm_year, &parts.tm_mon,
                &parts.tm_mday, &parts.tm_hour, &parts.tm_min, &parts.tm_sec, &milliseconds,
                &length) != 7 ||
            length != INSTANT_LENGTH || text[INSTANT_LENGTH] != '\0') {
        return -EINVAL;
    }
    parts.tm_year -= 1900;
    parts.tm_mon -= 1;
    *ret_ms = (int64_t)timegm(&parts) * 1000 + milliseconds;
    return 0;
}

bool instant_is_ttl(const char *text) {
    static const char units[] = "dhms";
    const char *unit = units;
    size_t digits = strspn(text, "0123456789");

    if (digits > 0 && text[digits] == '\0') {
        return true;
    }
    do {
        unit = digits > 0 && text[digits] != '\0' ? strchr(unit, text[digits]) : NULL;
        if (unit == NULL) {
            return false;
        }
        unit++;
        text += digits + 1;
        digits = strspn(text, "0123456789");
    } while (*text != '\0');
    return true;
}

void instant_append_duration(struct buffer *buffer, int64_t duration_ms) {
    static const struct {
        int64_t seconds;
        char letter;
    } units[] = {{86400, 'd'}, {3600, 'h'}, {60, 'm'}, {1, 's'}};
    int64_t left = duration_ms / 1000 > 0 ? duration_ms / 1000 : 1;
    int written = 0;

    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]) && written < 2; i++) {
        if (left >= units[i].seconds) {
            buffer_printf(buffer, "%lld%c", (long long)(left / units[i].seconds), units[i].letter);
            left %= units[i].seconds;
            written++;
        } else if (written > 0) {
            break; /* `2d` and 5 minutes is `2d` */
        }
    }
}
