/* ghostctl dump: print all definitions, as 'ghostctl apply' reads them. */
#include <string.h>

#include <ghostkey/error.h>

#include "command.h"
#include "terminal/indent.h"
#include "terminal/output.h"

static const struct option_spec options[] = {
        {"values", '\0', OPTION_TAKES_NOTHING, NULL, "with the values, and the lists of 'cycle'"},
        {NULL},
};

struct printing {
    struct indent indent;
    struct buffer lines; /* not printed yet */
};

static void printing_deinit(struct printing *printing) {
    buffer_deinit(&printing->lines);
}

/* Prints the lines that are whole, so that no character is cut. */
static void print_lines(struct printing *printing) {
    struct span rest = buffer_span(&printing->lines);
    const char *end;

    while (rest.len > 0 && (end = memchr(rest.data, '\n', rest.len)) != NULL) {
        size_t len = (size_t)(end - rest.data);

        output_json_line(rest.data, len);
        rest.data += len + 1;
        rest.len -= len + 1;
    }
    memmove(printing->lines.data, rest.data, rest.len);
    buffer_truncate(&printing->lines, rest.len);
}

static bool take_indented(void *userdata, struct span piece) {
    struct printing *printing = userdata;

    indent_append(&printing->indent, piece, &printing->lines);
    print_lines(printing);
    return true;
}

static bool take_as_it_is(void *userdata, struct span piece) {
    struct printing *printing = userdata;

    if (output_is_terminal()) {
        buffer_append_span(&printing->lines, piece); /* a piece may end within a character */
    } else {
        output_data(piece.data, piece.len);
    }
    return true;
}

static int run(const struct invocation *invocation) {
    GK_CLEANUP(printing_deinit) struct printing printing = {0};
    BROKER_CLIENT_AUTO struct broker_client *broker = NULL;
    int error = command_connect(invocation, &broker);

    if (error != 0) {
        return error;
    }
    error = broker_dump(broker, option_is_given(invocation->options, "values"),
            invocation->json ? take_as_it_is : take_indented, &printing);
    if (error != 0) {
        return error;
    }
    output_json_line(printing.lines.data, printing.lines.len);
    return GK_EXIT_DONE;
}

const struct command cmd_dump = {
        .name = "dump",
        .args = "",
        .summary = "Print all definitions, for 'ghostctl apply'.",
        .help = "Prints every secret that has a value, and every fault rule, as a document that\n"
                "'ghostctl apply' reads.\n"
                "Without --values it holds no secret value. A broker that applies it then\n"
                "generates the values that it lacks; it refuses the document if one of them has\n"
                "the strategy 'none'.",
        .example = "ghostctl dump > secrets.json",
        .options = options,
        .arguments_max = 0,
        .run = run,
};
