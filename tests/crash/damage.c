/*
 * Damages stores at random and looks what happens. Either a start refuses the file, or a child
 * process reads everything in it, changes much, and reads it again. The child must not die by a
 * signal, and must not read anything that was not written or miss anything that was. A store that
 * was in use may lose its last turns, since a journal that is cut looks like one that a crash left.
 *
 *   damage [SEED [FILES]]
 */
#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "common/cleanup.h"
#include "sample_store.h"
#include "store/journal.h"
#include "store/seal.h"

#define FILES_DEFAULT 2400
#define PAGE_BYTES 512
#define RUN_MAX_BYTES 300
#define CHANGE_SEED 7
#define TURNS 3 /* of the sample, since it was written whole */
#define CHILD_MAX_S 20

enum verdict { SAME, FAILED, WRONG, VERDICTS };

struct sample {
    const char *name;
    struct sample_size size;
    bool is_sealed;
    bool in_use; /* not closed by a clean stop */
    struct seal *seal;
    unsigned char *bytes;
    size_t len;
    struct buffer before;       /* what is in it */
    struct buffer older[TURNS]; /* after each turn but the last */
    struct buffer after;        /* and after sample_change() */
};

static struct sample samples[] = {
        {.name = "a few secrets", .size = {12, 3, 5000}},
        {.name = "trees of several levels", .size = {700, 12, 9000}},
        {.name = "large values", .size = {40, 30, 60000}},
        {.name = "trees of several levels, sealed", .size = {500, 8, 9000}, .is_sealed = true},
        {.name = "a few secrets, sealed", .size = {12, 3, 5000}, .is_sealed = true},
        {.name = "a store in use", .size = {40, 3, 5000}, .in_use = true},
};

#define SAMPLE_COUNT (sizeof(samples) / sizeof(samples[0]))

static unsigned int below(unsigned int *seed, size_t limit) {
    return sample_random(seed, (unsigned int)limit);
}

/* A quarter of the places are in the head of the file. */
static size_t place(size_t len, unsigned int *seed) {
    return below(seed, below(seed, 4) == 0 && len > HEAD_BYTES ? HEAD_BYTES : len);
}

static void fill_run(unsigned char *bytes, size_t at, size_t end, int with, unsigned int *seed) {
    for (; at < end; at++) {
        bytes[at] = with >= 0 ? (unsigned char)with : (unsigned char)below(seed, 256);
    }
}

static size_t damage(const struct sample *sample, unsigned char *bytes, unsigned int *seed) {
    size_t len = sample->len;
    size_t pages = len / PAGE_BYTES;
    size_t at = place(len, seed);
    size_t end = at + 1 + below(seed, RUN_MAX_BYTES);
    size_t one = below(seed, pages) * PAGE_BYTES;
    size_t other = below(seed, pages) * PAGE_BYTES;

    end = end < len ? end : len;
    switch (below(seed, 10)) {
    case 0:
        return below(seed, len);
    case 1:
        return below(seed, pages) * PAGE_BYTES;
    case 2:
        memcpy(bytes + one, sample->bytes + other, PAGE_BYTES);
        memcpy(bytes + other, sample->bytes + one, PAGE_BYTES);
        break;
    case 3:
        memcpy(bytes + one, sample->bytes + other, PAGE_BYTES);
        break;
    case 4:
        fill_run(bytes, at, end, below(seed, 2) == 0 ? 0 : -1, seed);
        break;
    case 5:
    case 6:
        bytes[at] = (unsigned char)below(seed, 256);
        break;
    default:
        bytes[at] ^= (unsigned char)(1 << below(seed, 8));
    }
    return len;
}

static enum verdict verdict_of(int error, const struct buffer *got, const struct buffer *wanted) {
    if (error != 0) {
        return FAILED;
    }
    return span_equals(buffer_span(got), buffer_span(wanted)) ? SAME : WRONG;
}

/* NULL: a start would refuse it. */
static struct store *open_store(const struct sample *sample, int fd) {
    struct store *store = NULL;
    struct damage damage;
    int file = dup(fd);

    if (file < 0 || store_new(STORE_FDSTORE, sample->seal, &store) != 0) {
        exit(1);
    }
    if (store_load(store, file, &damage) != 0 || store_begin(store, NULL) != 0) {
        (void)close(file);
        return store_free(store);
    }
    return store;
}

/* Reads, changes, reads. */
static enum verdict use(const struct sample *sample, int fd) {
    BUFFER_AUTO struct buffer before = BUFFER_NULL;
    BUFFER_AUTO struct buffer after = BUFFER_NULL;
    struct store *store = NULL;
    enum verdict verdict;

    store = open_store(sample, fd);
    if (store == NULL) {
        return FAILED;
    }
    verdict = verdict_of(sample_dump(store, &before), &before, &sample->before);
    for (size_t at = 0; verdict == WRONG && sample->in_use && at < TURNS; at++) {
        if (span_equals(buffer_span(&before), buffer_span(&sample->older[at]))) {
            store_free(store);
            return SAME;
        }
    }
    if (verdict == SAME && sample_change(store, CHANGE_SEED) != 0) {
        verdict = FAILED;
    }
    if (verdict == SAME) {
        verdict = verdict_of(sample_dump(store, &after), &after, &sample->after);
    }
    store_free(store);
    return verdict;
}

