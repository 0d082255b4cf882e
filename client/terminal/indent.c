#include "terminal/indent.h"

#define STEP "  "

static void begin_line(const struct indent *indent, struct buffer *lines) {
    buffer_append_byte(lines, '\n');
    for (size_t at = 0; at < indent->depth; at++) {
        buffer_append_literal(lines, STEP);
    }
}

static void append_text_byte(struct indent *indent, char byte, struct buffer *lines) {
    buffer_append_byte(lines, byte);
    indent->is_in_text = byte != '"' || indent->is_escaped;
    indent->is_escaped = byte == '\\' && !indent->is_escaped;
}

static void close_bracket(struct indent *indent, char byte, struct buffer *lines) {
    indent->depth -= indent->depth > 0;
    if (!indent->is_opened) {
        begin_line(indent, lines);
    }
    indent->is_opened = false;
    buffer_append_byte(lines, byte);
}

/* A byte outside of texts. */
static void append_byte(struct indent *indent, char byte, struct buffer *lines) {
    if (byte == '}' || byte == ']') {
        close_bracket(indent, byte, lines);
        return;
    }
    if (indent->is_opened) {
        indent->is_opened = false;
        begin_line(indent, lines);
    }
    buffer_append_byte(lines, byte);
    switch (byte) {
    case '{':
    case '[':
        indent->depth += 1;
        indent->is_opened = true;
        break;
    case ',':
        begin_line(indent, lines);
        break;
    case ':':
        buffer_append_byte(lines, ' ');
        break;
    case '"':
        indent->is_in_text = true;
        break;
    default:
        break;
    }
}

void indent_append(struct indent *indent, struct span piece, struct buffer *lines) {
    for (size_t at = 0; at < piece.len; at++) {
        if (indent->is_in_text) {
            append_text_byte(indent, piece.data[at], lines);
        } else {
            append_byte(indent, piece.data[at], lines);
        }
    }
}
