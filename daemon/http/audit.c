#include "http/audit.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "broker/broker.h"
#include "broker/events.h"
#include "broker/status.h"
#include "common/cleanup.h"
#include "ghostkey/protocol.h"
#include "http/metrics.h"
#include "process/journal.h"
#include "process/log.h"
#include "process/new_file.h"

#define PIECE_EVENTS 512    /* written to the file at once */
#define TAIL_MAX_BYTES 4096 /* no line is longer */
#define LOG_LINES_MAX 1000  /* in one turn: a clock that is moved far causes many more */
#define NUMBER_MAX_BYTES 24
#define MESSAGE_MAX_BYTES 512

static int refuse_open(const char *path, int error, struct problem *problem) {
    return problem_set(
            problem, GK_E_BAD_REQUEST, "--audit-log: cannot open %s: %s", path, strerror(error));
}

/* flags: O_CREAT or 0. -ENOENT: there is no file, and O_CREAT was not given. */
static int open_file(
        const char *path, int flags, int *ret_fd, mode_t *ret_mode, struct problem *problem) {
    GK_AUTO_CLOSE int fd =
            open(path, O_RDWR | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | flags, 0600);
    struct stat stat;

    if (fd < 0 && errno == ENOENT && lstat(path, &stat) != 0 && (flags & O_CREAT) == 0) {
        return -ENOENT;
    }
    if (fd < 0 || fstat(fd, &stat) != 0) {
        return refuse_open(path, errno, problem);
    }
    if (!S_ISREG(stat.st_mode)) {
        return problem_set(problem, GK_E_BAD_REQUEST, "--audit-log: %s is no regular file", path);
    }
    if (stat.st_uid != geteuid()) {
        return problem_set(
                problem, GK_E_BAD_REQUEST, "--audit-log: %s belongs to another user", path);
    }
    *ret_fd = gk_steal_fd(&fd);
    *ret_mode = stat.st_mode;
    return 0;
}

int audit_check(const char *path, struct problem *problem) {
    GK_AUTO_CLOSE int fd = -1;
    mode_t mode;
    int error = path != NULL ? open_file(path, 0, &fd, &mode, problem) : 0;

    if (error != -ENOENT) {
        return error;
    }
    error = new_file_check(path);
    return error == 0 ? 0 : refuse_open(path, -error, problem);
}

int audit_init(struct audit *audit, const char *path, const struct event_form *form, uint64_t seq,
        struct problem *problem) {
    mode_t mode = 0;
    int error;

    *audit = (struct audit){.fd = -1, .path = path, .form = form, .log_seq = seq};
    if (path == NULL) {
        return 0;
    }
    error = open_file(path, O_CREAT, &audit->fd, &mode, problem);
    if (error != 0) {
        return error;
    }
    if ((mode & 0077) != 0) {
        log_warning("--audit-log: others can read or write %s (chmod 600 mends that)", path);
    }
    return 0;
}

