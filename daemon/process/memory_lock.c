#include "process/memory_lock.h"

#include <malloc.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "process/chunk.h"

/* By default glibc raises both with the largest block that was freed, and keeps tens of MiB. */
#define MAPPED_FROM_BYTES (1024 * 1024)  /* larger blocks are mapped, and unmapped when freed */
#define FREE_MAX_BYTES (2 * 1024 * 1024) /* more at the end of the heap is given back */

static bool is_everything_locked; /* else memory_lock_end() locks the heap */
static char *begun_at;            /* where the heap ended when memory_lock_begin() was called */

/* Whether this process can lock any amount: there is no limit, or the limit is not applied. */
static bool is_unlimited(void) {
    struct rlimit limit;
    void *probe;

    if (getrlimit(RLIMIT_MEMLOCK, &limit) != 0) {
        return false;
    }
    if (limit.rlim_cur == RLIM_INFINITY) {
        return true;
    }
    if (limit.rlim_cur > SIZE_MAX / 2 || mlockall(MCL_FUTURE | MCL_ONFAULT) != 0) {
        return false;
    }
    probe = mmap(NULL, (size_t)limit.rlim_cur + 1, PROT_NONE,
            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    (void)munlockall(); /* ends MCL_FUTURE */
    if (probe == MAP_FAILED) {
        return false;
    }
    (void)munmap(probe, (size_t)limit.rlim_cur + 1);
    return true;
}

static bool lock_everything(void) {
    return mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) == 0;
}

void memory_lock_begin(void) {
    (void)mallopt(M_MMAP_THRESHOLD, MAPPED_FROM_BYTES); /* these cannot fail for such numbers */
    (void)mallopt(M_TRIM_THRESHOLD, FREE_MAX_BYTES);
    is_everything_locked = is_unlimited() && lock_everything();
    begun_at = sbrk(0);
}

/* Locks pages down from begun_at, then up, until nothing is mapped there or the limit is reached.
 */
static void lock_heap(void) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *down = begun_at;
    char *up = begun_at;

    while (mlock2(down - page, page, MLOCK_ONFAULT) == 0) {
        down -= page;
    }
    while (up < (char *)sbrk(0) && mlock2(up, page, MLOCK_ONFAULT) == 0) {
        up += page;
    }
}

void memory_lock_end(void) {
    if (!is_everything_locked) {
        lock_heap();
        chunk_lock();
    }
}

void memory_lock_trim(void) {
    if (is_everything_locked) {
        (void)munlockall(); /* the kernel takes no locked page back */
    }
    (void)malloc_trim(0);
    chunk_trim();
    if (is_everything_locked) {
        (void)lock_everything(); /* it was possible before */
    }
}
