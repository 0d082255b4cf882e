#include "process/library_pages.h"

#include "support/test.h"
#include <link.h>
#include <openssl/crypto.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define EDGES_KIB 8 /* a page at each end, which may be shared with a neighbour */
#define LEAST_KIB 64

/* libcrypto's code, which all of this program but libcrypto itself can do without. */
static struct {
    const char *start;
    size_t len;
} code;

static int find_code(struct dl_phdr_info *object, size_t size, void *data) {
    uintptr_t inside = (uintptr_t)OpenSSL_version_num;

    for (size_t at = 0; at < object->dlpi_phnum; at++) {
        const ElfW(Phdr) *header = &object->dlpi_phdr[at];
        uintptr_t start = object->dlpi_addr + header->p_vaddr;

        if (header->p_type == PT_LOAD && inside >= start && inside < start + header->p_memsz) {
            code.start = (const char *)start;
            code.len = header->p_memsz;
            return 1;
        }
    }
    return 0;
}

/* How much of it is in memory of this process, locked or not. */
static long resident_kib(void) {
    FILE *file = fopen("/proc/self/smaps", "re");
    char line[512];
    unsigned long start = 0;
    unsigned long end;
    long kib = 0;
    long more;

    assert_non_null(file);
    while (fgets(line, sizeof(line), file) != NULL) {
        (void)sscanf(line, "%lx-%lx ", &start, &end);
        if (start >= (uintptr_t)code.start && start < (uintptr_t)code.start + code.len &&
                sscanf(line, "Rss: %ld", &more) == 1) {
            kib += more;
        }
    }
    assert_int_equal(fclose(file), 0);
    return kib;
}

static unsigned sum(void) {
    unsigned all = 0;

    for (size_t at = 0; at < code.len; at++) {
        all = all * 31 + (unsigned char)code.start[at];
    }
    return all;
}

static int set_up(void **state) {
    return dl_iterate_phdr(find_code, NULL) == 1 ? 0 : -1;
}

static void what_was_touched_is_dropped_and_comes_back(void **state) {
    unsigned before = sum();

    assert_true(resident_kib() > LEAST_KIB);
    library_pages_drop();
    assert_true(resident_kib() <= EDGES_KIB);
    assert_int_equal(sum(), before);
    assert_true(resident_kib() > LEAST_KIB);
}

#ifdef MADV_DONTNEED_LOCKED
/* The calls themselves: the sanitizers put functions that do nothing in the place of mlock(2). */
static bool lock(const void *start, size_t len) {
    return syscall(SYS_mlock, start, len) == 0;
}

static bool unlock(const void *start, size_t len) {
    return syscall(SYS_munlock, start, len) == 0;
}
#endif

static void what_is_locked_is_dropped_and_stays_locked(void **state) {
#ifdef MADV_DONTNEED_LOCKED
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *start = (char *)((uintptr_t)code.start / page * page);

    if (madvise(start, page, MADV_DONTNEED_LOCKED) != 0 || !lock(start, code.len)) {
        (void)fprintf(stderr, "not tried: an old kernel, or more than this user may lock\n");
        return; /* what cmocka says of a skipped test, meson takes for a failure */
    }
    (void)sum();
    assert_true(resident_kib() > LEAST_KIB);
    library_pages_drop();
    assert_true(resident_kib() <= EDGES_KIB);
    assert_int_not_equal(madvise(start, page, MADV_DONTNEED), 0); /* locked as before */
    assert_true(unlock(start, code.len));
#endif
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(what_was_touched_is_dropped_and_comes_back),
            cmocka_unit_test(what_is_locked_is_dropped_and_stays_locked),
    };

    return cmocka_run_group_tests(tests, set_up, NULL);
}
