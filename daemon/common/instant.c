#include "common/instant.h"

#include "ghostkey/protocol.h"

#define MS_PER_S INT64_C(1000)
#define S_PER_DAY INT64_C(86400)
#define DAYS_PER_ERA INT64_C(146097)  /* 400 years of the Gregorian calendar */
#define DAYS_TO_EPOCH INT64_C(719468) /* from 0000-03-01 to 1970-01-01 */

struct date {
    int64_t year;
    int64_t month;
    int64_t day;
};

/* Years are counted from March, so that the leap day is a year's last. */
static int64_t days_from_date(struct date date) {
    int64_t year = date.year - (date.month <= 2);
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t year_of_era = year - era * 400;
    int64_t month = (date.month + 9) % 12;
    int64_t day_of_year = (153 * month + 2) / 5 + date.day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

    return era * DAYS_PER_ERA + day_of_era - DAYS_TO_EPOCH;
}

static struct date date_from_days(int64_t days) {
    int64_t shifted = days + DAYS_TO_EPOCH;
    int64_t era = (shifted >= 0 ? shifted : shifted - DAYS_PER_ERA + 1) / DAYS_PER_ERA;
    int64_t day_of_era = shifted - era * DAYS_PER_ERA;
    int64_t year_of_era =
            (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month = (5 * day_of_year + 2) / 153;
    struct date date = {
            .year = year_of_era + era * 400 + (month >= 10),
            .month = month < 10 ? month + 3 : month - 9,
            .day = day_of_year - (153 * month + 2) / 5 + 1,
    };

    return date;
}

static int64_t days_in_month(int64_t year, int64_t month) {
    static const int64_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return month == 2 && leap ? 29 : days[month - 1];
}

/* Writes a number below 100 from a table, since an answer holds three instants. */
static void put_two(char *place, uint32_t number) {
    static const char pairs[] =
            "00010203040506070809101112131415161718192021222324252627282930313233"
            "34353637383940414243444546474849505152535455565758596061626364656667"
            "6869707172737475767778798081828384858687888990919293949596979899";

    memcpy(place, pairs + 2 * (size_t)number, 2);
}

/* The last day that was formatted, and its text: most instants are of one day. */
static struct {
    int64_t days;
    char text[INSTANT_TEXT_BYTES + 1];
} last_day = {0, "1970-01-01T00:00:00.000Z"};

static void format_day(int64_t days) {
    struct date date = date_from_days(days);

    last_day.days = days;
    put_two(last_day.text, (uint32_t)date.year / 100);
    put_two(last_day.text + 2, (uint32_t)date.year % 100);
    put_two(last_day.text + 5, (uint32_t)date.month);
    put_two(last_day.text + 8, (uint32_t)date.day);
}

void instant_format(instant at, char place[INSTANT_TEXT_BYTES]) {
    int64_t ms = at % (S_PER_DAY * MS_PER_S);
    int64_t days = at / (S_PER_DAY * MS_PER_S);
    uint32_t of_day;

    if (ms < 0) {
        ms += S_PER_DAY * MS_PER_S;
        days -= 1;
    }
    if (days != last_day.days) {
        format_day(days);
    }
    of_day = (uint32_t)ms;
    memcpy(place, last_day.text, INSTANT_TEXT_BYTES);
    put_two(place + 11, of_day / 3600000);
    put_two(place + 14, of_day / 60000 % 60);
    put_two(place + 17, of_day / 1000 % 60);
    put_two(place + 20, of_day % 1000 / 10);
    place[22] = (char)('0' + of_day % 10);
}

/* Takes width digits off the front of text: their value, or -1. */
static int64_t take_digits(struct span *text, size_t width) {
    int64_t number = 0;

    if (text->len < width) {
        return -1;
    }
    for (size_t i = 0; i < width; i++) {
        char c = text->data[i];

        if (c < '0' || c > '9') {
            return -1;
        }
        number = number * 10 + (c - '0');
    }
    text->data += width;
    text->len -= width;
    return number;
}

static bool take_one_of(struct span *text, const char *bytes) {
    if (text->len == 0 || text->data[0] == '\0' || strchr(bytes, text->data[0]) == NULL) {
        return false;
    }
    text->data += 1;
    text->len -= 1;
    return true;
}

/* The part after the seconds: the fraction in ms, or -1. */
static int64_t take_fraction(struct span *text) {
    int64_t ms = 0;
    int64_t scale = 100;
    size_t digits = 0;

    if (!take_one_of(text, ".")) {
        return 0;
    }
    for (; text->len > 0 && text->data[0] >= '0' && text->data[0] <= '9'; digits++) {
        ms += (text->data[0] - '0') * scale;
        scale /= 10;
        text->data += 1;
        text->len -= 1;
    }
    return digits > 0 ? ms : -1;
}

/* What the offset adds to UTC, in seconds; false if text is not just an offset. */
static bool take_offset(struct span *text, int64_t *ret_seconds) {
    int64_t sign = text->len > 0 && text->data[0] == '-' ? -1 : 1;
    int64_t hours;
    int64_t minutes;

    if (take_one_of(text, "Zz")) {
        *ret_seconds = 0;
        return text->len == 0;
    }
    if (!take_one_of(text, "+-")) {
        return false;
    }
    hours = take_digits(text, 2);
    if (hours < 0 || hours > 23 || !take_one_of(text, ":")) {
        return false;
    }
    minutes = take_digits(text, 2);
    if (minutes < 0 || minutes > 59) {
        return false;
    }
    *ret_seconds = sign * (hours * 3600 + minutes * 60);
    return text->len == 0;
}

static bool take_date(struct span *text, struct date *ret_date) {
    struct date date;

    date.year = take_digits(text, 4);
    if (date.year < 0 || !take_one_of(text, "-")) {
        return false;
    }
    date.month = take_digits(text, 2);
    if (date.month < 1 || date.month > 12 || !take_one_of(text, "-")) {
        return false;
    }
    date.day = take_digits(text, 2);
    *ret_date = date;
    return date.day >= 1 && date.day <= days_in_month(date.year, date.month);
}

static bool take_time(struct span *text, int64_t *ret_seconds) {
    int64_t hour = take_digits(text, 2);
    int64_t minute;
    int64_t second;

    if (hour < 0 || hour > 23 || !take_one_of(text, ":")) {
        return false;
    }
    minute = take_digits(text, 2);
    if (minute < 0 || minute > 59 || !take_one_of(text, ":")) {
        return false;
    }
    second = take_digits(text, 2);
    *ret_seconds = hour * 3600 + minute * 60 + second;
    return second >= 0 && second <= 60;
}

int instant_parse(struct span text, instant *ret_at) {
    struct date date;
    int64_t seconds;
    int64_t offset;
    int64_t ms;
    instant at;

    if (!take_date(&text, &date) || !take_one_of(&text, "Tt ") || !take_time(&text, &seconds)) {
        return -1;
    }
    ms = take_fraction(&text);
    if (ms < 0 || !take_offset(&text, &offset)) {
        return -1;
    }
    at = (days_from_date(date) * S_PER_DAY + seconds - offset) * MS_PER_S + ms;
    if (at < days_from_date((struct date){0, 1, 1}) * S_PER_DAY * MS_PER_S ||
            at >= days_from_date((struct date){10000, 1, 1}) * S_PER_DAY * MS_PER_S) {
        return -1;
    }
    *ret_at = at;
    return 0;
}

int duration_parse(struct span text, int64_t *ret_seconds) {
    static const char units[] = "dhms";
    static const int64_t seconds_of[] = {S_PER_DAY, 3600, 60, 1};
    int64_t total = 0;
    size_t next_unit = 0;

    if (text.len == 0) {
        return -1;
    }
    while (text.len > 0) {
        int64_t number = 0;
        size_t digits = 0;
        const char *unit;

        for (; text.len > 0 && text.data[0] >= '0' && text.data[0] <= '9'; digits++) {
            if (__builtin_mul_overflow(number, 10, &number) ||
                    __builtin_add_overflow(number, text.data[0] - '0', &number)) {
                return -1;
            }
            text.data += 1;
            text.len -= 1;
        }
        if (digits == 0 || text.len == 0 || text.data[0] == '\0') {
            return -1;
        }
        unit = strchr(units + next_unit, text.data[0]);
        if (unit == NULL) {
            return -1;
        }
        next_unit = (size_t)(unit - units);
        if (__builtin_mul_overflow(number, seconds_of[next_unit], &number) ||
                __builtin_add_overflow(total, number, &total)) {
            return -1;
        }
        next_unit += 1;
        text.data += 1;
        text.len -= 1;
    }
    *ret_seconds = total;
    return 0;
}

int ttl_parse(struct span text, int64_t *ret_seconds) {
    int64_t seconds = 0;

    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9') {
            return duration_parse(text, ret_seconds);
        }
        if (__builtin_mul_overflow(seconds, 10, &seconds) ||
                __builtin_add_overflow(seconds, text.data[i] - '0', &seconds)) {
            return -1;
        }
    }
    *ret_seconds = seconds;
    return text.len > 0 ? 0 : -1;
}

