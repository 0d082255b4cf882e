#include "commands/help_topics.h"

#include <string.h>

#include <ghostkey/protocol.h>

#include "commands/strategy_words.h"
#include "common/suggest.h"
#include "env/env_format.h"
#include "terminal/fold.h"
#include "terminal/output.h"
#include "wire/target.h"

#define COLUMNS 80

/* "  name          text", folded. */
static void print_row(const char *name, const char *text) {
    BUFFER_AUTO struct buffer line = BUFFER_NULL;
    BUFFER_AUTO struct buffer folded = BUFFER_NULL;

    buffer_printf(&line, "  %-14s%s", name, text);
    fold_append_indented(&folded, buffer_string(&line), COLUMNS, 16);
    output_text("%s\n", buffer_string(&folded));
}

/* For names that may be longer; not folded. */
static void print_long_row(const char *name, const char *text) {
    output_text("  %-22s%s\n", name, text);
}

static void print_formats(void) {
    const struct env_format *format;

    output_text("Formats of 'ghostctl export --format', and the programs that they are for:\n\n");
    for (size_t i = 0; (format = env_format_at(i)) != NULL; i++) {
        print_row(format->name, format->readers);
    }
    output_text("\n'ghostctl import' reads each of them back. 'portable' is the default one.\n");
}

static void print_strategies(void) {
    const struct strategy_words *strategy;

    output_text("Strategies of --strategy, and what they make:\n\n");
    for (size_t i = 0; (strategy = strategy_words_at(i)) != NULL; i++) {
        BUFFER_AUTO struct buffer text = BUFFER_NULL;

        buffer_append_text(&text, strategy->makes);
        if (strategy->options[0] != '\0') {
            buffer_printf(&text, " (%s)", strategy->options);
        }
        print_row(strategy->name, buffer_string(&text));
    }
    output_text("\nThe default of 'put' is token, that of 'import' is none. Example:\n"
                "  ghostctl put db_url --generate --template 'postgres://app:{alnum:24}@db/app'\n");
}

static void print_durations(void) {
    output_text("Lengths of time, for --ttl, --grace, --recover and 'clock advance':\n\n");
    print_row("90", "seconds, if it is a number alone");
    print_row("90s", "seconds");
    print_row("15m", "minutes");
    print_row("12h", "hours");
    print_row("7d", "days of 24 hours");
    print_row("1d12h30m", "several units, from the largest to the smallest");
    output_text("\nWhole numbers only. At most %d seconds, which are 3650 days, but for\n"
                "'clock advance'.\n",
            GK_TTL_MAX_S);
}

static void print_patterns(void) {
    output_text("Patterns of 'list', 'delete', 'events' and 'fault add --name'; quote them for\n"
                "the shell:\n\n");
    print_row("?", "any byte but /");
    print_row("*", "any number of bytes, but no /");
    print_row("**", "any number of any bytes");
    output_text("\nAll other bytes stand for themselves. Example:\n  ghostctl list 'app/**'\n");
}

static void print_environment(void) {
    output_text("Variables that ghostctl reads:\n\n");
    print_long_row(GK_VAR_SOCKET, "the daemon's Unix socket");
    print_long_row(TARGET_VAR_URL, "the daemon's URL, if no socket is named");
    print_long_row(TARGET_VAR_TOKEN_FILE, "the file of the token for the URL");
    print_long_row(GK_VAR_RUNTIME_DIR, "where the default socket is: " GK_SOCKET_SUBPATH);
    print_long_row("NO_COLOR", "no colour, if it is set");
    output_text(
            "\n--socket, --url and --token-file override them. 'rotate --with' and 'watch' set\n"
            "GHOSTKEY_NAME and GHOSTKEY_VERSION for their COMMAND, and 'watch' GHOSTKEY_CAUSE\n"
            "as well. 'ghostctl env' prints the variables for an app.\n");
}

static void print_exit_status(void) {
    output_text("Exit status:\n\n");
    print_row("0", "done");
    print_row("1", "failed, or refused by the daemon; 'verify': the value is not accepted");
    print_row("2", "the command line is wrong");
    print_row("3", "the secret is expired");
    print_row("4", "there is no such secret");
    print_row("5", "the daemon cannot be reached");
    print_row("6", "a precondition does not hold");
    output_text("\nWith several names each is tried, and the status is that of the first failure.\n"
                "'run' and 'sandbox' exit with the status of their command (127: there is no such\n"
                "command, 126: it cannot be run), 'rotate --with' with that of a COMMAND that\n"
                "failed, and 'drill' with 1 if a step did not hold.\n");
}

static const struct help_topic topics[] = {
        {"durations", "how lengths of time are typed", print_durations},
        {"environment", "the variables that ghostctl reads", print_environment},
        {"exit-status", "what the exit status says", print_exit_status},
        {"formats", "the formats of the env file", print_formats},
        {"patterns", "how several secrets are named at once", print_patterns},
        {"strategies", "how new values are made", print_strategies},
};
#define TOPIC_COUNT (sizeof(topics) / sizeof(topics[0]))

const struct help_topic *help_topic_at(size_t index) {
    return index < TOPIC_COUNT ? &topics[index] : NULL;
}

static void print_topics(void) {
    output_text("Topics of 'ghostctl help TOPIC':\n\n");
    for (size_t i = 0; i < TOPIC_COUNT; i++) {
        print_row(topics[i].name, topics[i].summary);
    }
}

bool help_topic_print(const char *name) {
    if (strcmp(name, HELP_TOPICS) == 0) {
        print_topics();
        return true;
    }
    for (size_t i = 0; i < TOPIC_COUNT; i++) {
        if (strcmp(topics[i].name, name) == 0) {
            topics[i].print();
            return true;
        }
    }
    return false;
}

const char *help_topic_like(const char *name) {
    const char *best = suggest_better(name, NULL, HELP_TOPICS);

    for (size_t i = 0; i < TOPIC_COUNT; i++) {
        best = suggest_better(name, best, topics[i].name);
    }
    return best;
}
