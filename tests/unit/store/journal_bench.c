#include "unit/store/journal_bench.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "common/cleanup.h"
#include "store/seal.h"
#include "support/test.h"

static int setup_with(void **state, struct seal *seal) {
    struct bench *bench = calloc(1, sizeof(*bench));
    const struct journal_head head = {.generation = 7};

    assert_non_null(bench);
    bench->fd = memfd_create("journal", MFD_CLOEXEC);
    bench->seal = seal;
    assert_int_equal(journal_make(&bench->journal, dup(bench->fd), JOURNAL_FILE, seal, &head), 0);
    *state = bench;
    return 0;
}

int bench_setup(void **state) {
    return setup_with(state, NULL);
}

int bench_setup_sealed(void **state) {
    static const unsigned char key[SEAL_KEY_BYTES] = {5};
    struct seal *seal;

    assert_int_equal(seal_new(key, &seal), 0);
    return setup_with(state, seal);
}

int bench_teardown(void **state) {
    struct bench *bench = *state;

    journal_deinit(&bench->journal);
    bench->seal = seal_free(bench->seal);
    bench->fd = gk_close(bench->fd);
    free(bench);
    return 0;
}

void bench_write_frame(struct bench *bench, unsigned int flags, const char *text) {
    BUFFER_AUTO struct buffer frame = BUFFER_NULL;

    frame_begin(&frame);
    buffer_append_text(&frame, text);
    assert_int_equal(journal_write(&bench->journal, &frame, flags), 0);
}

void bench_write_turn(struct bench *bench, const char *text) {
    bench_write_frame(bench, FRAME_ENDS_TURN, text);
    journal_keep(&bench->journal);
}

static void begin(void *userdata) {
    struct bench *bench = userdata;

    bench->seen[0] = '\0';
}

static int visit(void *userdata, unsigned int flags, struct span changes) {
    struct bench *bench = userdata;
    size_t len = strlen(bench->seen);

    (void)snprintf(bench->seen + len, sizeof(bench->seen) - len, "%.*s%s ", SPAN_ARGS(changes),
            flags == 0 ? "+" : "");
    return changes.len > 0 && changes.data[0] == '!' ? -EBADMSG : 0;
}

int bench_load(struct bench *bench) {
    GK_AUTO_CLOSE int fd = dup(bench->fd);
    struct journal journal = JOURNAL_NULL;
    const struct frame_reader reader = {begin, visit, bench};
    int error;

    bench->torn = UINT64_MAX;
    bench->damage = (struct damage){"", 0};
    error = journal_load(
            &journal, fd, JOURNAL_FILE, bench->seal, &reader, &bench->torn, &bench->damage);
    if (error != 0) {
        return error;
    }
    (void)gk_steal_fd(&fd);
    journal_deinit(&bench->journal);
    bench->journal = journal;
    return 0;
}

uint64_t bench_size(const struct bench *bench) {
    struct stat status;

    assert_int_equal(fstat(bench->fd, &status), 0);
    return (uint64_t)status.st_size;
}

void bench_change_byte(const struct bench *bench, uint64_t at) {
    char byte;

    assert_int_equal(pread(bench->fd, &byte, 1, (off_t)at), 1);
    byte ^= 0x10;
    assert_int_equal(pwrite(bench->fd, &byte, 1, (off_t)at), 1);
}

void assert_damaged(struct bench *bench, const char *what, uint64_t at) {
    assert_int_equal(bench_load(bench), -EBADMSG);
    assert_string_equal(bench->damage.what, what);
    assert_int_equal(bench->damage.at, at);
}
