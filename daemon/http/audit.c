#include "http/audit.h"

#include "api/ghostkey/reply.h"
#include "process/journal.h"
#include "process/log.h"
#include <limits.h>
#include <stdio.h>
#include <string.h>

#define LOG_LINES_MAX 1000 /* at a time: a clock that is moved far brings many more */
#define NUMBER_MAX_BYTES 24
#define MESSAGE_MAX_BYTES 512

int audit_check(const char *path, struct problem *problem) {
    return path == NULL ? 0 : audit_file_check(path, problem);
}

int audit_init(struct audit *audit, const char *path, uint64_t seq, struct problem *problem) {
    *audit = (struct audit){.file = AUDIT_FILE_NULL, .seq = seq};
    return path == NULL ? 0 : audit_file_open(&audit->file, path, problem);
}

void audit_deinit(struct audit *audit) {
    audit_file_close(&audit->file);
}

void audit_begin(struct audit *audit, struct broker *broker) {
    audit_file_begin(&audit->file, broker);
}

void audit_keep(struct audit *audit, struct broker *broker, struct metrics *metrics) {
    audit_file_write(&audit->file, broker, metrics);
}

/* One round of telling. */
struct round {
    struct audit *audit;
    struct metrics *metrics;
    struct buffer line;
    struct buffer said; /* lines for stderr: a write for each would cost more than its change */
    size_t said_lines;
    size_t logged;
};

static void lose(struct round *round, size_t lines, int error) {
    round->metrics->lost_lines += lines;
    if (!round->audit->said_log) {
        round->audit->said_log = true;
        (void)log_error(
                error, "cannot write events to the log; what is lost is counted in /metrics");
    }
}

/* What goes out at once is no more than a pipe takes without waiting, once it takes anything. */
static void write_said(struct round *round) {
    int error = round->said.len > 0 ? log_lines(buffer_span(&round->said)) : 0;

    if (error != 0) {
        lose(round, round->said_lines, error);
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
        lose(round, 1, error);
    }
}

static void on_event(void *userdata, const struct event *event) {
    struct round *round = userdata;

    round->logged += 1;
    if (log_is_journal()) {
        tell_journal(round, event);
        return;
    }
    buffer_clear(&round->line);
    reply_event(&round->line, event);
    tell_stderr(round, buffer_span(&round->line));
}

void audit_publish(struct audit *audit, struct broker *broker, struct metrics *metrics) {
    struct round round = {.audit = audit, .metrics = metrics};
    uint64_t last = broker_counters(broker)->last_event;
    int error;

    if (last != audit->seq) {
        error = broker_held_events(broker, audit->seq, LOG_LINES_MAX, on_event, &round);
        write_said(&round);
        if (error == 0 && last - audit->seq > round.logged) { /* else the store has said why */
            log_info("%zu more events; GET /v1/events has the newest %d",
                    (size_t)(last - audit->seq) - round.logged, GK_EVENTS_KEPT);
        }
        buffer_deinit(&round.line);
        buffer_deinit(&round.said);
        audit->seq = last;
    }
    broker_release_events(broker, audit_file_seq(&audit->file));
}
