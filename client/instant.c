#include "instant.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define INSTANT_LENGTH 24
#define DAYS_PER_ERA 146097  /* 400 years of the Gregorian calendar */
#define DAYS_TO_EPOCH 719468 /* from 0000-03-01 to 1970-01-01 */

/* Not timegm(): where time_t has 32 bits, it knows no year past 2037. Years are counted from March,
 * so that the leap day is a year's last. */
static int64_t days_from_date(int year, int month, int day) {
    int from_march = year - (month <= 2);
    int era = (from_march >= 0 ? from_march : from_march - 399) / 400;
    int year_of_era = from_march - era * 400;
    int day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;

    return (int64_t)era * DAYS_PER_ERA + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 +
           day_of_year - DAYS_TO_EPOCH;
}

int instant_parse(const char *text, int64_t *ret_ms) {
    int year, month, day, hours, minutes, seconds, milliseconds;
    int length = 0;

    if (sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d.%3dZ%n", &year, &month, &day, &hours, &minutes,
                &seconds, &milliseconds, &length) != 7 ||
            length != INSTANT_LENGTH || text[INSTANT_LENGTH] != '\0') {
        return -EINVAL;
    }
    if (month < 1 || month > 12) {
        return -EINVAL;
    }
    *ret_ms = (((days_from_date(year, month, day) * 24 + hours) * 60 + minutes) * 60 + seconds) *
                      1000 +
              milliseconds;
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
