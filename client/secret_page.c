#include "secret_page.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "secret_name.h"

#define DEPTH_MAX 64

/* Where the reading stands. Behind the last byte there is a NUL, which is part of no JSON. */
struct scan {
    char *at;
    bool bad;
};

/* Text that was read: NULL for null, false and whatever else is no text. */
struct text {
    char *data;
    size_t length;
};

struct secret {
    struct text name;
    struct text value;
    struct text env;
    bool expired;
    bool has_env;
};

static bool take(struct scan *scan, char byte) {
    while (*scan->at == ' ' || *scan->at == '\n' || *scan->at == '\r' || *scan->at == '\t') {
        scan->at++;
    }
    if (*scan->at != byte || scan->bad) {
        return false;
    }
    scan->at++;
    return true;
}

static void expect(struct scan *scan, char byte) {
    scan->bad = !take(scan, byte) || scan->bad;
}

/* Four hexadecimal digits; above 0xFFFF if they are none. */
static uint32_t hex4(const char *digits) {
    char text[5] = "";

    if (strspn(digits, "0123456789abcdefABCDEF") < 4) {
        return UINT32_MAX;
    }
    memcpy(text, digits, 4);
    return (uint32_t)strtoul(text, NULL, 16);
}

static char *write_utf8(char *to, uint32_t code) {
    if (code < 0x80) {
        *to++ = (char)code;
    } else if (code < 0x800) {
        *to++ = (char)(0xC0 | code >> 6);
        *to++ = (char)(0x80 | (code & 0x3F));
    } else if (code < 0x10000) {
        *to++ = (char)(0xE0 | code >> 12);
        *to++ = (char)(0x80 | (code >> 6 & 0x3F));
        *to++ = (char)(0x80 | (code & 0x3F));
    } else {
        *to++ = (char)(0xF0 | code >> 18);
        *to++ = (char)(0x80 | (code >> 12 & 0x3F));
        *to++ = (char)(0x80 | (code >> 6 & 0x3F));
        *to++ = (char)(0x80 | (code & 0x3F));
    }
    return to;
}

/* The escape behind a backslash, which is never shorter than what it stands for. */
static char *undo_escape(struct scan *scan, char *to) {
    static const char letters[] = "\"\\/bfnrt";
    static const char meanings[] = "\"\\/\b\f\n\r\t";
    char letter = *scan->at;
    const char *known = letter != '\0' ? strchr(letters, letter) : NULL;
    uint32_t code, low;

    scan->at += letter != '\0';
    if (known != NULL) {
        *to = meanings[known - letters];
        return to + 1;
    }
    code = letter == 'u' ? hex4(scan->at) : UINT32_MAX;
    if (code > 0xFFFF || (code >= 0xDC00 && code <= 0xDFFF)) {
        scan->bad = true;
        return to;
    }
    scan->at += 4;
    if (code >= 0xD800 && code <= 0xDBFF) {
        low = scan->at[0] == '\\' && scan->at[1] == 'u' ? hex4(scan->at + 2) : 0;
        if (low < 0xDC00 || low > 0xDFFF) {
            scan->bad = true;
            return to;
        }
        scan->at += 6;
        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    }
    return write_utf8(to, code);
}

/* Text whose opening quote has been taken; a NUL is put where it ends. */
static struct text read_text(struct scan *scan) {
    char *start = scan->at;
    char *to = start;

    while (!scan->bad && *scan->at != '"') {
        unsigned char byte = (unsigned char)*scan->at;

        if (byte == '\\') {
            scan->at++;
            to = undo_escape(scan, to);
        } else if (byte < 0x20) {
            scan->bad = true;
        } else {
            *to++ = *scan->at++;
        }
    }
    if (scan->bad) {
        return (struct text){NULL, 0};
    }
    scan->at++;
    *to = '\0';
    return (struct text){start, (size_t)(to - start)};
}

/* A number or a name; *ret_true: it was `true`. */
static void skip_word(struct scan *scan, bool *ret_true) {
    size_t length = strspn(scan->at, "+-.0123456789Eabcdefghijklmnopqrstuvwxyz");

    *ret_true = length == 4 && memcmp(scan->at, "true", 4) == 0;
    scan->bad = scan->bad || length == 0;
    scan->at += length;
}

static void skip_value(struct scan *scan, int depth);

/* The members or elements up to `close`; what opens them has been taken. */
static void skip_all(struct scan *scan, char close, int depth) {
    if (take(scan, close)) {
        return;
    }
    do {
        if (close == '}') {
            expect(scan, '"');
            (void)read_text(scan);
            expect(scan, ':');
        }
        skip_value(scan, depth + 1);
    } while (take(scan, ','));
    expect(scan, close);
}

