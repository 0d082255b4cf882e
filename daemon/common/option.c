#include "common/option.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/span.h"
#include "common/suggest.h"
#include "ghostkey/error.h"

#define SHOWN_MAX_BYTES 40
#define SHOWN_BYTES "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"

__attribute__((format(printf, 2, 3))) static int refuse(
        struct option_list *list, const char *format, ...) {
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(list->fault, sizeof(list->fault), format, arguments);
    va_end(arguments);
    return GK_E_BAD_REQUEST;
}

/* The option of that letter or, if the letter is '\0', of that name. */
static const struct option_spec *find(
        const struct option_list *list, struct span name, char letter) {
    for (size_t table = 0; table < OPTION_TABLES_MAX; table++) {
        const struct option_spec *spec = list->tables[table];

        for (; spec != NULL && spec->name != NULL; spec++) {
            if (letter != '\0' ? spec->letter == letter : span_is(name, spec->name)) {
                return spec;
            }
        }
    }
    return NULL;
}

/* The name that was probably meant: one that begins as typed, or else the most similar one. */
static const char *find_near(const struct option_list *list, struct span name) {
    char typed[SHOWN_MAX_BYTES + 1];
    const char *best = NULL;

    if (name.len < 2 || name.len > SHOWN_MAX_BYTES) {
        return NULL;
    }
    (void)snprintf(typed, sizeof(typed), "%.*s", SPAN_ARGS(name));
    for (size_t table = 0; table < OPTION_TABLES_MAX; table++) {
        const struct option_spec *spec = list->tables[table];

        for (; spec != NULL && spec->name != NULL; spec++) {
            if (span_starts_with(span_of(spec->name), name)) {
                return spec->name;
            }
            best = suggest_better(typed, best, spec->name);
        }
    }
    return best;
}

/*
 * The word, up to its '=', is no option. It is shown only if it looks like one: else it may be a
 * secret that lacks its option or its quotes.
 */
static int refuse_word(struct option_list *list, int number, struct span word) {
    bool is_long = word.len > 2 && word.data[1] == '-';
    bool is_shown = !list->hides_words && word.len <= SHOWN_MAX_BYTES &&
                    (is_long || word.len == 2) && strspn(word.data, SHOWN_BYTES) >= word.len;
    const char *near = is_long ? find_near(list, (struct span){word.data + 2, word.len - 2}) : NULL;

    if (is_shown && near != NULL) {
        return refuse(list, "unknown option '%.*s'; did you mean '--%s'?", SPAN_ARGS(word), near);
    }
    if (is_shown) {
        return refuse(list, "unknown option '%.*s'; '--help' lists the options", SPAN_ARGS(word));
    }
    if (near != NULL) {
        return refuse(list, "argument %d is an unknown option; did you mean '--%s'?", number, near);
    }
    return refuse(list,
            "argument %d begins with '-' but is no option; it is not shown, since it may be a "
            "secret; %s",
            number, list->value_hint != NULL ? list->value_hint : "'--help' lists the options");
}

/*
 * Appends one option. value is NULL if the option's own word has none; then the next word is taken
 * for an option that needs one.
 */
static int add_given(struct option_list *list, const struct option_spec *spec, char *value,
        char *next, bool *ret_took_next) {
    struct option_given *given;

    if (spec->takes == OPTION_TAKES_VALUE && value == NULL) {
        if (next == NULL) {
            return refuse(
                    list, "'--%s' needs a value: --%s %s", spec->name, spec->name, spec->value);
        }
        value = next;
        *ret_took_next = true;
    }
    given = reallocarray(list->given, list->given_count + 1, sizeof(*given));
    if (given == NULL) {
        return -ENOMEM;
    }
    given[list->given_count++] = (struct option_given){spec, value};
    list->given = given;
    list->hides_words = list->hides_words || spec->is_secret;
    return 0;
}

static int add_argument(struct option_list *list, char *word) {
    char **arguments = reallocarray(list->arguments, list->argument_count + 2, sizeof(*arguments));

    if (arguments == NULL) {
        return -ENOMEM;
    }
    arguments[list->argument_count++] = word;
    arguments[list->argument_count] = NULL;
    list->arguments = arguments;
    return 0;
}

/* The word is `--name` or `--name=value`. */
static int read_name(
        struct option_list *list, int number, char *word, char *next, bool *ret_took_next) {
    size_t len = strcspn(word, "=");
    char *value = word[len] == '=' ? word + len + 1 : NULL;
    const struct option_spec *spec = find(list, (struct span){word + 2, len - 2}, '\0');

    if (spec == NULL) {
        return refuse_word(list, number, (struct span){word, len});
    }
    if (spec->takes == OPTION_TAKES_NOTHING && value != NULL) {
        return refuse(list, "'--%s' takes no value", spec->name);
    }
    return add_given(list, spec, value, next, ret_took_next);
}

/* The word is `-abc`, or `-aVALUE` if `a` takes a value. */
static int read_letters(
        struct option_list *list, int number, char *word, char *next, bool *ret_took_next) {
    for (char *letter = word + 1; *letter != '\0'; letter++) {
        const struct option_spec *spec = find(list, SPAN_NULL, *letter);
        bool is_last = spec != NULL && spec->takes == OPTION_TAKES_VALUE;
        int error;

        if (spec == NULL) {
            return refuse_word(list, number, span_of(word));
        }
        error = add_given(
                list, spec, is_last && letter[1] != '\0' ? letter + 1 : NULL, next, ret_took_next);
        if (error != 0 || is_last) {
            return error;
        }
    }
    return 0;
}

int option_list_read(struct option_list *list, int count, char **words) {
    bool ended = false;
    bool has_end = false;

    for (int at = 0; at < count; at++) {
        char *word = words[at];
        char *next = at + 1 < count ? words[at + 1] : NULL;
        bool took_next = false;
        int error = 0;

        if (ended || word[0] != '-' || word[1] == '\0') {
            ended = ended || list->only_leading;
            error = add_argument(list, word);
        } else if (strcmp(word, "--") == 0) {
            ended = has_end = true;
            list->leading_count = list->argument_count;
        } else if (word[1] == '-') {
            error = read_name(list, at + 1, word, next, &took_next);
        } else {
            error = read_letters(list, at + 1, word, next, &took_next);
        }
        if (error != 0) {
            return error;
        }
        at += took_next ? 1 : 0;
    }
    if (!has_end) {
        list->leading_count = list->argument_count;
    }
    return 0;
}

void option_list_deinit(struct option_list *list) {
    free(list->given);
    free(list->arguments);
    *list = (struct option_list){0};
}

const char *option_next_value(const struct option_list *list, const char *name, size_t *place) {
    while (*place < list->given_count) {
        const struct option_given *given = &list->given[(*place)++];

        if (strcmp(given->spec->name, name) == 0 && given->value != NULL) {
            return given->value;
        }
    }
    return NULL;
}

/* The last option of that name. NULL if it was not given. */
static const struct option_given *find_given(const struct option_list *list, const char *name) {
    for (size_t at = list->given_count; at-- > 0;) {
        if (strcmp(list->given[at].spec->name, name) == 0) {
            return &list->given[at];
        }
    }
    return NULL;
}

const char *option_value(const struct option_list *list, const char *name) {
    const struct option_given *given = find_given(list, name);

    return given != NULL ? given->value : NULL;
}

bool option_is_given(const struct option_list *list, const char *name) {
    return find_given(list, name) != NULL;
}