void duration_append(struct buffer *buffer, int64_t ms) {
    static const struct {
        int64_t seconds;
        char letter;
    } units[] = {{S_PER_DAY, 'd'}, {3600, 'h'}, {60, 'm'}, {1, 's'}};
    int64_t left = ms / MS_PER_S > 0 ? ms / MS_PER_S : 1;
    int written = 0;

    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]) && written < 2; i++) {
        if (left >= units[i].seconds) {
            buffer_append_decimal(buffer, (uint64_t)(left / units[i].seconds));
            buffer_append_byte(buffer, units[i].letter);
            left %= units[i].seconds;
            written++;
        } else if (written > 0) {
            break; /* `2d` and 5 minutes is `2d` */
        }
    }
}

int delay_parse(struct span text, uint32_t *ret_ms) {
    static const struct {
        const char *unit;
        uint32_t ms;
    } units[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}};
    uint64_t number = 0;
    size_t at = 0;

    while (at < text.len && text.data[at] >= '0' && text.data[at] <= '9') {
        number = number * 10 + (uint64_t)(text.data[at] - '0');
        at += 1;
        if (number > GK_FAULT_DELAY_MAX_MS) {
            return -1;
        }
    }
    for (size_t unit = 0; unit < sizeof(units) / sizeof(units[0]); unit++) {
        uint64_t ms = number * units[unit].ms;

        if (at > 0 && span_is((struct span){text.data + at, text.len - at}, units[unit].unit) &&
                ms > 0 && ms <= GK_FAULT_DELAY_MAX_MS) {
            *ret_ms = (uint32_t)ms;
            return 0;
        }
    }
    return -1;
}
