/* The journal written anew, as the loop of the daemon does it: through the store. */
#include "store/store_tables.h"

#include "common/cleanup.h"
#include "crash/sample_store.h"
#include "store/journal.h"
#include "support/broker_fixture.h"
#include "support/test.h"
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>

#define REWRITE_MIN_BYTES ((uint64_t)16 << 20) /* as in rewrite.c */
#define SECRETS 400
#define VALUE_BYTES 8000 /* together some slices */
#define FRAME_BYTES ((size_t)4 << 20)

struct bench {
    struct store *store;
    char folder[64];
    char path[96];
    char beside[128];
    int memfds[2]; /* the test's own */
};

static char large[2 * FRAME_BYTES];

static void put_numbered(struct store *store, unsigned int number, size_t len, char fill) {
    char name[32];
    struct secret secret = {.current.value = {large, len}, .current.number = 1};

    memset(large, fill, len);
    (void)snprintf(name, sizeof(name), "name/%04u", number);
    secret.name = span_of(name);
    assert_int_equal(store_write(store), 0);
    assert_int_equal(store_put_secret(store, &secret), 0);
}

static void drop_numbered(struct store *store, unsigned int number) {
    struct secret secret;
    char name[32];

    (void)snprintf(name, sizeof(name), "name/%04u", number);
    assert_int_equal(store_write(store), 0);
    if (store_get_secret(store, span_of(name), &secret) == 0) {
        assert_int_equal(store_delete_secret(store, &secret), 0);
    }
}

static void append_event(struct store *store) {
    struct event event = {.kind = EVENT_UPDATED, .name = SPAN_LITERAL("x")};

    assert_int_equal(store_append_event(store, &event), 0);
}

static void commit(struct store *store) {
    assert_int_equal(store_commit(store), 0);
}

static void make_state(struct store *store) {
    STATE_AUTO struct state state = {.clock_kind = CLOCK_VIRTUAL, .now = INSTANT_VIRTUAL_DEFAULT};

    buffer_append_text(&state.seed, "test");
    assert_int_equal(store_write(store), 0);
    assert_int_equal(store_put_state(store, &state), 0);
    for (unsigned int number = 0; number < SECRETS; number++) {
        put_numbered(store, number, VALUE_BYTES, 'a');
    }
    commit(store);
}

