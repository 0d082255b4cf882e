#include "process/parent.h"

#include <errno.h>
#include <string.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "ghostkey/error.h"

int parent_watch_new(int *ret_fd, struct problem *problem) {
    pid_t parent = getppid();
    GK_AUTO_CLOSE int fd = -1;

    if (parent == 0) {
        return problem_set(problem, GK_E_INTERNAL,
                "--exit-with-parent: the parent is outside of this container (its pid is not "
                "seen here), so it cannot be watched");
    }
    fd = pidfd_open(parent, 0);
    if (fd < 0 && errno != ESRCH) {
        return problem_set(problem, GK_E_INTERNAL,
                "--exit-with-parent: the parent cannot be watched (pidfd_open: %s); Linux 5.3 or "
                "later is needed",
                strerror(errno));
    }
    /* if it had ended before pidfd_open(), its number may be another process's by now */
    *ret_fd = getppid() == parent ? gk_steal_fd(&fd) : -1;
    return 0;
}
