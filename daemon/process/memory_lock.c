#include "process/memory_lock.h"

#include <stdint.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

static bool is_everything_locked; /* with memory_lock_end(); else only the heap is */

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

void memory_lock_begin(bool state_is_file) {
    int later = state_is_file ? 0 : MCL_FUTURE;

    is_everything_locked = is_unlimited() && mlockall(MCL_CURRENT | MCL_ONFAULT | later) == 0;
}

/* Locks pages from the heap's end down, until nothing is mapped there or the limit is reached. */
static void lock_heap(void) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *at = sbrk(0);

    while (mlock2(at - page, page, MLOCK_ONFAULT) == 0) {
        at -= page;
    }
}

void memory_lock_end(void) {
    /* the map of a state's file was left out, but new memory is locked from now on */
    if (!is_everything_locked || mlockall(MCL_FUTURE | MCL_ONFAULT) != 0) {
        lock_heap();
    }
}
