#include "terminal/fold.h"

#include <ctype.h>
#include <locale.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <wchar.h>

#define INDENT 2

/* The length of a word, or of words in quotes. */
static size_t word_len(const char *text) {
    bool quoted = false;
    size_t at = 0;

    while (text[at] != '\0' && (quoted || text[at] != ' ')) {
        bool opens = (at == 0 || text[at - 1] == '(' || text[at - 1] == ' ') &&
                     strchr(" ),", text[at + 1]) == NULL; /* else it is an apostrophe */

        if (text[at] == '\'' && (quoted || opens)) {
            quoted = !quoted;
        }
        at++;
    }
    return at;
}

/* How many bytes from `text` on must stay in one row: an option keeps the word behind it. */
static size_t piece_len(const char *text) {
    size_t len = word_len(text);
    bool is_option =
            len > 2 && strncmp(text, "--", 2) == 0 && isalnum((unsigned char)text[len - 1]);

    return is_option && text[len] == ' ' ? len + 1 + word_len(text + len + 1) : len;
}

/*
 * How many columns the text takes: some characters take two, some none. The C library knows, in the
 * locale that the caller has set; a character that it does not know counts as one.
 */
static size_t width_of(const char *text, size_t len) {
    size_t width = 0;
    size_t at = 0;

    while (at < len) {
        wchar_t character;
        mbstate_t state = {0};
        size_t bytes = mbrtowc(&character, text + at, len - at, &state);
        int columns = bytes > 0 && bytes <= len - at ? wcwidth(character) : -1;

        if (columns >= 0) {
            width += (size_t)columns;
            at += bytes;
        } else {
            width += ((unsigned char)text[at] & 0xC0) != 0x80; /* counts the first byte only */
            at++;
        }
    }
    return width;
}

static void fold(struct buffer *folded, const char *text, size_t columns, size_t indent) {
    size_t used = 0;

    while (*text != '\0') {
        size_t blanks = strspn(text, " ");
        size_t len = piece_len(text + blanks);
        size_t width = width_of(text + blanks, len);

        if (used > 0 && used + blanks + width > columns) {
            buffer_printf(folded, "\n%*s", (int)indent, "");
            used = indent;
        } else {
            buffer_append(folded, text, blanks);
            used += blanks;
        }
        buffer_append(folded, text + blanks, len);
        used += width;
        text += blanks + len;
    }
}

void fold_append(struct buffer *folded, const char *text, size_t columns) {
    fold_append_indented(folded, text, columns, INDENT);
}

void fold_append_indented(struct buffer *folded, const char *text, size_t columns, size_t indent) {
    locale_t utf8, before;

    if (columns == SIZE_MAX) {
        buffer_append_text(folded, text);
        return;
    }
    utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    before = utf8 != (locale_t)0 ? uselocale(utf8) : (locale_t)0;
    fold(folded, text, columns, indent);
    if (utf8 != (locale_t)0) {
        (void)uselocale(before); /* which is valid */
        freelocale(utf8);
    }
}