static void skip_value(struct scan *scan, int depth) {
    bool is_true;

    if (depth > DEPTH_MAX) {
        scan->bad = true;
    } else if (take(scan, '"')) {
        (void)read_text(scan);
    } else if (take(scan, '{')) {
        skip_all(scan, '}', depth);
    } else if (take(scan, '[')) {
        skip_all(scan, ']', depth);
    } else if (!scan->bad) {
        skip_word(scan, &is_true);
    }
}

static struct text read_text_or_word(struct scan *scan, bool *ret_true) {
    *ret_true = false;
    if (take(scan, '"')) {
        return read_text(scan);
    }
    skip_word(scan, ret_true);
    return (struct text){NULL, 0};
}

/* The next member's name, or NULL behind the last. `first`: none was read yet. */
static const char *next_member(struct scan *scan, bool first) {
    struct text name;

    if (!first && !take(scan, ',')) {
        expect(scan, '}');
        return NULL;
    }
    if (first && take(scan, '}')) {
        return NULL;
    }
    expect(scan, '"');
    name = read_text(scan);
    expect(scan, ':');
    return scan->bad ? NULL : name.data;
}

static void read_metadata(struct scan *scan, struct secret *secret) {
    const char *member;
    bool is_true;

    expect(scan, '{');
    for (bool first = true; (member = next_member(scan, first)) != NULL; first = false) {
        if (strcmp(member, "env") == 0) {
            secret->env = read_text_or_word(scan, &is_true);
            secret->has_env = !is_true; /* a name, or false */
        } else {
            skip_value(scan, 0);
        }
    }
}

static void read_secret(struct scan *scan, struct secret *secret) {
    const char *member;
    bool ignored;

    expect(scan, '{');
    for (bool first = true; (member = next_member(scan, first)) != NULL; first = false) {
        if (strcmp(member, "name") == 0) {
            secret->name = read_text_or_word(scan, &ignored);
        } else if (strcmp(member, "value") == 0 || strcmp(member, "value_base64") == 0) {
            secret->value = read_text_or_word(scan, &ignored);
        } else if (strcmp(member, "expired") == 0) {
            (void)read_text_or_word(scan, &secret->expired);
        } else if (strcmp(member, "metadata") == 0) {
            read_metadata(scan, secret);
        } else {
            skip_value(scan, 0);
        }
    }
    scan->bad = scan->bad || secret->name.data == NULL || secret->value.data == NULL ||
                !secret->has_env || !secret_name_is_valid(secret->name.data) ||
                (secret->env.data != NULL && !env_name_is_valid(secret->env.data));
}

static void read_secrets(
        struct scan *scan, struct env_entry *entries, size_t entries_max, size_t *count) {
    expect(scan, '[');
    if (take(scan, ']')) {
        return;
    }
    do {
        struct secret secret = {0};

        read_secret(scan, &secret);
        if (scan->bad || secret.expired || secret.env.data == NULL) {
            continue;
        }
        if (*count == entries_max) {
            scan->bad = true;
            continue;
        }
        entries[(*count)++] = (struct env_entry){
                .env = secret.env.data,
                .name = secret.name.data,
                .value = secret.value.data,
                .value_length = secret.value.length,
        };
    } while (take(scan, ','));
    expect(scan, ']');
}

int secret_page_read(struct buffer *page, struct env_entry *entries, size_t entries_max,
        size_t *ret_count, const char **ret_next) {
    struct scan scan = {.at = page->data, .bad = page->data == NULL};
    struct text next = {0};
    const char *member;
    size_t count = 0;
    bool has_secrets = false;
    bool has_next = false;
    bool ignored;

    if (scan.bad) {
        return -EPROTO; /* not even one byte */
    }
    expect(&scan, '{');
    for (bool first = true; (member = next_member(&scan, first)) != NULL; first = false) {
        if (strcmp(member, "secrets") == 0 && !has_secrets) {
            read_secrets(&scan, entries, entries_max, &count);
            has_secrets = true;
        } else if (strcmp(member, "next") == 0) {
            next = read_text_or_word(&scan, &ignored);
            has_next = true;
        } else {
            skip_value(&scan, 0);
        }
    }
    (void)take(&scan, '\0'); /* over blanks at the end, to the NUL */
    if (scan.bad || !has_secrets || !has_next || scan.at != page->data + page->length + 1) {
        return -EPROTO;
    }
    *ret_count = count;
    *ret_next = next.data;
    return 0;
}
