/*
 * How much memory this process may take, and how long a file it may write. Under a cgroup's limit
 * the kernel kills whoever takes more, and says nothing before; so the daemon counts by itself.
 *
 * From each limit is taken off what the process had in use when limits_read() was called, and a
 * reserve for what serves clients.
 */
#ifndef GHOSTKEYD_LIMITS_H
#define GHOSTKEYD_LIMITS_H

#include <limits.h>

#include "common/span.h"

#define LIMIT_NONE UINT64_MAX

struct limits {
    uint64_t memory_bytes;  /* cgroups and the machine: memory, memfds and files on a tmpfs */
    uint64_t address_bytes; /* RLIMIT_AS: memory alone */
    uint64_t file_bytes;    /* RLIMIT_FSIZE: each file and each memfd; nothing is taken off */
};

#define LIMITS_NONE ((struct limits){LIMIT_NONE, LIMIT_NONE, LIMIT_NONE})

/* A limit that cannot be read counts as none. */
void limits_read(struct limits *ret_limits);

/* What is left of a limit for the state, beside what the process has in use. */
uint64_t limits_left(uint64_t limit, uint64_t used);

/* The folder of a process's cgroup that has its limit of memory, and those above it. */
struct cgroup {
    bool is_v1;
    char folder[PATH_MAX];
    size_t top_len; /* of the topmost folder that can be seen */
};

/*
 * Finds it by the text of /proc/self/cgroup (proc_pid_cgroup(5)) and of /proc/self/mountinfo
 * (proc_pid_mountinfo(5)). Where the controller of memory belongs to a v1 hierarchy, that one
 * counts. False: it is not mounted.
 */
bool limits_find_cgroup(struct span cgroups, struct span mounts, struct cgroup *ret_cgroup);

/* A number as memory.max (v2) and memory.limit_in_bytes (v1) have it; v1 has no word for "none",
 * but says almost 2^63. */
uint64_t limits_parse_bytes(struct span text);

/* MemTotal of /proc/meminfo. */
uint64_t limits_parse_meminfo(struct span text);

#endif
