#include "option.h"

#include <string.h>

#include <ghostkey/error.h>

#include "common/buffer.h"
#include "heap.h"
#include "terminal/output.h"
#include "terminal/suggest.h"

#define SHORT_WORD_MAX_BYTES 40

static const struct option_spec *find_name(
        const struct option_spec *const *tables, const char *name, size_t length) {
    for (size_t i = 0; i < OPTION_TABLES_MAX && tables[i] != NULL; i++) {
        for (const struct option_spec *spec = tables[i]; spec->name != NULL; spec++) {
            if (strlen(spec->name) == length && memcmp(spec->name, name, length) == 0) {
                return spec;
            }
        }
    }
    return NULL;
}

static const struct option_spec *find_letter(const struct option_spec *const *tables, char letter) {
    for (size_t i = 0; i < OPTION_TABLES_MAX && tables[i] != NULL; i++) {
        for (const struct option_spec *spec = tables[i]; spec->name != NULL; spec++) {
            if (spec->letter == letter && letter != '\0') {
                return spec;
            }
        }
    }
    return NULL;
}

bool option_is_short_word(const char *text) {
    size_t length = strlen(text);

    for (size_t i = 0; i < length; i++) {
        if (text[i] <= ' ' || text[i] == '\x7f') {
            return length == 0;
        }
    }
    return length <= SHORT_WORD_MAX_BYTES;
}

/* `number`: which of the words it is, from 1 on. */
static int say_no_option(int number) {
    output_error("argument %d begins with '-' but is no option ('--help' lists them); it is not "
                 "shown, for it may be a value: a value that begins with '-' goes after '--', "
                 "through standard input, or into a file that is given as @FILE",
            number);
    return GK_EXIT_USAGE;
}

static int say_unknown(const struct option_list *list, const struct option_spec *const *tables,
        const char *name, int number) {
    const char *best = NULL;

    for (size_t i = 0; i < OPTION_TABLES_MAX && tables[i] != NULL; i++) {
        for (const struct option_spec *spec = tables[i]; spec->name != NULL; spec++) {
            best = suggest_better(name, best, spec->name);
        }
    }
    if (list->may_hold_value && best == NULL) {
        return say_no_option(number);
    }
    if (list->may_hold_value) {
        output_error("argument %d is an unknown option; did you mean '--%s'?", number, best);
    } else if (best != NULL) {
        output_error("unknown option '--%s'; did you mean '--%s'?", name, best);
    } else if (!option_is_short_word(name)) {
        output_error("argument %d is an unknown option; '--help' lists the options", number);
    } else {
        output_error("unknown option '--%s'; '--help' lists the options", name);
    }
    return GK_EXIT_USAGE;
}

static void add_given(struct option_list *list, const struct option_spec *spec, const char *value) {
    list->given = heap_resize(list->given, list->given_count + 1, sizeof(*list->given));
    list->given[list->given_count++] = (struct option_given){.spec = spec, .value = value};
}

static void add_argument(struct option_list *list, char *argument) {
    list->arguments =
            heap_resize(list->arguments, list->argument_count + 2, sizeof(*list->arguments));
    list->arguments[list->argument_count++] = argument;
    list->arguments[list->argument_count] = NULL; /* as execve() wants them */
}

static int say_needs_value(const struct option_spec *spec) {
    output_error("'--%s' needs a value: --%s %s", spec->name, spec->name, spec->value);
    return GK_EXIT_USAGE;
}

/*
 * argv[0], the word of that number, is `--name` or `--name=value`; *ret_used says how many words
 * it took.
 */
static int read_long(struct option_list *list, const struct option_spec *const *tables, int argc,
        char **argv, int number, int *ret_used) {
    const char *name = argv[0] + 2;
    size_t length = strcspn(name, "=");
    const char *value = name[length] == '=' ? name + length + 1 : NULL;
    const struct option_spec *spec = find_name(tables, name, length);
    int used = 1;

    if (spec == NULL) {
        /* Not the value, which may be a secret. */
        GK_AUTO_WIPE char *alone = heap_duplicate(name, length);

        return say_unknown(list, tables, alone, number);
    }
    if (spec->takes == OPTION_TAKES_NOTHING && value != NULL) {
        output_error("'--%s' takes no value", spec->name);
        return GK_EXIT_USAGE;
    }
    if (spec->takes == OPTION_TAKES_VALUE && value == NULL) {
        if (argc < 2) {
            return say_needs_value(spec);
        }
        value = argv[1];
        used = 2;
    }
    add_given(list, spec, value);
    *ret_used = used;
    return GK_EXIT_DONE;
}

/* argv[0] is `-abc`, or `-aVALUE` where `a` takes one. */
static int read_letters(struct option_list *list, const struct option_spec *const *tables, int argc,
        char **argv, int number, int *ret_used) {
    int used = 1;

    for (const char *letter = argv[0] + 1; *letter != '\0'; letter++) {
        const struct option_spec *spec = find_letter(tables, *letter);
        const char *value = NULL;

        if (spec == NULL && list->may_hold_value) {
            return say_no_option(number);
        }
        if (spec == NULL) {
            output_error(
                    "unknown option '-%c'; a value that begins with '-' goes after '--'", *letter);
            return GK_EXIT_USAGE;
        }
        if (spec->takes != OPTION_TAKES_VALUE) {
            add_given(list, spec, NULL);
            continue;
        }
        value = letter[1] != '\0' ? letter + 1 : argc > 1 ? argv[1] : NULL;
        if (value == NULL) {
            return say_needs_value(spec);
        }
        used = letter[1] != '\0' ? 1 : 2;
        add_given(list, spec, value);
        break;
    }
    *ret_used = used;
    return GK_EXIT_DONE;
}

int option_list_read(struct option_list *list, const struct option_spec *const *tables, int argc,
        char **argv, bool only_leading) {
    bool ended = false;
    int used = 1;

    for (int i = 0; i < argc; i += used) {
        int rc = GK_EXIT_DONE;

        used = 1;
        if (ended || argv[i][0] != '-' || argv[i][1] == '\0') {
            add_argument(list, argv[i]);
            ended = ended || only_leading;
        } else if (strcmp(argv[i], "--") == 0) {
            ended = true;
        } else if (argv[i][1] == '-') {
            rc = read_long(list, tables, argc - i, argv + i, i + 1, &used);
        } else {
            rc = read_letters(list, tables, argc - i, argv + i, i + 1, &used);
        }
        if (rc != GK_EXIT_DONE) {
            return rc;
        }
    }
    return GK_EXIT_DONE;
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

const char *option_value(const struct option_list *list, const char *name) {
    const char *value = NULL;

    for (size_t i = 0; i < list->given_count; i++) {
        if (strcmp(list->given[i].spec->name, name) == 0) {
            value = list->given[i].value;
        }
    }
    return value;
}

bool option_is_given(const struct option_list *list, const char *name) {
    for (size_t i = 0; i < list->given_count; i++) {
        if (strcmp(list->given[i].spec->name, name) == 0) {
            return true;
        }
    }
    return false;
}
