#include "unit/store/store_bench.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "common/cleanup.h"
#include "crash/sample_store.h"
#include "store/journal.h"
#include "store/store_tables.h"
#include "support/broker_fixture.h"
#include "support/test.h"

static char large[2 * FRAME_BYTES]; /* the longest value */

int try_put(struct store *store, unsigned int number, size_t len, char fill) {
    char name[32];
    struct secret secret = {.current.value = {large, len}, .current.number = 1};

    assert_true(len <= sizeof(large));
    memset(large, fill, len);
    (void)snprintf(name, sizeof(name), "name/%04u", number);
    secret.name = span_of(name);
    assert_int_equal(store_open_turn(store), 0);
    return store_put_secret(store, &secret);
}

void put_numbered(struct store *store, unsigned int number, size_t len, char fill) {
    assert_int_equal(try_put(store, number, len, fill), 0);
}

void drop_numbered(struct store *store, unsigned int number) {
    struct secret secret;
    char name[32];

    (void)snprintf(name, sizeof(name), "name/%04u", number);
    assert_int_equal(store_open_turn(store), 0);
    if (store_get_secret(store, span_of(name), &secret) == 0) {
        assert_int_equal(store_delete_secret(store, &secret), 0);
    }
}

void append_event(struct store *store) {
    struct event event = {.kind = EVENT_UPDATED, .name = SPAN_LITERAL("x")};

    assert_int_equal(store_append_event(store, &event), 0);
}

void commit(struct store *store) {
    assert_int_equal(store_commit(store), 0);
}

static void make_state(struct store *store) {
    STATE_AUTO struct state state = {.clock_kind = CLOCK_VIRTUAL, .now = INSTANT_VIRTUAL_DEFAULT};

    buffer_append_text(&state.seed, "test");
    assert_int_equal(store_open_turn(store), 0);
    assert_int_equal(store_put_state(store, &state), 0);
    commit(store);
}

int setup_file(void **state) {
    struct bench *bench = calloc(1, sizeof(*bench));
    int fd;

    *bench = (struct bench){.folder = "/tmp/ghostkey-bench-XXXXXX", .memfds = {-1, -1}};
    assert_non_null(mkdtemp(bench->folder));
    (void)snprintf(bench->path, sizeof(bench->path), "%s/store", bench->folder);
    (void)snprintf(bench->beside, sizeof(bench->beside), "%s.rewrite", bench->path);
    (void)snprintf(bench->linked, sizeof(bench->linked), "%s.linked", bench->path);
    fd = open(bench->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    assert_int_equal(store_new(STORE_FILE, NULL, &bench->store), 0);
    make_state(bench->store);
    assert_int_equal(store_keep_in(bench->store, fd, STORE_FILE), 0);
    assert_int_equal(store_begin(bench->store, bench->path), 0);
    *state = bench;
    return 0;
}

int setup_memfds(void **state) {
    struct bench *bench = calloc(1, sizeof(*bench));

    for (size_t at = 0; at < 2; at++) {
        bench->memfds[at] = memfd_create("bench", MFD_CLOEXEC);
    }
    assert_int_equal(store_new(STORE_FDSTORE, NULL, &bench->store), 0);
    make_state(bench->store);
    assert_int_equal(store_keep_in(bench->store, dup(bench->memfds[0]), STORE_FDSTORE), 0);
    store_set_spare(bench->store, dup(bench->memfds[1]));
    assert_int_equal(store_begin(bench->store, NULL), 0);
    *state = bench;
    return 0;
}

int teardown(void **state) {
    struct bench *bench = *state;

    bench->store = store_free(bench->store);
    for (size_t at = 0; at < 2; at++) {
        bench->memfds[at] = gk_close(bench->memfds[at]);
    }
    if (bench->folder[0] != '\0') {
        (void)unlink(bench->path);
        (void)unlink(bench->beside);
        (void)unlink(bench->linked);
        assert_int_equal(rmdir(bench->folder), 0);
    }
    free(bench);
    return 0;
}

void dump(struct store *store, struct buffer *text) {
    buffer_clear(text);
    assert_int_equal(sample_dump(store, text), 0);
}

/* A store that is read from what stands in the file or the memfd now. */
void assert_loads_as(int fd, const struct buffer *wanted) {
    BUFFER_AUTO struct buffer text = BUFFER_NULL;
    struct store *store = NULL;
    struct damage damage;

    assert_int_equal(store_new(STORE_FDSTORE, NULL, &store), 0);
    assert_int_equal(store_load(store, fd, &damage), 0);
    dump(store, &text);
    assert_true(span_equals(buffer_span(&text), buffer_span(wanted)));
    store_free(store);
}

void assert_file_is_as(const struct bench *bench) {
    BUFFER_AUTO struct buffer text = BUFFER_NULL;

    dump(bench->store, &text);
    assert_loads_as(open(bench->path, O_RDONLY | O_CLOEXEC), &text);
}

ino_t inode_of(const char *path) {
    struct stat status;

    return stat(path, &status) == 0 ? status.st_ino : 0;
}

uint64_t size_of(int fd) {
    struct stat status;

    assert_int_equal(fstat(fd, &status), 0);
    return (uint64_t)status.st_size;
}

uint64_t journal_bytes(const struct bench *bench) {
    return store_journal(bench->store).bytes;
}

/* Turns that replace one value, until the journal is long enough to be written anew. */
void grow(struct bench *bench) {
    while (journal_bytes(bench) <= REWRITE_MIN_BYTES) {
        put_numbered(bench->store, 0, 60000, 'b');
        commit(bench->store);
    }
}
