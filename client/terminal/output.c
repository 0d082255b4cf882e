#include "terminal/output.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <ghostkey/error.h>

#include "common/buffer.h"
#include "terminal/escape.h"
#include "terminal/fold.h"

#define OUTPUT_PIECE_BYTES (64 * 1024)

/* The one standard output of the process. */
static struct {
    struct buffer pending;
    int error; /* the errno that ended it; 0 while it works */
} output;

bool output_is_terminal(void) {
    return isatty(STDOUT_FILENO) == 1;
}

/* 0: `fd` is no terminal, or its width is not known. */
static size_t columns_of(int fd) {
    struct winsize size;

    return ioctl(fd, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

size_t output_columns(void) {
    return columns_of(STDOUT_FILENO);
}

bool output_is_coloured(void) {
    const char *no_color = getenv("NO_COLOR");

    return output_is_terminal() && (no_color == NULL || no_color[0] == '\0');
}

static void flush_pending(void) {
    const char *data = output.pending.data;
    size_t left = output.pending.len;

    while (left > 0 && output.error == 0) {
        ssize_t written = write(STDOUT_FILENO, data, left);

        if (written >= 0) {
            data += written;
            left -= (size_t)written;
        } else if (errno != EINTR) {
            output.error = errno;
        }
    }
    buffer_clear(&output.pending);
}

void output_data(const void *bytes, size_t len) {
    buffer_append(&output.pending, bytes, len);
    if (output.pending.len >= OUTPUT_PIECE_BYTES) {
        flush_pending();
    }
}

void output_text(const char *format, ...) {
    BUFFER_AUTO struct buffer text = BUFFER_NULL;
    va_list arguments;

    va_start(arguments, format);
    buffer_vprintf(&text, format, arguments);
    va_end(arguments);
    output_data(buffer_string(&text), text.len);
}

void output_shown(const char *format, ...) {
    BUFFER_AUTO struct buffer text = BUFFER_NULL;
    BUFFER_AUTO struct buffer line = BUFFER_NULL;
    va_list arguments;

    va_start(arguments, format);
    buffer_vprintf(&text, format, arguments);
    va_end(arguments);
    escape_append(&line, buffer_string(&text), text.len);
    buffer_append_byte(&line, '\n');
    output_data(line.data, line.len);
}

void output_json(const char *document, size_t len) {
    BUFFER_AUTO struct buffer shown = BUFFER_NULL;

    if (!output_is_terminal()) {
        output_data(document, len);
        return;
    }
    escape_append_json(&shown, document, len);
    output_data(shown.data, shown.len);
}

void output_json_line(const char *document, size_t len) {
    output_json(document, len);
    output_data("\n", 1);
}

bool output_flush(void) {
    flush_pending();
    return output.error == 0;
}

int output_finish(int status) {
    int error;

    flush_pending();
    buffer_deinit(&output.pending);
    error = output.error;
    output.error = 0;
    if (error == 0 || error == EPIPE) {
        return status;
    }
    output_error("cannot write to standard output: %s", strerror(error));
    return status == GK_EXIT_DONE ? GK_EXIT_FAILED : status;
}

void output_message(const char *before, const char *format, ...) {
    size_t columns = columns_of(STDERR_FILENO);
    BUFFER_AUTO struct buffer line = BUFFER_NULL;
    BUFFER_AUTO struct buffer folded = BUFFER_NULL;
    BUFFER_AUTO struct buffer text = BUFFER_NULL;
    va_list arguments;

    va_start(arguments, format);
    buffer_vprintf(&text, format, arguments);
    va_end(arguments);
    buffer_append_text(&line, before);
    escape_append_text(&line, buffer_string(&text));
    fold_append(&folded, buffer_string(&line), columns > 0 ? columns : SIZE_MAX);
    buffer_append_byte(&folded, '\n');
    /* If standard error cannot be written, there is no other place for a message. */
    (void)!write(STDERR_FILENO, folded.data, folded.len);
}

bool output_takes_notes(void) {
    return isatty(STDERR_FILENO) == 1;
}
