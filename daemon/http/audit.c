#include "http/audit.h"

#include "broker/broker.h"
#include "ghostkey/protocol.h"
#include "http/metrics.h"
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

int audit_init(struct audit *audit, const char *path, const struct event_form *form, uint64_t seq,
        struct problem *problem) {
    *audit = (struct audit){.file = AUDIT_FILE_NULL, .form = form, .seq = seq};
    return path == NULL ? 0 : audit_file_open(&audit->file, path, form, problem);
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

/* One call of audit_publish(). */
struct round {
    struct audit *audit;
    struct metrics *metrics;
    struct buffer line;
    struct buffer lines; /* for stderr: a write for each would cost more than its change */
    size_t line_count;
    size_t logged;
};

static void count_lost(struct round *round, size_t lines, int error) {
    round->metrics->lost_lines += lines;
    if (!round->audit->has_said) {
        round->audit->has_said = true;
        (void)log_error(
                error, "cannot write events to the log; ghostkey_log_lost_total counts them");
    }
}

/* What goes out at once is no more than a pipe takes without waiting, once it takes anything. */
static void write_lines(struct round *round) {
    int error = round->lines.len > 0 ? log_lines(buffer_span(&round->lines)) : 0;

    if (error != 0) {
        count_lost(round, round->line_count, error);
    }
    buffer_clear(&round->lines);
    round->line_count = 0;
}

static void log_to_stderr(struct round *round, struct span line) {
    if (round->lines.len + line.len + 1 > PIPE_BUF) {
        write_lines(round);
    }
    buffer_append_span(&round->lines, line);
    buffer_append_byte(&round->lines, '\n');
    round->line_count += 1;
}

static struct span print_number(char place[NUMBER_MAX_BYTES], uint64_t number) {
    int len = snprintf(place, NUMBER_MAX_BYTES, "%llu", (unsigned long long)number);

    return (struct span){place, (size_t)len};
}

static void log_to_journal(struct round *round, const struct event *event) {
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
        count_lost(round, 1, error);
    }
}

static void on_event(void *userdata, const struct event *event) {
    struct round *round = userdata;

    round->logged += 1;
    if (log_is_journal()) {
        log_to_journal(round, event);
        return;
    }
    buffer_clear(&round->line);
    round->audit->form->write(&round->line, event);
    log_to_stderr(round, buffer_span(&round->line));
}

void audit_publish(struct audit *audit, struct broker *broker, struct metrics *metrics) {
    struct round round = {.audit = audit, .metrics = metrics};
    uint64_t last = broker_counters(broker)->last_event;
    uint64_t count = last - audit->seq;
    int error;

    if (count > 0) {
        error = broker_held_events(broker, audit->seq, LOG_LINES_MAX, on_event, &round);
        write_lines(&round);
        if (error == 0 && count > round.logged) { /* else the store has logged why */
            log_info("%zu more events are not logged; 'ghostctl events' lists the newest %d",
                    (size_t)count - round.logged, GK_EVENTS_KEPT);
        }
        buffer_deinit(&round.line);
        buffer_deinit(&round.lines);
        audit->seq = last;
    }
    broker_release_events(broker, audit_file_seq(&audit->file));
}
