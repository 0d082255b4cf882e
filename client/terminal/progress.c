#include "terminal/progress.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define SILENT_MS 300
#define STEP_MS 100
#define LINE_BYTES 80

static struct {
    int64_t next_ms; /* when the line is written again; 0: not begun */
    bool shown;
} progress;

static int64_t now_ms(void) {
    struct timespec now = {0};

    (void)clock_gettime(CLOCK_MONOTONIC, &now); /* this clock is always there */
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void write_line(const char *line, int length) {
    (void)!write(STDERR_FILENO, line, (size_t)length); /* only a nicety */
}

void progress_show(const char *doing, size_t done, size_t total) {
    char line[LINE_BYTES];
    int length;

    if (progress.next_ms == 0) {
        progress.next_ms = isatty(STDERR_FILENO) == 1 ? now_ms() + SILENT_MS : INT64_MAX;
    }
    if (progress.next_ms == INT64_MAX || now_ms() < progress.next_ms) {
        return;
    }
    length = total > 0 ? snprintf(line, sizeof(line), "\r%s %zu of %zu\033[K", doing, done, total)
                       : snprintf(line, sizeof(line), "\r%s %zu\033[K", doing, done);
    if (length > 0 && length < LINE_BYTES) {
        write_line(line, length);
        progress.shown = true;
    }
    progress.next_ms = now_ms() + STEP_MS;
}

void progress_clear(void) {
    static const char clear[] = "\r\033[K";

    if (progress.shown) {
        write_line(clear, sizeof(clear) - 1);
    }
    progress.shown = false;
    progress.next_ms = 0;
}
