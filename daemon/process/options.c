#include "process/options.h"

#include "ghostkey/protocol.h"
#include "process/new_file.h"
#include "process/option_rows.h"
#include <getopt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define OPTION_SHOWN_MAX_BYTES 40
#define OPTION_BYTES "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"
#define ROW_FIRST 256 /* getopt's number of the first row, past every short option's character */

/* One character behind the dash. A word of several is not told by getopt before its last one. */
static bool is_letter(const char *word) {
    return word[0] == '-' && word[1] > ' ' && word[1] < '\x7f' && word[2] == '\0';
}

/* `--` and few enough letters, digits and dashes to have been meant as an option. */
static bool looks_like_option(const char *word, size_t len) {
    return len <= OPTION_SHOWN_MAX_BYTES && word[0] == '-' && word[1] == '-' && len > 2 &&
           strspn(word, OPTION_BYTES) >= len;
}

/*
 * What getopt found wrong, in words. What may be a seed, or a part of one that lacked its quotes,
 * is not shown: what stands behind a '=', what follows a seed, and what does not look like an
 * option.
 */
static int refuse_option(
        int found, char **argv, const struct options *options, struct problem *problem) {
    const char *word = argv[optind - 1];
    size_t len = strcspn(word, "=");

    if (found == ':') {
        const struct option_row *row = &option_rows[optopt - ROW_FIRST];

        return problem_set(
                problem, GK_E_BAD_REQUEST, "--%s: %s is missing", row->name, row->argument);
    }
    if (optopt >= ROW_FIRST) {
        return problem_set(problem, GK_E_BAD_REQUEST, "--%s: no value is accepted",
                option_rows[optopt - ROW_FIRST].name);
    }
    if (options->has_seed || !(is_letter(word) || looks_like_option(word, len))) {
        return problem_set(problem, GK_E_BAD_REQUEST,
                "an argument that begins with '-' is no option; --help lists those that are "
                "accepted");
    }
    return problem_set(problem, GK_E_BAD_REQUEST,
            "%.*s: no such option; --help lists those that are accepted", (int)len, word);
}

static int parse_rows(int argc, char **argv, struct options *options, struct problem *problem) {
    struct option long_options[OPTION_ROW_COUNT + 1] = {{0}};
    bool given[OPTION_ROW_COUNT] = {false};

    for (size_t at = 0; at < OPTION_ROW_COUNT; at++) {
        long_options[at] = (struct option){option_rows[at].name,
                option_rows[at].argument != NULL ? required_argument : no_argument, NULL,
                ROW_FIRST + (int)at};
    }
    optind = 0; /* glibc: start anew */
    opterr = 0;
    for (;;) {
        int found = getopt_long(argc, argv, "+:", long_options, NULL);
        int row = found - ROW_FIRST;
        int result;

        if (found == -1) {
            break;
        }
        if (row < 0) {
            return refuse_option(found, argv, options, problem);
        }
        if (given[row]) {
            return problem_set(
                    problem, GK_E_BAD_REQUEST, "--%s: accepted only once", option_rows[row].name);
        }
        given[row] = true;
        result = option_rows[row].set(options, optarg, problem);
        if (result != 0) {
            return result;
        }
    }
    if (optind < argc) {
        /* not shown: it may be the rest of a seed that lacked its quotes */
        return problem_set(problem, GK_E_BAD_REQUEST,
                "argument %d is no option; only options are accepted", optind);
    }
    return 0;
}

/* The key that the service manager gave, if there is a store for it and no other key was named. */
static int take_key(struct options *options, struct problem *problem) {
    const char *directory = getenv("CREDENTIALS_DIRECTORY");
    char path[PATH_MAX];

    if (options->store_path == NULL && options->has_key) {
        return problem_set(problem, GK_E_BAD_REQUEST,
                "--store-key: accepted only with --store FILE; in memory there is nothing to seal");
    }
    if (options->store_path == NULL || options->has_key || directory == NULL ||
            snprintf(path, sizeof(path), "%s/" CREDENTIAL_NAME, directory) >= (int)sizeof(path) ||
            access(path, F_OK) != 0) {
        return 0;
    }
    options->has_key = true;
    return option_key("the credential " CREDENTIAL_NAME, path, options->key, problem);
}

/* Whether both paths lead to one file, or to the same place for one that is to be made. */
static bool is_same_file(const char *one, const char *other) {
    struct stat first;
    struct stat second;

    if (stat(one, &first) != 0 || stat(other, &second) != 0) {
        return strcmp(one, other) == 0 || new_file_is_same(one, other);
    }
    return first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

/* A file that one option has written, and another option names as well, would be spoilt by it. */
static int check_files(const struct options *options, struct problem *problem) {
    const struct {
        const char *option;
        const char *path; /* NULL: not given */
    } files[] = {
            {"--store", options->store_path}, /* these two are written to, */
            {"--audit-log", options->audit_path},
            {"--token-file", options->token_path}, /* this one is made if it is missing, */
            {"--store-key", options->key_path},    /* and these are read */
            {"--seed-file", options->seed_path},
            {"--socket", options->socket_path},
    };
    const size_t written = 2;
    const size_t count = sizeof(files) / sizeof(files[0]);

    for (size_t one = 0; one < written; one++) {
        for (size_t other = one + 1; other < count; other++) {
            if (files[one].path != NULL && files[other].path != NULL &&
                    is_same_file(files[one].path, files[other].path)) {
                return problem_set(problem, GK_E_BAD_REQUEST,
                        "%s: %s is the file of %s, too; a file of its own is accepted",
                        files[one].option, files[one].path, files[other].option);
            }
        }
    }
    return 0;
}

int options_parse(int argc, char **argv, struct options *ret_options, struct problem *problem) {
    OPTIONS_AUTO struct options options = {
            .value_max_bytes = GK_VALUE_MAX_BYTES_DEFAULT,
            .keep_versions = GK_KEEP_VERSIONS_DEFAULT,
    };
    int result = parse_rows(argc, argv, &options, problem);

    if (result == 0) {
        result = take_key(&options, problem);
    }
    if (result == 0) {
        result = check_files(&options, problem);
    }
    if (result != 0) {
        return result;
    }
    *ret_options = options;
    options = OPTIONS_NULL; /* handed over */
    return 0;
}

void options_deinit(struct options *options) {
    buffer_deinit(&options->seed);
    explicit_bzero(options->key, sizeof(options->key));
}

void options_print_help(FILE *out) {
    fputs("usage: ghostkeyd [OPTION]...\n"
          "The daemon of GhostKey, a local secrets broker emulator; never for production.\n\n",
            out);
    for (size_t at = 0; at < OPTION_ROW_COUNT; at++) {
        const char *argument = option_rows[at].argument != NULL ? option_rows[at].argument : "";
        const char *line = option_rows[at].help;
        int width = fprintf(out, "  --%s %s", option_rows[at].name, argument);

        for (;;) {
            size_t len = strcspn(line, "\n");

            fprintf(out, "%*s%.*s\n", 26 - width, "", (int)len, line);
            if (line[len] == '\0') {
                break;
            }
            line += len + 1;
            width = 0;
        }
    }
    fputs("\nThe manual page ghostkeyd(8) says more.\n", out);
}
