/*
 * The formats of the env file. A format is a const struct in a file of its own in formats/, and one
 * line in env_format.c.
 *
 * env_format_judge() asks the format about each entry and prints all refusals and warnings before
 * env_format_write() writes the first byte.
 */
#ifndef GHOSTCTL_ENV_FORMAT_H
#define GHOSTCTL_ENV_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buffer.h"
#include "env/env_findings.h"
#include "env/env_set.h"
#include "env/env_text.h"

/* The first line of each file that GhostKey wrote begins so, whatever the format. */
#define ENV_FORMAT_MARK "# GhostKey env file, format "

/* Of `NAME=value`: Linux's MAX_ARG_STRLEN without the NUL. */
#define ENV_ENTRY_MAX_BYTES 131071

/* How ghostctl import reads a file of the format back (env_parse.h). */
enum env_reading {
    ENV_READING_WHOLE,    /* not by lines: it has a reader of its own */
    ENV_READING_DOTENV,   /* lines, with the escapes of dotenv in "…" */
    ENV_READING_VERBATIM, /* lines, without any escape */
    ENV_READING_DOLLARS,  /* the same, but \$ is $, whatever the quotes are */
    ENV_READING_RAW,      /* lines, without any quotes */
    ENV_READING_FISH,     /* `set -gx NAME '...'` */
    ENV_READING_MAKE,     /* `NAME := ...` */
};

struct env_format {
    const char *name;
    const char *readers; /* the programs that read it */
    bool is_marked;      /* the file begins with ENV_FORMAT_MARK */
    const char *file;    /* without a mark: the default file, in place of GK_ENV_FILE */
    const char *suffix;  /* without a mark: the end of the names of GhostKey's files */
    enum env_reading reading;
    bool holds_returns; /* a carriage return in a value is written as it is */

    /* Why the format cannot carry the entry; ENV_REFUSAL_NONE: it can. */
    enum env_refusal (*refusal)(const struct env_entry *entry);

    /*
     * The bits (1 << ENV_WARNING_…) of a value that it can carry; NULL: never any. *open is kept
     * from one entry to the next: the quote whose end some reader still looks for; 0: none.
     */
    uint32_t (*warnings)(const char *value, size_t len, char *open);

    /* The text behind `NAME=` in its line; NULL for a format without lines. */
    void (*append_value)(struct buffer *text, const char *value, size_t len);

    /* In place of append_value. `first`: it is the first entry. `any`: there was an entry. */
    void (*write_begin)(struct buffer *text); /* NULL: nothing */
    void (*write_entry)(struct buffer *text, const struct env_entry *entry, bool first);
    void (*write_end)(struct buffer *text, bool any); /* NULL: nothing */
};

struct env_format_choice {
    const struct env_format *format;
    bool skip_refused; /* leave refused entries out and say so */
    bool strict;       /* treat a warning as a refusal */
    bool quiet;        /* no warnings */
};

extern const struct env_format env_format_portable; /* the default one */
extern const struct env_format env_format_shell;
extern const struct env_format env_format_systemd;
extern const struct env_format env_format_docker;
extern const struct env_format env_format_compose;
extern const struct env_format env_format_js;
extern const struct env_format env_format_js_expand;
extern const struct env_format env_format_python;
extern const struct env_format env_format_fish;
extern const struct env_format env_format_make;
extern const struct env_format env_format_json;
extern const struct env_format env_format_nul;

/* Refusals that formats share: for a NUL byte; for a NUL byte or invalid UTF-8. */
enum env_refusal env_format_refuse_nul(const struct env_entry *entry);
enum env_refusal env_format_refuse_binary(const struct env_entry *entry);

/* NULL if there is none of that name. */
const struct env_format *env_format_find(const char *name);

/* The format number `index`; NULL after the last. */
const struct env_format *env_format_at(size_t index);

/* The names of all formats, or of those whose file begins with the mark, joined by ", ". */
void env_format_append_names(struct buffer *buffer, bool only_marked);

/* A set that was judged and can be written. It owns `good` alone. */
struct env_writing {
    const struct env_format *format;
    const struct env_set *set;
    bool *good; /* of each entry: whether it is written */
    size_t skipped;
};

/*
 * Prints the refusal or the warnings of each entry, with the name of the secret, its environment
 * name and the code. GK_EXIT_FAILED if an entry was refused and `skip_refused` is not set.
 */
int env_format_judge(const struct env_format_choice *choice, const struct env_set *set,
        struct env_writing *ret_writing);
void env_writing_deinit(struct env_writing *writing);
#define ENV_WRITING_AUTO GK_CLEANUP(env_writing_deinit)

/*
 * Gives the text of the whole set, which is the same at each call, to `take` in pieces. If that
 * returns another value than 0, the writing ends and returns it.
 */
int env_format_write(const struct env_writing *writing, env_text_take *take, void *userdata);

#endif
