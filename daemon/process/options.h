/*
 * The command line (contract, section 1, "ghostkeyd options"). Adding an option is one row in
 * options.c, one setter there and one paragraph in ghostkeyd.8.scd.
 */
#ifndef GHOSTKEYD_OPTIONS_H
#define GHOSTKEYD_OPTIONS_H

#include <stdio.h>

#include "model/problem.h"
#include "model/state.h"
#include "process/log.h"
#include "process/option_values.h"

enum options_action {
    OPTIONS_SERVE,
    OPTIONS_HELP,
    OPTIONS_VERSION,
};

struct options {
    enum options_action action;
    const char *socket_path; /* NULL: the default one */
    bool has_seed;
    struct buffer seed;    /* erased by options_deinit() */
    const char *seed_path; /* of --seed-file; NULL: not given */
    bool has_clock;
    enum clock_kind clock_kind;
    instant clock_start; /* of a virtual clock */
    size_t value_max_bytes;
    uint64_t keep_versions;
    const char *audit_path; /* NULL: none */
    bool has_tcp;
    struct sockaddr_storage tcp;
    const char *token_path;              /* NULL: the default one */
    const char *store_path;              /* NULL: in memory */
    const char *apply_path;              /* NULL: a new state is empty */
    struct buffer apply;                 /* its content; erased by options_deinit() */
    bool has_key;                        /* by --store-key or a credential */
    const char *key_path;                /* of --store-key; NULL: not given */
    unsigned char key[OPTION_KEY_BYTES]; /* erased by options_deinit() */
    bool is_key_exposed;                 /* others can read or write the key's file */
    int64_t idle_exit_s;                 /* 0: never */
    bool exits_with_parent;
    const char *vault_mount;
    int64_t vault_token_ttl_s;
    const char *aws_region;
    enum log_what log;
};

#define OPTIONS_NULL ((struct options){0})
#define OPTIONS_AUTO __attribute__((cleanup(options_deinit)))

/*
 * Reads the command line, and the files of --seed-file, --store-key and --apply. An option that is
 * not given has its default. A seed in argv is overwritten, so that /proc no longer shows it. Text
 * in *ret_options points into argv.
 *
 * 0, or GK_E_BAD_REQUEST with a line in *problem that names the option and what it accepts, but
 * never holds a seed; or a negative errno.
 */
int options_parse(int argc, char **argv, struct options *ret_options, struct problem *problem);
void options_deinit(struct options *options);

/* option_files.c: GK_E_BAD_REQUEST if another option, too, names a file that is written to. */
int option_files_check(const struct options *options, struct problem *problem);

/* Prints the text of --help. */
void options_print_help(FILE *out);

#endif