void audit_deinit(struct audit *audit) {
    audit->fd = gk_close(audit->fd);
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

/* Appends the whole text or nothing. 0 or an errno. */
static int append(struct audit *audit, struct span text) {
    off_t end = lseek(audit->fd, 0, SEEK_END);
    ssize_t written = write(audit->fd, text.data, text.len);
    int error = written < 0 ? errno : ENOSPC;

    if (written == (ssize_t)text.len) {
        return 0;
    }
    if (end < 0 || (written > 0 && ftruncate(audit->fd, end) != 0)) {
        error = errno;
    }
    return error;
}

static void count_lost_in_file(
        struct audit *audit, uint64_t last, int error, struct metrics *metrics) {
    uint64_t counted = audit->lost_seq > audit->file_seq ? audit->lost_seq : audit->file_seq;

    metrics->lost_lines += last - counted;
    audit->lost_seq = last;
    if (!audit->has_reported_file) {
        audit->has_reported_file = true;
        (void)log_error(error, "cannot write events to %s; ghostkey_log_lost_total counts them",
                audit->path);
    }
}

/* After a reset the events begin anew. */
static void follow_reset(struct audit *audit, const struct broker *broker) {
    if (audit->resets != broker_resets(broker)) {
        audit->resets = broker_resets(broker);
        audit->file_seq = 0;
        audit->lost_seq = 0;
        audit->log_seq = 0;
    }
}

void audit_keep(struct audit *audit, struct broker *broker, struct metrics *metrics) {
    uint64_t last = broker_counters(broker)->last_event;

    follow_reset(audit, broker);
    while (audit->fd >= 0 && audit->file_seq < last) {
        LINES_AUTO struct lines lines = {.form = audit->form};
        int error = broker_held_events(broker, audit->file_seq, PIECE_EVENTS, append_line, &lines);

        if (error != 0 || lines.seq == 0) {
            return; /* the store has logged why */
        }
        error = buffer_finish(&lines.text) != 0 ? ENOMEM : append(audit, buffer_span(&lines.text));
        if (error != 0) {
            count_lost_in_file(audit, last, error, metrics);
            return;
        }
        audit->file_seq = lines.seq;
    }
}

/* Writes the line of the first event after `after`; lines->seq is 0 if there is none. */
static void make_next_line(struct broker *broker, uint64_t after, struct lines *lines) {
    if (broker_held_events(broker, after, 1, append_line, lines) != 0 ||
            buffer_finish(&lines->text) != 0) {
        buffer_deinit(&lines->text);
        lines->seq = 0;
    }
}

/* The event of a line, which is given without its newline; 0: the state does not have it. */
static uint64_t find_line(const struct audit *audit, struct broker *broker, struct span line) {
    LINES_AUTO struct lines found = {.form = audit->form};
    uint64_t seq = 0;

    if (!span_starts_with(line, audit->form->start)) {
        return 0;
    }
    for (size_t at = audit->form->start.len;
            at < line.len && line.data[at] >= '0' && line.data[at] <= '9'; at++) {
        seq = seq * 10 + (uint64_t)(line.data[at] - '0');
    }
    make_next_line(broker, seq - 1, &found); /* a wrong number gives another line */
    return found.text.len == line.len + 1 && memcmp(found.text.data, line.data, line.len) == 0
                   ? found.seq
                   : 0;
}

/* Whether the text can be the beginning of an event's line, and is not a whole one. */
static bool is_beginning(const struct event_form *form, struct span text) {
    size_t len = text.len < form->start.len ? text.len : form->start.len;

    return text.len < TAIL_MAX_BYTES && memcmp(text.data, form->start.data, len) == 0 &&
           text.data[text.len - 1] != form->end;
}

/*
 * Ends the last line, which has no newline. If it is the beginning of the next event's line, a
 * crash has cut it short, and the rest is appended. If it is the beginning of another event's line,
 * it is removed. Any other text gets a newline. audit->file_seq is the event of the line before it.
 */
static void end_last_line(struct audit *audit, struct broker *broker, struct span torn, off_t end) {
    LINES_AUTO struct lines next = {.form = audit->form};
    struct span rest = SPAN_LITERAL("\n");
    uint64_t whole = find_line(audit, broker, torn); /* the event whose line this will be */
    int error;

    make_next_line(broker, audit->file_seq, &next);
    if (whole != 0) {
        /* only its newline is missing */
    } else if (next.text.len > torn.len && memcmp(next.text.data, torn.data, torn.len) == 0) {
        rest = (struct span){next.text.data + torn.len, next.text.len - torn.len};
        whole = next.seq;
    } else if (is_beginning(audit->form, torn) &&
               ftruncate(audit->fd, end - (off_t)torn.len) == 0) {
        log_warning("--audit-log: the last line of %s was cut short and belongs to no event that "
                    "there is; it was removed",
                audit->path);
        return;
    }
    error = append(audit, rest);
    if (error != 0) {
        log_error(error, "cannot end the last line of %s", audit->path);
        (void)!ftruncate(audit->fd, end - (off_t)torn.len); /* it is written again, if it can be */
        return;
    }
    if (whole != 0) {
        audit->file_seq = whole;
    }
}

/* Where the line begins whose last byte is text.data[end - 1]. */
static size_t line_start(struct span text, size_t end) {
    while (end > 0 && text.data[end - 1] != '\n') {
        end -= 1;
    }
    return end;
}

void audit_begin(struct audit *audit, struct broker *broker) {
    char place[TAIL_MAX_BYTES];
    off_t end = audit->fd < 0 ? 0 : lseek(audit->fd, 0, SEEK_END);
    struct span tail = {place, end < (off_t)sizeof(place) ? (size_t)end : sizeof(place)};
    size_t torn_at;

    if (end <= 0) {
        return;
    }
    if (pread(audit->fd, place, tail.len, end - (off_t)tail.len) != (ssize_t)tail.len) {
        log_error(errno, "cannot read the end of %s; all events that there are follow it",
                audit->path);
        return;
    }
    torn_at = line_start(tail, tail.len);
    if (torn_at > 0) {
        size_t at = line_start(tail, torn_at - 1);

        audit->file_seq = find_line(audit, broker, (struct span){place + at, torn_at - 1 - at});
    }
    if (torn_at < tail.len) {
        end_last_line(audit, broker, (struct span){place + torn_at, tail.len - torn_at}, end);
    }
}

/* The events that one call of audit_publish() logs. */
struct publication {
    struct audit *audit;
    struct metrics *metrics;
    struct buffer line;
    struct buffer lines; /* not written to stderr yet: one write for each line would be slow */
    size_t line_count;
    size_t logged;
};

static void count_lost_in_log(struct publication *publication, size_t lines, int error) {
    publication->metrics->lost_lines += lines;
    if (!publication->audit->has_reported_log) {
        publication->audit->has_reported_log = true;
        (void)log_error(
                error, "cannot write events to the log; ghostkey_log_lost_total counts them");
    }
}

static void write_lines(struct publication *publication) {
    int error = publication->lines.len > 0 ? log_lines(buffer_span(&publication->lines)) : 0;

    if (error != 0) {
        count_lost_in_log(publication, publication->line_count, error);
    }
    buffer_clear(&publication->lines);
    publication->line_count = 0;
}

/* A write of at most PIPE_BUF bytes is taken whole by a pipe, or not at all. */
static void log_to_stderr(struct publication *publication, struct span line) {
    if (publication->lines.len + line.len + 1 > PIPE_BUF) {
        write_lines(publication);
    }
    buffer_append_span(&publication->lines, line);
    buffer_append_byte(&publication->lines, '\n');
    publication->line_count += 1;
}

static struct span print_number(char place[NUMBER_MAX_BYTES], uint64_t number) {
    int len = snprintf(place, NUMBER_MAX_BYTES, "%llu", (unsigned long long)number);

    return (struct span){place, (size_t)len};
}

static void log_to_journal(struct publication *publication, const struct event *event) {
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
        count_lost_in_log(publication, 1, error);
    }
}

