#include "http/audit_file.h"

#include "api/ghostkey/reply.h"
#include "common/cleanup.h"
#include "process/log.h"
#include "process/new_file.h"
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define PIECE_EVENTS 512    /* written at once */
#define TAIL_MAX_BYTES 4096 /* no line is longer */
#define LINE_START SPAN_LITERAL("{\"seq\":")

__attribute__((format(printf, 2, 3))) static int refuse(
        struct problem *problem, const char *format, ...) {
    char why[PROBLEM_MAX_BYTES];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(why, sizeof(why), format, arguments);
    va_end(arguments);
    return problem_set(problem, GK_E_BAD_REQUEST, "--audit-log: %s", why);
}

/* Opens the file; `flags` may have O_CREAT. -ENOENT: there is none, and none was to be made. */
static int open_file(
        const char *path, int flags, int *ret_fd, mode_t *ret_mode, struct problem *problem) {
    GK_AUTO_CLOSE int fd =
            open(path, O_RDWR | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | flags, 0600);
    struct stat stat;

    if (fd < 0 && errno == ENOENT && lstat(path, &stat) != 0 && (flags & O_CREAT) == 0) {
        return -ENOENT;
    }
    if (fd < 0 || fstat(fd, &stat) != 0) {
        return refuse(problem, "cannot open %s: %s", path, strerror(errno));
    }
    if (!S_ISREG(stat.st_mode)) {
        return refuse(problem, "%s is no regular file", path);
    }
    if (stat.st_uid != geteuid()) {
        return refuse(problem, "%s belongs to another user", path);
    }
    *ret_fd = gk_steal_fd(&fd);
    *ret_mode = stat.st_mode;
    return 0;
}

int audit_file_check(const char *path, struct problem *problem) {
    GK_AUTO_CLOSE int fd = -1;
    mode_t mode;
    int error = open_file(path, 0, &fd, &mode, problem);

    if (error != -ENOENT) {
        return error;
    }
    error = new_file_check(path);
    return error == 0 ? 0 : refuse(problem, "cannot open %s: %s", path, strerror(-error));
}

int audit_file_open(struct audit_file *file, const char *path, struct problem *problem) {
    mode_t mode;
    int error;

    *file = (struct audit_file){.fd = -1, .path = path};
    error = open_file(path, O_CREAT, &file->fd, &mode, problem);
    if (error == 0 && (mode & 0077) != 0) {
        log_warning("--audit-log: others can read or write %s (chmod 600 mends that)", path);
    }
    return error;
}

void audit_file_close(struct audit_file *file) {
    file->fd = gk_close(file->fd);
}

uint64_t audit_file_seq(const struct audit_file *file) {
    /* what could not be written is not held for it, or a full disk would fill the state, too */
    return file->fd < 0 || file->failed_seq > file->seq ? UINT64_MAX : file->seq;
}

/* Lines of events, each with its newline, and the seq of the last. */
struct lines {
    struct buffer text;
    uint64_t seq;
};

static void append_line(void *userdata, const struct event *event) {
    struct lines *lines = userdata;

    reply_event(&lines->text, event);
    buffer_append_byte(&lines->text, '\n');
    lines->seq = event->seq;
}

/* Appends text whole, or nothing of it. 0, or an errno. */
static int append(struct audit_file *file, struct span text) {
    off_t end = lseek(file->fd, 0, SEEK_END);
    ssize_t written = write(file->fd, text.data, text.len);
    int error = written < 0 ? errno : ENOSPC;

    if (written == (ssize_t)text.len) {
        return 0;
    }
    if (end < 0 || (written > 0 && ftruncate(file->fd, end) != 0)) {
        error = errno;
    }
    return error;
}

static void lose(struct audit_file *file, uint64_t last, int error, struct metrics *metrics) {
    uint64_t known = file->failed_seq > file->seq ? file->failed_seq : file->seq;

    metrics->lost_lines += last - known;
    file->failed_seq = last;
    if (!file->said) {
        file->said = true;
        (void)log_error(error, "cannot write events to %s; what is lost is counted in /metrics",
                file->path);
    }
}

