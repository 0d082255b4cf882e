#include "http/audit.h"

#include "ghostkey/cleanup.h"
#include "http/reply.h"
#include "journal.h"
#include "log.h"
#include "new_file.h"
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define LOG_LINES_MAX 1000           /* at a time: a clock that is moved far brings many more */
#define FILE_PIECE_BYTES (64 * 1024) /* written at once */
#define NUMBER_MAX_BYTES 24
#define MESSAGE_MAX_BYTES 512

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
static int open_log(
        const char *path, int flags, int *ret_fd, mode_t *ret_mode, struct problem *problem) {
    GK_AUTO_CLOSE int fd =
            open(path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | flags, 0600);
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

int audit_check(const char *path, struct problem *problem) {
    GK_AUTO_CLOSE int fd = -1;
    mode_t mode;
    int error = path == NULL ? 0 : open_log(path, 0, &fd, &mode, problem);

    if (error != -ENOENT) {
        return error;
    }
    error = new_file_check(path);
    return error == 0 ? 0 : refuse(problem, "cannot open %s: %s", path, strerror(-error));
}

int audit_init(struct audit *audit, const char *path, uint64_t seq, struct problem *problem) {
    mode_t mode;
    int error;

    *audit = (struct audit){.fd = -1, .path = path, .seq = seq};
    if (path == NULL) {
        return 0;
    }
    error = open_log(path, O_CREAT, &audit->fd, &mode, problem);
    if (error == 0 && (mode & 0077) != 0) {
        log_warning("--audit-log: others can read or write %s (chmod 600 mends that)", path);
    }
    return error;
}

void audit_deinit(struct audit *audit) {
    audit->fd = gk_close(audit->fd);
}

/* One round of telling. */
struct round {
    struct audit *audit;
    struct metrics *metrics;
    struct buffer line;
    struct buffer piece; /* lines for the file */
    size_t piece_lines;
    struct buffer said; /* lines for stderr: a write for each would cost more than its change */
    size_t said_lines;
    size_t logged;
    size_t left_out;
};

static void lose(struct round *round, size_t lines, int error, bool *said, const char *what) {
    round->metrics->lost_lines += lines;
    if (!*said) {
        *said = true;
        (void)log_error(
                error, "cannot write events to %s; what is lost is counted in /metrics", what);
    }
}

/* All of the piece or nothing of it: half a line would spoil the next one. */
static void write_piece(struct round *round) {
    struct audit *audit = round->audit;
    struct buffer *piece = &round->piece;
    off_t end = lseek(audit->fd, 0, SEEK_END);
    ssize_t written;

    if (piece->len == 0) {
        return;
    }
    written = write(audit->fd, piece->data, piece->len);
    if (written != (ssize_t)piece->len) {
        int error = written < 0 ? errno : ENOSPC;

        if (end < 0 || (written > 0 && ftruncate(audit->fd, end) != 0)) {
            error = errno;
        }
        lose(round, round->piece_lines, error, &audit->said_file, audit->path);
    }
    buffer_clear(piece);
    round->piece_lines = 0;
}

static void tell_file(struct round *round, struct span line) {
    buffer_append_span(&round->piece, line);
    buffer_append_byte(&round->piece, '\n');
    round->piece_lines += 1;
    if (round->piece.len >= FILE_PIECE_BYTES) {
        write_piece(round);
    }
}

/* What goes out at once is no more than a pipe takes without waiting, once it takes anything. */
static void write_said(struct round *round) {
    int error = round->said.len > 0 ? log_lines(buffer_span(&round->said)) : 0;

    if (error != 0) {
        lose(round, round->said_lines, error, &round->audit->said_log, "the log");
    }
    buffer_clear(&round->said);
    round->said_lines = 0;
}

static void tell_stderr(struct round *round, struct span line) {
    if (round->said.len + line.len + 1 > PIPE_BUF) {
        write_said(round);
    }
    buffer_append_span(&round->said, line);
    buffer_append_byte(&round->said, '\n');
    round->said_lines += 1;
}

static struct span print_number(char place[NUMBER_MAX_BYTES], uint64_t number) {
    int len = snprintf(place, NUMBER_MAX_BYTES, "%llu", (unsigned long long)number);

    return (struct span){place, (size_t)len};
}

static void tell_journal(struct round *round, const struct event *event) {
    const char *kind = event_kind_text(event->kind);
    const char *cause = cause_text(event->cause);
    char at[INSTANT_TEXT_BYTES];
    char seq[NUMBER_MAX_BYTES];
    char version[NUMBER_MAX_BYTES];
    char message[MESSAGE_MAX_BYTES];
    struct journal_field fields[] = {
            {"PRIORITY", SPAN_LITERAL("6")},
            {"SYSLOG_IDENTIFIER", SPAN_LITERAL("ghostkeyd")},
            {"GHOSTKEY_SEQ", print_number(seq, event->seq)},
            {"GHOSTKEY_AT", {at, sizeof(at)}},
            {"GHOSTKEY_EVENT", span_of(kind)},
            {"GHOSTKEY_NAME", event->name},
            {"GHOSTKEY_VERSION", print_number(version, event->version)},
            {"GHOSTKEY_CAUSE", span_of(cause)},
            {"MESSAGE", {message, 0}},
            {"GHOSTKEY_REASON", event->reason},
    };
    size_t count = sizeof(fields) / sizeof(fields[0]) - (event->reason.len == 0);
    int len = snprintf(message, sizeof(message), "%s %.*s, version %s (%s)", kind,
            SPAN_ARGS(event->name), version, cause);
    int error;

    instant_format(event->at, at);
    fields[8].value.len = (size_t)len;
    error = journal_send(fields, count);
    if (error != 0) {
        lose(round, 1, error, &round->audit->said_log, "the log");
    }
}

static void on_event(void *userdata, const struct event *event) {
    struct round *round = userdata;
    uint64_t missed = event->seq - round->audit->seq - 1;
    struct span line;

    if (missed > 0) { /* so many came at once that the store kept only the newest */
        lose(round, missed, 0, &round->audit->said_missed, "the log");
    }
    buffer_clear(&round->line);
    reply_event(&round->line, event);
    line = buffer_span(&round->line);
    round->audit->seq = event->seq;
    if (round->audit->fd >= 0) {
        tell_file(round, line);
    }
    if (round->logged == LOG_LINES_MAX) {
        round->left_out += 1;
        return;
    }
    round->logged += 1;
    if (log_is_journal()) {
        tell_journal(round, event);
    } else {
        tell_stderr(round, line);
    }
}

void audit_publish(struct audit *audit, struct broker *broker, struct metrics *metrics) {
    struct round round = {.audit = audit, .metrics = metrics};
    uint64_t last = broker_counters(broker)->last_event;

    if (last == audit->seq) {
        return;
    }
    (void)broker_events(broker, audit->seq, SIZE_MAX, on_event, &round); /* it logs what fails */
    if (audit->fd >= 0) {
        write_piece(&round);
    }
    write_said(&round);
    if (round.left_out > 0) {
        log_info("%zu more events; GET /v1/events has the newest %d", round.left_out,
                GK_EVENTS_KEPT);
    }
    buffer_deinit(&round.line);
    buffer_deinit(&round.piece);
    buffer_deinit(&round.said);
    audit->seq = last;
}
