#include "terminal/progress.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include "monotonic.h"

#define SILENT_MS 300
#define STEP_MS 100
#define LINE_BYTES 80

static struct {
    int64_t next_ms; /* when the line is written again; 0: the work has not begun */
    bool shown;
} progress;

static void write_line(const char *line, int len) {
    (void)!write(STDERR_FILENO, line, (size_t)len); /* the work goes on without the line */
}

void progress_show(const char *doing, size_t done, size_t total) {
    char line[LINE_BYTES];
    int len;

    if (progress.next_ms == 0) {
        progress.next_ms = isatty(STDERR_FILENO) == 1 ? monotonic_ms() + SILENT_MS : INT64_MAX;
    }
    if (progress.next_ms == INT64_MAX || monotonic_ms() < progress.next_ms) {
        return;
    }
    len = total > 0 ? snprintf(line, sizeof(line), "\r%s %zu of %zu\033[K", doing, done, total)
                    : snprintf(line, sizeof(line), "\r%s %zu\033[K", doing, done);
    if (len > 0 && len < LINE_BYTES) {
        write_line(line, len);
        progress.shown = true;
    }
    progress.next_ms = monotonic_ms() + STEP_MS;
}

void progress_clear(void) {
    static const char clear[] = "\r\033[K";

    if (progress.shown) {
        write_line(clear, sizeof(clear) - 1);
    }
    progress.shown = false;
    progress.next_ms = 0;
}
