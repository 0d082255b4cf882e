#include "process/log.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include "process/output.h"

#define LINE_MAX_BYTES 1024

static bool to_journal;
static enum log_what logged = LOG_EVENTS;
static struct output output = {.fd = STDERR_FILENO};

void log_setup(void) {
    const char *stream = getenv("JOURNAL_STREAM");
    uintmax_t device = 0;
    uintmax_t inode = 0;
    struct stat stat;

    output_deinit(&output, STDERR_FILENO);
    output_init(&output, STDERR_FILENO);
    /* A child of a service inherits the variable, but may have another stderr. */
    to_journal = stream != NULL && sscanf(stream, "%ju:%ju", &device, &inode) == 2 &&
                 fstat(STDERR_FILENO, &stat) == 0 && stat.st_dev == device && stat.st_ino == inode;
}

/* Shows control characters as '?': a line break would look like a second entry of the log. */
static void make_printable(char *text) {
    for (; *text != '\0'; text++) {
        unsigned char byte = (unsigned char)text[0];
        unsigned char next = (unsigned char)text[1];

        if (byte < 0x20 || byte == 0x7f) {
            *text = '?';
        } else if (byte == 0xc2 && next >= 0x80 && next <= 0x9f) {
            text[0] = text[1] = '?'; /* U+0080 to U+009F: terminals obey these as well */
        }
    }
}

__attribute__((format(printf, 3, 0))) static void write_line(
        int level, int error, const char *format, va_list arguments) {
    char text[LINE_MAX_BYTES];
    char line[LINE_MAX_BYTES + 256];
    int len;

    if (vsnprintf(text, sizeof(text), format, arguments) < 0) {
        return;
    }
    make_printable(text);
    len = to_journal ? snprintf(line, sizeof(line), "<%d>%s", level, text)
                     : snprintf(line, sizeof(line), "ghostkeyd: %s", text);
    if (error != 0) {
        len += snprintf(line + len, sizeof(line) - (size_t)len, ": %s", strerror(abs(error)));
    }
    line[len] = '\n';
    /* one write, so that lines of several processes do not mix; failure: see log.h */
    (void)output_write(&output, (struct span){line, (size_t)len + 1});
}

int log_error(int error, const char *format, ...) {
    int saved = errno;
    va_list arguments;

    va_start(arguments, format);
    write_line(LOG_ERR, error, format, arguments);
    va_end(arguments);
    errno = saved;
    return -abs(error);
}

void log_warning(const char *format, ...) {
    int saved = errno;
    va_list arguments;

    va_start(arguments, format);
    write_line(LOG_WARNING, 0, format, arguments);
    va_end(arguments);
    errno = saved;
}

void log_info(const char *format, ...) {
    int saved = errno;
    va_list arguments;

    va_start(arguments, format);
    write_line(LOG_INFO, 0, format, arguments);
    va_end(arguments);
    errno = saved;
}

void log_set_what(enum log_what what) {
    logged = what;
}

bool log_has(enum log_what what) {
    return logged >= what;
}

bool log_is_journal(void) {
    return to_journal;
}

int log_lines(struct span lines) {
    return output_write(&output, lines);
}
