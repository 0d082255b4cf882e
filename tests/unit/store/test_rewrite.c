/* The journal written anew, as the loop of the daemon does it: through the store. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "common/cleanup.h"
#include "store/journal.h"
#include "store/store_tables.h"
#include "support/test.h"
#include "unit/store/store_bench.h"

#define SECRETS 400

static void fill(struct bench *bench) {
    for (unsigned int number = 0; number < SECRETS; number++) {
        put_numbered(bench->store, number, VALUE_BYTES, 'a');
    }
    commit(bench->store);
}

static int setup_filled_file(void **state) {
    assert_int_equal(setup_file(state), 0);
    fill(*state);
    return 0;
}

static int setup_filled_memfds(void **state) {
    assert_int_equal(setup_memfds(state), 0);
    fill(*state);
    return 0;
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
        if (ms > 0) {
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

/* A copy that is being made of it, or another name that somebody has given it. */
static void what_others_have_of_the_old_file_stays_whole(void **state) {
    struct bench *bench = *state;
    BUFFER_AUTO struct buffer before = BUFFER_NULL;

    for (int is_linked = 0; is_linked <= 1; is_linked++) {
        int fd;

        grow(bench);
        dump(bench->store, &before);
        fd = open(bench->path, O_RDONLY | O_CLOEXEC);
        if (is_linked) {
            assert_int_equal(link(bench->path, bench->linked), 0);
            fd = gk_close(fd);
        }
        write_anew(bench, NULL);
        while (store_idle(bench->store, false) >= 0) { /* a thread takes the old one away */
        }
        fd = is_linked ? open(bench->linked, O_RDONLY | O_CLOEXEC) : fd;
        assert_true(size_of(fd) > REWRITE_MIN_BYTES);
        assert_loads_as(fd, &before);
    }
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

static void a_clear_that_is_taken_back_writes_nothing_anew(void **state) {
    struct bench *bench = *state;
    ino_t before = inode_of(bench->path);

    for (int is_kept = 0; is_kept <= 1; is_kept++) {
        assert_int_equal(store_open_turn(bench->store), 0);
        assert_int_equal(store_clear(bench->store), 0);
        if (is_kept) {
            commit(bench->store);
        } else {
            store_abort(bench->store);
        }
        assert_int_equal(store_idle(bench->store, false) >= 0, is_kept);
        while (store_idle(bench->store, false) >= 0) {
        }
        assert_int_equal(inode_of(bench->path) != before, is_kept);
    }
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
#define ON_FILE(test) cmocka_unit_test_setup_teardown(test, setup_filled_file, teardown)
#define ON_MEMFDS(test) cmocka_unit_test_setup_teardown(test, setup_filled_memfds, teardown)
    const struct CMUnitTest tests[] = {
            ON_FILE(changes_meanwhile_are_in_the_new_file),
            ON_FILE(a_turn_of_several_frames_meanwhile_is_in_it),
            ON_FILE(a_rewrite_that_is_given_up_leaves_the_old_file),
            ON_FILE(a_place_that_is_taken_stops_nothing),
            ON_FILE(what_others_have_of_the_old_file_stays_whole),
            ON_FILE(a_start_removes_only_what_a_rewrite_left),
            ON_FILE(a_stop_writes_a_small_journal_anew),
            ON_FILE(a_clear_that_is_taken_back_writes_nothing_anew),
            ON_MEMFDS(memfds_are_written_in_turns),
            ON_MEMFDS(a_turn_of_several_frames_is_whole_or_not_there),
    };

    return cmocka_run_group_tests_name("rewrite", tests, NULL, NULL);
}
