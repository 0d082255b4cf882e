#include "model/path_name.h"

#include "common/name.h"

#define HEX_DIGITS "0123456789ABCDEF"
#define ESCAPE_BYTES 3

/* A name that is being written; it may turn out to be too long. */
struct draft {
    char *place;
    size_t len;
    bool is_too_long;
};

static void put(struct draft *draft, struct span text) {
    draft->is_too_long = draft->is_too_long || text.len > GK_NAME_MAX_BYTES - draft->len;
    if (!draft->is_too_long) {
        memcpy(draft->place + draft->len, text.data, text.len);
        draft->len += text.len;
    }
}

static void put_escaped(struct draft *draft, char byte) {
    unsigned char number = (unsigned char)byte;
    const char escape[ESCAPE_BYTES] = {'%', HEX_DIGITS[number >> 4], HEX_DIGITS[number & 0x0f]};

    put(draft, (struct span){escape, ESCAPE_BYTES});
}

static bool is_dots(struct span segment) {
    return span_is(segment, ".") || span_is(segment, "..");
}

/* With the first rule name_fault() refuses what a name cannot hold. */
static bool is_kept_as_it_is(enum path_rule rule, char byte) {
    return rule == PATH_SLASHES_AND_DOTS ||
           (byte != '%' && name_has_only_name_bytes((struct span){&byte, 1}));
}

static void put_segment(enum path_rule rule, struct draft *draft, struct span segment) {
    bool is_escaped = is_dots(segment);

    for (size_t at = 0; at < segment.len; at++) {
        if (is_escaped || !is_kept_as_it_is(rule, segment.data[at])) {
            put_escaped(draft, segment.data[at]);
        } else {
            put(draft, (struct span){segment.data + at, 1});
        }
    }
}

/* How many bytes from `at` on are all slashes, or all none. */
static size_t run_length(struct span text, size_t at, bool of_slashes) {
    size_t end = at;

    while (end < text.len && (text.data[end] == '/') == of_slashes) {
        end += 1;
    }
    return end - at;
}

const char *path_name(enum path_rule rule, struct span path, char place[GK_NAME_MAX_BYTES],
        struct span *ret_name) {
    struct draft draft = {.place = place};
    struct span name;
    const char *fault;
    size_t at = 0;

    while (at < path.len && !draft.is_too_long) {
        size_t slashes = run_length(path, at, true);
        size_t others = run_length(path, at + slashes, false);
        bool is_separator = slashes == 1 && at > 0 && others > 0;

        for (size_t i = 0; i < slashes && !is_separator; i++) {
            put_escaped(&draft, '/');
        }
        if (is_separator) {
            put(&draft, SPAN_LITERAL("/"));
        }
        put_segment(rule, &draft, (struct span){path.data + at + slashes, others});
        at += slashes + others;
    }
    if (draft.is_too_long) {
        return "is longer than 255 bytes once it is written as a name of GhostKey's";
    }
    name = (struct span){place, draft.len};
    fault = name_fault(name);
    if (fault != NULL) {
        return fault;
    }
    *ret_name = name;
    return NULL;
}

static int hex_digit(char c) {
    const char *found = c == '\0' ? NULL : strchr(HEX_DIGITS, c);

    return found == NULL ? -1 : (int)(found - HEX_DIGITS);
}

/* Whether text begins with an escape that the rule may have made. */
static bool take_escape(enum path_rule rule, struct span text, char *ret_byte) {
    int high = text.len >= ESCAPE_BYTES && text.data[0] == '%' ? hex_digit(text.data[1]) : -1;
    int low = high >= 0 ? hex_digit(text.data[2]) : -1;
    char byte = (char)(high * 16 + low);

    if (low < 0 || (rule == PATH_SLASHES_AND_DOTS && byte != '/' && byte != '.')) {
        return false;
    }
    *ret_byte = byte;
    return true;
}

static struct span unescape(enum path_rule rule, struct span name, char place[GK_NAME_MAX_BYTES]) {
    size_t len = 0;

    for (size_t at = 0; at < name.len; len++) {
        struct span rest = {name.data + at, name.len - at};

        if (take_escape(rule, rest, &place[len])) {
            at += ESCAPE_BYTES;
        } else {
            place[len] = name.data[at++];
        }
    }
    return (struct span){place, len};
}

bool path_of_name(enum path_rule rule, struct span name, char place[GK_NAME_MAX_BYTES],
        struct span *ret_path) {
    char again_place[GK_NAME_MAX_BYTES];
    struct span again;
    struct span path;

    if (memchr(name.data, '%', name.len) == NULL) {
        memcpy(place, name.data, name.len);
        *ret_path = (struct span){place, name.len};
        return true;
    }
    path = unescape(rule, name, place);
    if (path_name(rule, path, again_place, &again) != NULL || !span_equals(again, name)) {
        if (rule == PATH_ALL_BYTES) {
            return false;
        }
        memcpy(place, name.data, name.len);
        path = (struct span){place, name.len};
    }
    *ret_path = path;
    return true;
}

size_t path_env_name(struct span path, char place[GK_NAME_MAX_BYTES + 1]) {
    char folded[GK_NAME_MAX_BYTES];
    size_t len = 0;

    for (size_t at = run_length(path, 0, true); at < path.len; at++) {
        bool is_repeated = path.data[at] == '/' && path.data[at - 1] == '/';

        if (!is_repeated) {
            folded[len++] = path.data[at];
        }
    }
    return env_name_default((struct span){folded, len}, place);
}
