#include "fold.h"

#include <stdbool.h>
#include <string.h>

#define INDENT "  "

/* How many bytes from `text` on must stay in one row. */
static size_t piece_length(const char *text) {
    bool quoted = false;
    size_t at = 0;

    while (text[at] != '\0' && (quoted || text[at] != ' ')) {
        bool opens = at == 0 || text[at - 1] == '(' || text[at - 1] == ' ';

        if (text[at] == '\'' && (quoted || opens)) {
            quoted = !quoted;
        }
        at++;
    }
    return at;
}

static size_t width_of(const char *text, size_t length) {
    size_t width = 0;

    for (size_t i = 0; i < length; i++) {
        width += ((unsigned char)text[i] & 0xC0) != 0x80; /* not the rest of a character */
    }
    return width;
}

void fold_append(struct buffer *folded, const char *text, size_t columns) {
    size_t used = 0;

    while (*text != '\0') {
        size_t blanks = strspn(text, " ");
        size_t length = piece_length(text + blanks);
        size_t width = width_of(text + blanks, length);

        if (used > 0 && used + blanks + width > columns) {
            buffer_append_text(folded, "\n" INDENT);
            used = strlen(INDENT);
        } else {
            buffer_append(folded, text, blanks);
            used += blanks;
        }
        buffer_append(folded, text + blanks, length);
        used += width;
        text += blanks + length;
    }
}
