#include "wire/json_scan.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 64

bool json_scan_take(struct json_scan *scan, char byte) {
    while (*scan->at == ' ' || *scan->at == '\n' || *scan->at == '\r' || *scan->at == '\t') {
        scan->at++;
    }
    if (*scan->at != byte || scan->bad) {
        return false;
    }
    scan->at++;
    return true;
}

void json_scan_expect(struct json_scan *scan, char byte) {
    scan->bad = !json_scan_take(scan, byte) || scan->bad;
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
static char *undo_escape(struct json_scan *scan, char *to) {
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
static struct json_scalar read_text(struct json_scan *scan) {
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
        return (struct json_scalar){0};
    }
    scan->at++;
    *to = '\0';
    return (struct json_scalar){JSON_SCAN_TEXT, start, (size_t)(to - start)};
}

static enum json_scan_kind read_word(struct json_scan *scan) {
    static const struct {
        const char *word;
        enum json_scan_kind kind;
    } words[] = {
            {"true", JSON_SCAN_TRUE},
            {"false", JSON_SCAN_FALSE},
            {"null", JSON_SCAN_NULL},
    };
    const char *start = scan->at;
    size_t length = strspn(start, "+-.0123456789Eabcdefghijklmnopqrstuvwxyz");

    scan->bad = scan->bad || length == 0;
    scan->at += length;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (length == strlen(words[i].word) && memcmp(start, words[i].word, length) == 0) {
            return words[i].kind;
        }
    }
    return JSON_SCAN_NUMBER;
}

static void skip_nested(struct json_scan *scan, int depth);

/* The members or elements up to `close`; what opens them has been taken. */
static void skip_all(struct json_scan *scan, char close, int depth) {
    if (json_scan_take(scan, close)) {
        return;
    }
    do {
        if (close == '}') {
            json_scan_expect(scan, '"');
            (void)read_text(scan);
            json_scan_expect(scan, ':');
        }
        skip_nested(scan, depth + 1);
    } while (json_scan_take(scan, ','));
    json_scan_expect(scan, close);
}

static void skip_nested(struct json_scan *scan, int depth) {
    if (depth > DEPTH_MAX) {
        scan->bad = true;
    } else if (json_scan_take(scan, '"')) {
        (void)read_text(scan);
    } else if (json_scan_take(scan, '{')) {
        skip_all(scan, '}', depth);
    } else if (json_scan_take(scan, '[')) {
        skip_all(scan, ']', depth);
    } else if (!scan->bad) {
        (void)read_word(scan);
    }
}

void json_scan_skip(struct json_scan *scan) {
    skip_nested(scan, 0);
}

struct json_scalar json_scan_scalar(struct json_scan *scan) {
    if (json_scan_take(scan, '"')) {
        return read_text(scan);
    }
    return (struct json_scalar){.kind = read_word(scan)};
}

const char *json_scan_member(struct json_scan *scan, bool first) {
    struct json_scalar name;

    if (!first && !json_scan_take(scan, ',')) {
        json_scan_expect(scan, '}');
        return NULL;
    }
    if (first && json_scan_take(scan, '}')) {
        return NULL;
    }
    json_scan_expect(scan, '"');
    name = read_text(scan);
    json_scan_expect(scan, ':');
    return scan->bad ? NULL : name.data;
}
