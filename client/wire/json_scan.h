/*
 * JSON read where it stands, from left to right, with escapes undone in their place: no tree and no
 * memory. Numbers and unknown words are not looked at closely: this is for what the daemon says.
 * The text must be followed by a NUL, which is part of no JSON.
 */
#ifndef GHOSTCTL_JSON_SCAN_H
#define GHOSTCTL_JSON_SCAN_H

#include <stdbool.h>
#include <stddef.h>

/* Where the reading stands, and whether it met what is no JSON: then nothing that it says counts.
 */
struct json_scan {
    char *at;
    bool bad;
};

enum json_scan_kind {
    JSON_SCAN_NONE = 0, /* nothing was read */
    JSON_SCAN_TEXT,
    JSON_SCAN_NUMBER,
    JSON_SCAN_TRUE,
    JSON_SCAN_FALSE,
    JSON_SCAN_NULL,
};

struct json_scalar {
    enum json_scan_kind kind;
    char *data; /* of text, else NULL; followed by a NUL that `length` does not count */
    size_t length;
};

/* Passes over blanks, and over that byte if it comes next; whether it did. */
bool json_scan_take(struct json_scan *scan, char byte);

/* The same, but anything else is bad. */
void json_scan_expect(struct json_scan *scan, char byte);

/* Anything but an object or an array, which are bad. */
struct json_scalar json_scan_scalar(struct json_scan *scan);

/* Passes over any value; one that is nested too deep is bad. */
void json_scan_skip(struct json_scan *scan);

/* In an object: the next member's name, or NULL behind the last. `first`: none was read yet. */
const char *json_scan_member(struct json_scan *scan, bool first);

#endif