static int memfd_of(const unsigned char *bytes, size_t len) {
    int fd = memfd_create("damaged", MFD_CLOEXEC);

    if (fd < 0 || write(fd, bytes, len) != (ssize_t)len) {
        perror("a copy of a store");
        exit(1);
    }
    return fd;
}

/* The number of a signal, or minus the verdict. */
static int use_in_child(const struct sample *sample, const unsigned char *bytes, size_t len) {
    const struct rlimit time = {CHILD_MAX_S, CHILD_MAX_S};
    GK_AUTO_CLOSE int fd = memfd_of(bytes, len);
    pid_t child = fork();
    int status = 0;

    if (child == 0) {
        (void)setrlimit(RLIMIT_CPU, &time);
        (void)!freopen("/dev/null", "w", stderr);
        _exit(use(sample, fd));
    }
    if (child < 0 || waitpid(child, &status, 0) != child) {
        perror("a child process");
        exit(1);
    }
    return WIFSIGNALED(status) ? WTERMSIG(status) : -WEXITSTATUS(status);
}

static void prepare(struct sample *sample) {
    static const unsigned char key[SEAL_KEY_BYTES] = {4, 6};
    GK_AUTO_CLOSE int fd = -1;
    struct store *store = NULL;
    struct stat status;

    if (sample->is_sealed && seal_new(key, &sample->seal) != 0) {
        exit(1);
    }
    fd = sample_make(&sample->size, sample->seal);
    store = open_store(sample, fd);
    for (unsigned int turn = 0; turn < TURNS; turn++) {
        if (store == NULL || sample_dump(store, &sample->older[turn]) != 0 ||
                sample_change_once(store, turn + 1) != 0) {
            exit(1);
        }
    }
    if (!sample->in_use) {
        store_close(store);
    }
    (void)fstat(fd, &status);
    sample->len = (size_t)status.st_size;
    sample->bytes = malloc(sample->len);
    if (sample->bytes == NULL || pread(fd, sample->bytes, sample->len, 0) != status.st_size) {
        exit(1);
    }
    store_free(store);
    store = open_store(sample, fd);
    if (store == NULL || sample_dump(store, &sample->before) != 0 ||
            sample_change(store, CHANGE_SEED) != 0 || sample_dump(store, &sample->after) != 0) {
        (void)fprintf(stderr, "a sound store cannot be used\n");
        exit(1);
    }
    store_free(store);
}

struct counts {
    unsigned int served;
    unsigned int failed; /* refused */
    unsigned int bad;
};

static void try_one(const struct sample *sample, unsigned int number, struct counts *counts) {
    unsigned int seed = number * 2654435761u + 1;
    GK_AUTO_FREE unsigned char *whole = malloc(sample->len);
    GK_AUTO_FREE unsigned char *bytes = NULL;
    size_t len;
    int outcome;

    memcpy(whole, sample->bytes, sample->len);
    len = damage(sample, whole, &seed);
    bytes = malloc(len > 0 ? len : 1); /* to the byte: a sanitizer sees a read past its end */
    memcpy(bytes, whole, len);
    outcome = use_in_child(sample, bytes, len);
    counts->served += outcome == -SAME;
    counts->failed += outcome == -FAILED;
    if (outcome > 0 || outcome <= -WRONG) {
        counts->bad += 1;
        printf("# file %u, %s: %s %d\n", number, sample->name,
                outcome > 0 ? "signal" : "not what was written:", outcome);
    }
}

int main(int argc, char **argv) {
    unsigned int first = argc > 1 ? (unsigned int)atoi(argv[1]) : 1;
    unsigned int files = argc > 2 ? (unsigned int)atoi(argv[2]) : FILES_DEFAULT;
    bool passed = true;

    printf("1..%zu\n", SAMPLE_COUNT * 2);
    for (size_t at = 0; at < SAMPLE_COUNT; at++) {
        struct sample *sample = &samples[at];
        struct counts counts = {0};
        int outcome;

        prepare(sample);
        outcome = use_in_child(sample, sample->bytes, sample->len);
        passed = passed && outcome == -SAME;
        printf("%s %zu - %s: a sound file passes\n", outcome == -SAME ? "ok" : "not ok", at * 2 + 1,
                sample->name);
        for (unsigned int i = 0; i < files / SAMPLE_COUNT; i++) {
            try_one(sample, first * 1000003 + i, &counts);
        }
        passed = passed && counts.bad == 0;
        printf("%s %zu - %s: damaged %u times: %u refused, %u served whole, %u wrong\n",
                counts.bad == 0 ? "ok" : "not ok", at * 2 + 2, sample->name,
                files / (unsigned int)SAMPLE_COUNT, counts.failed, counts.served, counts.bad);
    }
    return passed ? 0 : 1;
}
