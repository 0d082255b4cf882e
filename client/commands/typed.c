#include "commands/typed.h"

#include <string.h>

#include "command.h"

#define LABEL "member 'labels."

/* `by` and `now` have no option: they are the second argument of `clock`. */
static const struct row {
    const char *part;
    const char *option; /* NULL: the second argument */
    bool shows_value;   /* false where somebody may type a secret's value by mistake */
    const char *cause;  /* a piece of the daemon's sentence ... */
    const char *advice; /* ... behind which this follows; NULL: nothing */
} rows[] = {
        {"member 'ttl'", "ttl", false},
        {"member 'generate'", "generate", false},
        {"member 'rotation.strategy'", "strategy", false},
        {"member 'rotation.length'", "length", true},
        {"member 'rotation.template'", "template", false},
        {"member 'rotation.values'", "values", false},
        {"member 'rotation.on_expiry'", "rotate-on-expiry", false, "never expires",
                "give it a TTL, too: --ttl 15m"},
        {"member 'rotation.on_expiry'", "no-ttl", false},
        {"member 'rotation.grace'", "grace", false},
        {"member 'description'", "description", false},
        {"member 'by'", NULL, true},
        {"member 'now'", NULL, true},
        {"header 'If-Match'", "if-match", true},
        {"header 'If-None-Match'", "create", false},
        {"parameter 'stage'", "stage", true},
        {"parameter 'recover'", "recover", true},
        {"parameter 'label'", "label", true},
};

/* Appends what was typed for the part. False if nothing was. */
static bool append_part(
        const struct invocation *invocation, const struct row *row, struct buffer *shown) {
    if (row->option == NULL) {
        if (invocation->argument_count < 2) {
            return false;
        }
        buffer_printf(shown, "'%s'", invocation->arguments[1]);
        return true;
    }
    if (!option_is_given(invocation->options, row->option)) {
        return false;
    }
    if (row->shows_value) {
        buffer_printf(
                shown, "'--%s %s'", row->option, option_value(invocation->options, row->option));
    } else {
        buffer_printf(shown, "'--%s'", row->option);
    }
    return true;
}

/* The first row of that part for which something was typed; appends that. NULL: there is none. */
static const struct row *find_typed(
        const struct invocation *invocation, const char *detail, struct buffer *shown) {
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (strncmp(detail, rows[i].part, strlen(rows[i].part)) == 0 &&
                append_part(invocation, &rows[i], shown)) {
            return &rows[i];
        }
    }
    return NULL;
}

/* Whether the sentence begins with a part of the request. */
static bool is_part(const char *detail) {
    return strncmp(detail, "member '", strlen("member '")) == 0 ||
           strncmp(detail, "header '", strlen("header '")) == 0;
}

/* "strategy 'cycle' needs the parameter 'values'": an option gives it. */
static void append_needs(const char *detail, struct buffer *shown) {
    static const char needs[] = " needs the parameter '";
    const char *at = strstr(detail, needs);

    if (at == NULL) {
        buffer_append_text(shown, detail);
    } else {
        buffer_append(shown, detail, (size_t)(at - detail));
        buffer_printf(shown, " needs '--%s", at + strlen(needs)); /* its quote follows */
    }
}

void typed_append(const void *userdata, const char *detail, struct buffer *shown) {
    const struct row *row = find_typed(userdata, detail, shown);
    const char *whole = strstr(detail, "': ");

    if (row != NULL) {
        append_needs(detail + strlen(row->part), shown);
        if (row->cause != NULL && strstr(detail, row->cause) != NULL) {
            buffer_printf(shown, "; %s", row->advice);
        }
    } else if (strncmp(detail, LABEL, strlen(LABEL)) == 0) {
        buffer_printf(shown, "'--label %s", detail + strlen(LABEL)); /* its name and quote follow */
    } else if (whole != NULL && is_part(detail)) {
        append_needs(whole + strlen("': "), shown);
    } else {
        append_needs(detail, shown);
    }
    if (strstr(detail, "is 'none': it cannot be rotated") != NULL) {
        buffer_append_text(shown, "; " TYPED_STRATEGY_ADVICE);
    }
}
