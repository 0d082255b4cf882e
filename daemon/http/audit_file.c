#include "http/audit_file.h"

#include "broker/broker.h"
#include "common/cleanup.h"
#include "http/metrics.h"
#include "process/log.h"
#include "process/new_file.h"
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define PIECE_EVENTS 512    /* written at once */
#define TAIL_MAX_BYTES 4096 /* no line is longer */

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

int audit_file_open(struct audit_file *file, const char *path, const struct event_form *form,
        struct problem *problem) {
    mode_t mode;
    int error;

    *file = (struct audit_file){.fd = -1, .path = path, .form = form};
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
    const struct event_form *form;
    struct buffer text;
    uint64_t seq; /* 0: no event yet */
};

static void lines_deinit(struct lines *lines) {
    buffer_deinit(&lines->text);
}

#define LINES_AUTO GK_CLEANUP(lines_deinit)

static void append_line(void *userdata, const struct event *event) {
    struct lines *lines = userdata;

    lines->form->write(&lines->text, event);
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

static void count_lost(struct audit_file *file, uint64_t last, int error, struct metrics *metrics) {
    uint64_t counted = file->failed_seq > file->seq ? file->failed_seq : file->seq;

    metrics->lost_lines += last - counted;
    file->failed_seq = last;
    if (!file->has_said) {
        file->has_said = true;
        (void)log_error(error, "cannot write events to %s; ghostkey_log_lost_total counts them",
                file->path);
    }
}

void audit_file_write(struct audit_file *file, struct broker *broker, struct metrics *metrics) {
    uint64_t last = broker_counters(broker)->last_event;

    while (file->fd >= 0 && file->seq < last) {
        LINES_AUTO struct lines lines = {.form = file->form};
        int error = broker_held_events(broker, file->seq, PIECE_EVENTS, append_line, &lines);

        if (error != 0 || lines.seq == 0) {
            return; /* the store has logged why */
        }
        error = buffer_finish(&lines.text) != 0 ? ENOMEM : append(file, buffer_span(&lines.text));
        if (error != 0) {
            count_lost(file, last, error, metrics);
            return;
        }
        file->seq = lines.seq;
    }
}

/* Makes the line of the first event past `after` that the state has; empty: there is none. */
static void make_next_line(struct broker *broker, uint64_t after, struct lines *lines) {
    if (broker_held_events(broker, after, 1, append_line, lines) != 0 ||
            buffer_finish(&lines->text) != 0) {
        buffer_deinit(&lines->text);
        lines->seq = 0;
    }
}

/* The seq of the event whose line this is, without its newline; 0: the state does not have it. */
static uint64_t find_line(const struct audit_file *file, struct broker *broker, struct span line) {
    LINES_AUTO struct lines found = {.form = file->form};
    uint64_t seq = 0;

    if (!span_starts_with(line, file->form->start)) {
        return 0;
    }
    for (size_t at = file->form->start.len;
            at < line.len && line.data[at] >= '0' && line.data[at] <= '9'; at++) {
        seq = seq * 10 + (uint64_t)(line.data[at] - '0');
    }
    make_next_line(broker, seq - 1, &found); /* where the number is wrong, the line differs */
    return found.text.len == line.len + 1 && memcmp(found.text.data, line.data, line.len) == 0
                   ? found.seq
                   : 0;
}

/* Whether the text is the beginning of a line of ours, and no more. */
static bool is_beginning(const struct event_form *form, struct span text) {
    size_t len = text.len < form->start.len ? text.len : form->start.len;

    return text.len < TAIL_MAX_BYTES && memcmp(text.data, form->start.data, len) == 0 &&
           text.data[text.len - 1] != form->end;
}

/*
 * Ends the last line, which has no newline. A crash may have cut it short: the rest is appended if
 * it is the next event's, else the beginning is taken back. Anything else stays, and ends here.
 * file->seq is the event of the line before it.
 */
static void end_last_line(
        struct audit_file *file, struct broker *broker, struct span torn, off_t end) {
    LINES_AUTO struct lines next = {.form = file->form};
    struct span rest = SPAN_LITERAL("\n");
    uint64_t seq = find_line(file, broker, torn);
    int error;

    make_next_line(broker, file->seq, &next);
    if (seq != 0) {
        file->seq = seq; /* it lacks its newline alone */
    } else if (next.text.len > torn.len && memcmp(next.text.data, torn.data, torn.len) == 0) {
        rest = (struct span){next.text.data + torn.len, next.text.len - torn.len};
        file->seq = next.seq;
    } else if (is_beginning(file->form, torn) && ftruncate(file->fd, end - (off_t)torn.len) == 0) {
        log_warning("--audit-log: the last line of %s was cut short and belongs to no event that "
                    "there is; it was removed",
                file->path);
        return;
    }
    error = append(file, rest);
    if (error != 0) {
        log_error(error, "cannot end the last line of %s", file->path);
    }
}

/* Where the line begins that ends before text.data[end]. */
static size_t line_start(struct span text, size_t end) {
    while (end > 0 && text.data[end - 1] != '\n') {
        end -= 1;
    }
    return end;
}

void audit_file_begin(struct audit_file *file, struct broker *broker) {
    char place[TAIL_MAX_BYTES];
    off_t end = file->fd < 0 ? 0 : lseek(file->fd, 0, SEEK_END);
    struct span tail = {place, end < (off_t)sizeof(place) ? (size_t)end : sizeof(place)};
    size_t torn_at;

    if (end <= 0) {
        return;
    }
    if (pread(file->fd, place, tail.len, end - (off_t)tail.len) != (ssize_t)tail.len) {
        log_error(errno, "cannot read the end of %s; all events that there are follow it",
                file->path);
        return;
    }
    torn_at = line_start(tail, tail.len);
    if (torn_at > 0) {
        size_t at = line_start(tail, torn_at - 1);

        file->seq = find_line(file, broker, (struct span){place + at, torn_at - 1 - at});
    }
    if (torn_at < tail.len) {
        end_last_line(file, broker, (struct span){place + torn_at, tail.len - torn_at}, end);
    }
}
