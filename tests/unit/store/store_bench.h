/* A store in a file or in two memfds, with nothing in it yet, and what tests of it do. */
#ifndef GHOSTKEY_TESTS_UNIT_STORE_STORE_BENCH_H
#define GHOSTKEY_TESTS_UNIT_STORE_STORE_BENCH_H

#include <sys/types.h>

#include "common/buffer.h"
#include "store/store.h"

#define REWRITE_MIN_BYTES ((uint64_t)16 << 20) /* as in rewrite.c */
#define VALUE_BYTES 8000                       /* 400 such are some slices of a rewrite */
#define FRAME_BYTES ((size_t)4 << 20)

struct bench {
    struct store *store;
    char folder[64];
    char path[96];
    char beside[128];
    char linked[128];
    int memfds[2]; /* the test's own */
};

/* Within a turn: a secret that the number names, with a value of so many bytes, at most two frames.
 * An outcome, or a negative errno. */
int try_put(struct store *store, unsigned int number, size_t len, char fill);
/* The same, and it must be taken. */
void put_numbered(struct store *store, unsigned int number, size_t len, char fill);
void drop_numbered(struct store *store, unsigned int number);
void append_event(struct store *store);
void commit(struct store *store);
int setup_file(void **state);
int setup_memfds(void **state);
int teardown(void **state);
void dump(struct store *store, struct buffer *text);
/* What is read from that descriptor, which is taken over, is in the dump. */
void assert_loads_as(int fd, const struct buffer *wanted);
void assert_file_is_as(const struct bench *bench);
ino_t inode_of(const char *path);
uint64_t size_of(int fd);
uint64_t journal_bytes(const struct bench *bench);
/* Turns that replace one value, until the journal is long enough to be written anew. */
void grow(struct bench *bench);

#endif
