/*
 * One row for each option: what it is called, what --help says of it, and how it is taken. Part of
 * options.c.
 */
#ifndef GHOSTKEYD_OPTION_ROWS_H
#define GHOSTKEYD_OPTION_ROWS_H

#include "process/options.h"

#define CREDENTIAL_NAME "ghostkey.key"

#define OPTION_ROW_COUNT 14

struct option_row {
    const char *name;
    const char *argument; /* what it is called in texts; NULL: takes none */
    const char *help;
    /* argument is writable: a setter may wipe it */
    int (*set)(struct options *options, char *argument, struct problem *problem);
};

extern const struct option_row option_rows[OPTION_ROW_COUNT];

#endif