static void on_event(void *userdata, const struct event *event) {
    struct publication *publication = userdata;

    publication->logged += 1;
    if (log_is_journal()) {
        log_to_journal(publication, event);
        return;
    }
    buffer_clear(&publication->line);
    publication->audit->form->write(&publication->line, event);
    log_to_stderr(publication, buffer_span(&publication->line));
}

void audit_publish(struct audit *audit, struct broker *broker, struct metrics *metrics) {
    struct publication publication = {.audit = audit, .metrics = metrics};
    uint64_t last = broker_counters(broker)->last_event;
    uint64_t count;
    bool is_held;
    int error;

    follow_reset(audit, broker);
    count = last - audit->log_seq;
    if (!log_has(LOG_EVENTS)) {
        audit->log_seq = last;
    } else if (count > 0) {
        error = broker_held_events(broker, audit->log_seq, LOG_LINES_MAX, on_event, &publication);
        write_lines(&publication);
        if (error == 0 && count > publication.logged) { /* on an error the store has logged why */
            log_info("%zu more events are not logged; 'ghostctl events --after 0' lists the newest "
                     "%d",
                    (size_t)count - publication.logged, GK_EVENTS_KEPT);
        }
        buffer_deinit(&publication.line);
        buffer_deinit(&publication.lines);
        audit->log_seq = last;
    }
    /* events that the file failed to take are not held for it: a full disk would fill the state */
    is_held = audit->fd >= 0 && audit->lost_seq <= audit->file_seq;
    broker_release_events(broker, is_held ? audit->file_seq : UINT64_MAX);
}