void audit_file_write(struct audit_file *file, struct broker *broker, struct metrics *metrics) {
    uint64_t last = broker_counters(broker)->last_event;

    while (file->fd >= 0 && file->seq < last) {
        struct lines lines = {.text = BUFFER_NULL, .seq = file->seq};
        int error = broker_held_events(broker, file->seq, PIECE_EVENTS, append_line, &lines);

        if (error != 0 || lines.seq == file->seq) {
            buffer_deinit(&lines.text);
            return; /* the store has said why */
        }
        error = buffer_finish(&lines.text) != 0 ? ENOMEM : append(file, buffer_span(&lines.text));
        buffer_deinit(&lines.text);
        if (error != 0) {
            lose(file, last, error, metrics);
            return;
        }
        file->seq = lines.seq;
    }
}

/* The line of the first event past `after` that the state has; empty if there is none. */
static struct lines next_line(struct broker *broker, uint64_t after) {
    struct lines lines = {.text = BUFFER_NULL};

    if (broker_held_events(broker, after, 1, append_line, &lines) != 0 ||
            buffer_finish(&lines.text) != 0) {
        buffer_deinit(&lines.text);
        lines.seq = 0;
    }
    return lines;
}

/* The seq of the event whose line this is, without its newline; 0 if the state has it not. */
static uint64_t find_line(struct broker *broker, struct span line) {
    struct lines found;
    uint64_t seq = 0;

    if (!span_starts_with(line, LINE_START)) {
        return 0;
    }
    for (size_t at = LINE_START.len; at < line.len && line.data[at] >= '0' && line.data[at] <= '9';
            at++) {
        seq = seq * 10 + (uint64_t)(line.data[at] - '0');
    }
    found = next_line(broker, seq - 1); /* of a wrong number the line differs */
    if (found.text.len != line.len + 1 || memcmp(found.text.data, line.data, line.len) != 0) {
        found.seq = 0;
    }
    buffer_deinit(&found.text);
    return found.seq;
}

/* Whether it is the beginning of a line of ours, and no more. */
static bool is_half_a_line(struct span text) {
    size_t len = text.len < LINE_START.len ? text.len : LINE_START.len;

    return text.len < TAIL_MAX_BYTES && memcmp(text.data, LINE_START.data, len) == 0 &&
           text.data[text.len - 1] != '}';
}

/*
 * What stands behind the last newline. A crash may have cut a line short: the rest is appended if
 * the state has the event that comes next there, else the beginning is taken back. Anything else
 * stays, and ends here. file->seq is the event of the line before it.
 */
static void mend_end(struct audit_file *file, struct broker *broker, struct span torn, off_t end) {
    struct lines next = next_line(broker, file->seq);
    struct span rest = SPAN_LITERAL("\n");
    int error = 0;

    if (find_line(broker, torn) != 0) {
        file->seq = find_line(broker, torn); /* it lacks its newline alone */
    } else if (next.text.len > torn.len && memcmp(next.text.data, torn.data, torn.len) == 0) {
        rest = (struct span){next.text.data + torn.len, next.text.len - torn.len};
        file->seq = next.seq;
    } else if (is_half_a_line(torn) && ftruncate(file->fd, end - (off_t)torn.len) == 0) {
        log_warning("--audit-log: the last line of %s was half written and is of no event that "
                    "there is; it was taken back",
                file->path);
        rest = SPAN_NULL;
    }
    error = rest.len > 0 ? append(file, rest) : 0;
    if (error != 0) {
        log_error(error, "cannot end the last line of %s", file->path);
    }
    buffer_deinit(&next.text);
}

void audit_file_begin(struct audit_file *file, struct broker *broker) {
    char tail[TAIL_MAX_BYTES];
    off_t end = file->fd < 0 ? 0 : lseek(file->fd, 0, SEEK_END);
    size_t len = end < (off_t)sizeof(tail) ? (size_t)end : sizeof(tail);
    size_t line_end;
    size_t line_start;

    if (end <= 0) {
        return;
    }
    if (pread(file->fd, tail, len, end - (off_t)len) != (ssize_t)len) {
        log_error(errno, "cannot read the end of %s; it begins with all events that there are",
                file->path);
        return;
    }
    line_end = len;
    while (line_end > 0 && tail[line_end - 1] != '\n') {
        line_end -= 1;
    }
    line_start = line_end > 0 ? line_end - 1 : 0;
    while (line_start > 0 && tail[line_start - 1] != '\n') {
        line_start -= 1;
    }
    if (line_end > 0) {
        file->seq = find_line(broker, (struct span){tail + line_start, line_end - 1 - line_start});
    }
    if (line_end < len) {
        mend_end(file, broker, (struct span){tail + line_end, len - line_end}, end);
    }
}
