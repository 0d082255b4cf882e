/*
 * Who read which version of each secret last. It is in memory alone, and bounded: a secret has
 * READER_TABLE_OF_SECRET_MAX readers at most, and all secrets together have READER_TABLE_MAX. For a
 * new one beyond that, a reader whose process has ended is dropped, else the one that read longest
 * ago.
 *
 * At worst, when each reader has a secret of its own with the longest name, and a peer of its own
 * with the longest text, a table takes 6 MiB.
 */
#ifndef GHOSTKEYD_BROKER_READER_TABLE_H
#define GHOSTKEYD_BROKER_READER_TABLE_H

#include <sys/queue.h>

#include "broker/peer.h"
#include "common/instant.h"

#define READER_TABLE_OF_SECRET_MAX 64
#define READER_TABLE_MAX 8192

struct read_secret; /* a secret that has readers */

/* One for each secret, peer and API. */
struct reader {
    TAILQ_ENTRY(reader) of_secret; /* in read_secret.readers */
    TAILQ_ENTRY(reader) of_all;    /* in reader_table.all */
    struct read_secret *secret;
    struct peer *peer;
    const char *api;   /* its name, which is the same pointer for the same API */
    uint64_t version;  /* that it read last */
    uint64_t revision; /* of the secret when that version came to be */
    instant at;        /* when it read last */
    uint64_t reads;    /* how often it read this secret */
};

TAILQ_HEAD(reader_list, reader);

struct reader_table {
    struct read_secret **buckets; /* by the hash of the name; NULL: nobody has read anything */
    struct reader_list all;       /* the one that read last is the first; so in each secret's */
    size_t count;
    size_t added; /* since the ended ones of all secrets were dropped */
};

/* What a peer reads. */
struct value_read {
    struct span name;
    uint64_t version;
    uint64_t revision;
    struct peer *peer;
    const char *api;
    instant at;
};

void reader_table_init(struct reader_table *table);
void reader_table_deinit(struct reader_table *table);

/* Forgets all. */
void reader_table_clear(struct reader_table *table);

/* 0, or -ENOMEM: it is not noted. */
int reader_table_note(struct reader_table *table, const struct value_read *read);

/* The readers of that secret whose processes have not ended; NULL: there is none. */
const struct reader_list *reader_table_find(struct reader_table *table, struct span name);

#endif
