#include "api/vault/vault_duration.h"

#include "ghostkey/protocol.h"

/* The length in nanoseconds of the unit that the text begins with, which is taken off. 0: none */
static double take_unit(struct span *text) {
    static const struct {
        const char *name;
        double ns;
    } units[] = {{"h", 3600e9}, {"ms", 1e6}, {"m", 60e9}, {"s", 1e9}, {"us", 1e3}, {"\u00b5s", 1e3},
            {"\u03bcs", 1e3}, {"ns", 1}};

    for (size_t at = 0; at < sizeof(units) / sizeof(units[0]); at++) {
        struct span name = span_of(units[at].name);

        if (span_starts_with(*text, name)) {
            *text = (struct span){text->data + name.len, text->len - name.len};
            return units[at].ns;
        }
    }
    return 0;
}

/* "1.5": the number is *ret_digits divided by *ret_scale. False: there is no digit. */
static bool take_decimal(struct span *text, double *ret_digits, double *ret_scale) {
    bool has_digit = false;
    bool has_point = false;

    *ret_digits = 0;
    *ret_scale = 1;
    for (; text->len > 0; *text = (struct span){text->data + 1, text->len - 1}) {
        char byte = text->data[0];

        if (byte == '.' && !has_point) {
            has_point = true;
        } else if (byte >= '0' && byte <= '9') {
            has_digit = true;
            *ret_digits = 10 * *ret_digits + (byte - '0');
            *ret_scale *= has_point ? 10 : 1;
        } else {
            break;
        }
    }
    return has_digit;
}

bool vault_duration_parse(struct span text, int64_t *ret_seconds) {
    double total_ns = 0;

    while (text.len > 0) {
        double digits;
        double scale;
        double unit_ns;

        if (!take_decimal(&text, &digits, &scale)) {
            return false;
        }
        unit_ns = take_unit(&text);
        if (unit_ns == 0) {
            return false;
        }
        total_ns += digits * (unit_ns / scale); /* so 0.29h is 1044 s, and not a little less */
    }
    if (!(total_ns < (GK_TTL_MAX_S + 1) * 1e9)) { /* or it is not a number */
        total_ns = (GK_TTL_MAX_S + 1) * 1e9;
    }
    *ret_seconds = (int64_t)(total_ns / 1e9);
    return true;
}

void vault_append_duration(struct buffer *buffer, uint32_t seconds) {
    uint32_t hours = seconds / 3600;
    uint32_t minutes = seconds / 60 % 60;

    if (hours > 0) {
        buffer_printf(buffer, "%uh", hours);
    }
    if (hours > 0 || minutes > 0) {
        buffer_printf(buffer, "%um", minutes);
    }
    buffer_printf(buffer, "%us", seconds % 60);
}