static int setup_file(void **state) {
    struct bench *bench = calloc(1, sizeof(*bench));
    int fd;

    *bench = (struct bench){.folder = "/tmp/ghostkey-rewrite-XXXXXX", .memfds = {-1, -1}};
    assert_non_null(mkdtemp(bench->folder));
    (void)snprintf(bench->path, sizeof(bench->path), "%s/store", bench->folder);
    (void)snprintf(bench->beside, sizeof(bench->beside), "%s.rewrite", bench->path);
    fd = open(bench->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    assert_int_equal(store_new(STORE_FILE, NULL, &bench->store), 0);
    make_state(bench->store);
    assert_int_equal(store_keep_in(bench->store, fd, STORE_FILE), 0);
    assert_int_equal(store_begin(bench->store, bench->path), 0);
    *state = bench;
    return 0;
}

static int setup_memfds(void **state) {
    struct bench *bench = calloc(1, sizeof(*bench));

    for (size_t at = 0; at < 2; at++) {
        bench->memfds[at] = memfd_create("rewrite", MFD_CLOEXEC);
    }
    assert_int_equal(store_new(STORE_FDSTORE, NULL, &bench->store), 0);
    make_state(bench->store);
    assert_int_equal(store_keep_in(bench->store, dup(bench->memfds[0]), STORE_FDSTORE), 0);
    store_set_spare(bench->store, dup(bench->memfds[1]));
    assert_int_equal(store_begin(bench->store, NULL), 0);
    *state = bench;
    return 0;
}

static int teardown(void **state) {
    struct bench *bench = *state;

    bench->store = store_free(bench->store);
    for (size_t at = 0; at < 2; at++) {
        bench->memfds[at] = gk_close(bench->memfds[at]);
    }
    if (bench->folder[0] != '\0') {
        (void)unlink(bench->path);
        (void)unlink(bench->beside);
        assert_int_equal(rmdir(bench->folder), 0);
    }
    free(bench);
    return 0;
}

static void dump(struct store *store, struct buffer *text) {
    buffer_clear(text);
    assert_int_equal(sample_dump(store, text), 0);
}

/* A store that is read from what stands in the file or the memfd now. */
static void assert_loads_as(int fd, const struct buffer *wanted) {
    BUFFER_AUTO struct buffer text = BUFFER_NULL;
    struct store *store = NULL;
    struct damage damage;

    assert_int_equal(store_new(STORE_FDSTORE, NULL, &store), 0);
    assert_int_equal(store_load(store, fd, &damage), 0);
    dump(store, &text);
    assert_true(span_equals(buffer_span(&text), buffer_span(wanted)));
    store_free(store);
}

static void assert_file_is_as(const struct bench *bench) {
    BUFFER_AUTO struct buffer text = BUFFER_NULL;

    dump(bench->store, &text);
    assert_loads_as(open(bench->path, O_RDONLY | O_CLOEXEC), &text);
}

static ino_t inode_of(const char *path) {
    struct stat status;

    return stat(path, &status) == 0 ? status.st_ino : 0;
}

static uint64_t size_of(int fd) {
    struct stat status;

    assert_int_equal(fstat(fd, &status), 0);
    return (uint64_t)status.st_size;
}

static uint64_t journal_bytes(const struct bench *bench) {
    return store_journal(bench->store).bytes;
}

/* Turns that replace one value, until the journal is long enough to be written anew. */
static void grow(struct bench *bench) {
    while (journal_bytes(bench) <= REWRITE_MIN_BYTES) {
        put_numbered(bench->store, 0, 60000, 'b');
        commit(bench->store);
    }
}

/* As the loop does it between two turns, and meanwhile `change` makes a turn. */
static void write_anew(
        struct bench *bench, void (*change)(struct bench *bench, unsigned int step)) {
    unsigned int step = 0;
    uint64_t before = journal_bytes(bench);

    grow(bench);
    do {
        int ms = store_idle(bench->store, false);

        if (journal_bytes(bench) < before) {
            break;
        }
        if (ms > 1) {
            (void)usleep((useconds_t)ms * 1000); /* a thread syncs */
        }
        if (change != NULL) {
            change(bench, step);
        }
        before = journal_bytes(bench);
        assert_true(++step < 10000);
    } while (journal_bytes(bench) >= before);
    assert_true(step > 3); /* in slices */
}

/* Each turn changes names at both ends of the order, so some are copied already and some not yet.
 */
static void change_all_kinds(struct bench *bench, unsigned int step) {
    struct store *store = bench->store;
    unsigned int low = step % (SECRETS / 2);
    unsigned int high = SECRETS - 1 - low;

    put_numbered(store, low, 100, 'c');
    put_numbered(store, high, 120, 'd');
    drop_numbered(store, low / 2);
    drop_numbered(store, high - low / 2 - 1);
    put_numbered(store, SECRETS + step, 10, 'e'); /* behind all */
    append_event(store);
    commit(store);
    put_numbered(store, low, 5000, 'x'); /* and a turn that is taken back */
    drop_numbered(store, high);
    store_abort(store);
    put_numbered(store, low / 2, 50, 'f'); /* a name that was deleted comes back */
    commit(store);
}

static void changes_meanwhile_are_in_the_new_file(void **state) {
    struct bench *bench = *state;
    ino_t before = inode_of(bench->path);

    write_anew(bench, change_all_kinds);
    assert_true(inode_of(bench->path) != before);
    assert_int_equal(inode_of(bench->beside), 0);
    assert_true(journal_bytes(bench) < REWRITE_MIN_BYTES / 2);
    assert_file_is_as(bench);
    change_all_kinds(bench, 7); /* the store goes on in the new one */
    assert_file_is_as(bench);
}

static void change_much(struct bench *bench, unsigned int step) {
    struct store *store = bench->store;

    for (unsigned int number = 0; step < 2 && number < 3; number++) {
        put_numbered(store, number, FRAME_BYTES - 4000, 'g');
    }
    change_all_kinds(bench, step);
}

static void a_turn_of_several_frames_meanwhile_is_in_it(void **state) {
    struct bench *bench = *state;

    write_anew(bench, change_much);
    assert_file_is_as(bench);
}

static void a_rewrite_that_is_given_up_leaves_the_old_file(void **state) {
    struct bench *bench = *state;
    BUFFER_AUTO struct buffer text = BUFFER_NULL;
    ino_t before = inode_of(bench->path);

    grow(bench);
    for (unsigned int step = 0; step < 4; step++) {
        assert_true(store_idle(bench->store, false) >= 0);
        change_all_kinds(bench, step);
    }
    assert_true(inode_of(bench->beside) != 0);
    dump(bench->store, &text);
    bench->store = store_free(bench->store);
    assert_int_equal(inode_of(bench->path), before);
    assert_int_equal(inode_of(bench->beside), 0);
    assert_loads_as(open(bench->path, O_RDONLY | O_CLOEXEC), &text);
}

static void a_place_that_is_taken_stops_nothing(void **state) {
    struct bench *bench = *state;
    int fd = open(bench->beside, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

    assert_int_equal(write(fd, "my only copy", 12), 12);
    grow(bench);
    for (unsigned int step = 0; step < 10; step++) {
        assert_int_equal(store_idle(bench->store, false), -1);
        change_all_kinds(bench, step);
    }
    assert_true(journal_bytes(bench) > REWRITE_MIN_BYTES);
    assert_file_is_as(bench);
    assert_int_equal(size_of(fd), 12);
    (void)close(fd);
}

/* Makes FILE.rewrite with that content, and starts anew. */
static void begin_beside(struct bench *bench, struct span content, bool has_id) {
    char bytes[HEAD_BYTES];
    struct damage damage;
    int fd;

    if (has_id) {
        fd = open(bench->path, O_RDONLY | O_CLOEXEC);
        assert_int_equal(pread(fd, bytes, HEAD_BYTES, 0), HEAD_BYTES);
        (void)close(fd);
        content = (struct span){bytes, HEAD_BYTES};
    }
    fd = open(bench->beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_int_equal(write(fd, content.data, content.len), content.len);
    (void)close(fd);
    bench->store = store_free(bench->store);
    assert_int_equal(store_new(STORE_FILE, NULL, &bench->store), 0);
    assert_int_equal(store_load(bench->store, open(bench->path, O_RDWR | O_CLOEXEC), &damage), 0);
    assert_int_equal(store_begin(bench->store, bench->path), 0);
}

static void a_start_removes_only_what_a_rewrite_left(void **state) {
    struct bench *bench = *state;
    static const char zeros[4096];

    begin_beside(bench, SPAN_NULL, true);
    assert_int_equal(inode_of(bench->beside), 0);
    begin_beside(bench, SPAN_LITERAL(""), false); /* power failed once it was made */
    assert_int_equal(inode_of(bench->beside), 0);
    begin_beside(bench, (struct span){zeros, HEAD_BYTES}, false);
    assert_int_equal(inode_of(bench->beside), 0);
    begin_beside(bench, (struct span){zeros, HEAD_BYTES + 1}, false);
    assert_true(inode_of(bench->beside) != 0);
    begin_beside(bench, SPAN_LITERAL("my only copy"), false);
    assert_true(inode_of(bench->beside) != 0);
}

static void a_stop_writes_a_small_journal_anew(void **state) {
    struct bench *bench = *state;
    BUFFER_AUTO struct buffer text = BUFFER_NULL;
    size_t len;
    char *bytes;
    int fd;

    put_numbered(bench->store, 1, 30000, 'z');
    commit(bench->store);
    drop_numbered(bench->store, 1);
    commit(bench->store);
    dump(bench->store, &text);
    store_close(bench->store);
    bench->store = store_free(bench->store);
    fd = open(bench->path, O_RDONLY | O_CLOEXEC);
    len = size_of(fd);
    bytes = mmap(NULL, len, PROT_READ, MAP_SHARED, fd, 0);
    assert_null(memmem(bytes, len, "zzzzzzzz", 8)); /* what was deleted is gone */
    assert_int_equal(munmap(bytes, len), 0);
    assert_int_equal(inode_of(bench->beside), 0);
    assert_loads_as(fd, &text);
}

static void memfds_are_written_in_turns(void **state) {
    struct bench *bench = *state;
    BUFFER_AUTO struct buffer text = BUFFER_NULL;

    for (int round = 0; round < 3; round++) {
        int now = bench->memfds[(round + 1) % 2];
        int before = bench->memfds[round % 2];

        write_anew(bench, change_all_kinds);
        for (int wait = 0; wait < 200 && size_of(before) > 0; wait++) {
            (void)usleep(5000); /* its memory may be given back by a thread */
        }
        assert_int_equal(size_of(before), 0);
        assert_int_equal(size_of(now), journal_bytes(bench));
        change_all_kinds(bench, 3);
        dump(bench->store, &text);
        assert_loads_as(dup(now), &text);
    }
}

/* A turn of several frames is whole or it is not there, wherever the journal ends. */
static void a_turn_of_several_frames_is_whole_or_not_there(void **state) {
    struct bench *bench = *state;
    BUFFER_AUTO struct buffer before = BUFFER_NULL;
    BUFFER_AUTO struct buffer after = BUFFER_NULL;
    uint64_t from = journal_bytes(bench);
    uint64_t end;

    dump(bench->store, &before);
    for (unsigned int number = 0; number < 4; number++) {
        put_numbered(bench->store, number, FRAME_BYTES - 1000, 'h');
    }
    drop_numbered(bench->store, 9);
    append_event(bench->store);
    commit(bench->store);
    dump(bench->store, &after);
    end = journal_bytes(bench);
    assert_true(end - from > 3 * FRAME_BYTES);
    assert_loads_as(dup(bench->memfds[0]), &after);
    for (unsigned int cut = 0; cut < 8; cut++) {
        assert_int_equal(ftruncate(bench->memfds[0], (off_t)(end - 1 - (end - from) / 8 * cut)), 0);
        assert_loads_as(dup(bench->memfds[0]), &before);
    }
}

int main(void) {
#define ON_FILE(test) cmocka_unit_test_setup_teardown(test, setup_file, teardown)
#define ON_MEMFDS(test) cmocka_unit_test_setup_teardown(test, setup_memfds, teardown)
    const struct CMUnitTest tests[] = {
            ON_FILE(changes_meanwhile_are_in_the_new_file),
            ON_FILE(a_turn_of_several_frames_meanwhile_is_in_it),
            ON_FILE(a_rewrite_that_is_given_up_leaves_the_old_file),
            ON_FILE(a_place_that_is_taken_stops_nothing),
            ON_FILE(a_start_removes_only_what_a_rewrite_left),
            ON_FILE(a_stop_writes_a_small_journal_anew),
            ON_MEMFDS(memfds_are_written_in_turns),
            ON_MEMFDS(a_turn_of_several_frames_is_whole_or_not_there),
    };

    return cmocka_run_group_tests_name("rewrite", tests, NULL, NULL);
}
