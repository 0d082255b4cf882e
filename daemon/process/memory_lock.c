#include "process/memory_lock.h"

#include <stdint.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

static bool everything; /* is locked, or is to be */

/* Whether more than the limit can be locked, for want of one or by right. */
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
    (void)munlockall(); /* as it was */
    if (probe == MAP_FAILED) {
        return false;
    }
    (void)munmap(probe, (size_t)limit.rlim_cur + 1);
    return true;
}

void memory_lock_begin(bool state_is_file) {
    int later = state_is_file ? 0 : MCL_FUTURE;

    everything = is_unlimited() && mlockall(MCL_CURRENT | MCL_ONFAULT | later) == 0;
}

/* From its end down to where nothing is mapped, or to the limit. */
static void lock_heap(void) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *at = sbrk(0);

    while (mlock2(at - page, page, MLOCK_ONFAULT) == 0) {
        at -= page;
    }
}

void memory_lock_end(void) {
    if (!everything || mlockall(MCL_FUTURE | MCL_ONFAULT) != 0) { /* again, if the state was out */
        lock_heap();
    }
}
