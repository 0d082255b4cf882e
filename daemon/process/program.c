#include "process/program.h"

#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"

#define PATH_MAX_BYTES 32
#define STAT_MAX_BYTES 512 /* more than what stands before the time of start */
#define MS_PER_S 1000

/* Reads the beginning of a file of the process. Returns its length; 0: it cannot be read. */
static size_t read_file(pid_t pid, const char *name, char *place, size_t place_bytes) {
    char path[PATH_MAX_BYTES];
    GK_AUTO_CLOSE int fd = -1;
    ssize_t len;

    (void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    len = fd >= 0 ? read(fd, place, place_bytes) : 0;
    return len > 0 ? (size_t)len : 0;
}

void program_name(pid_t pid, char ret_name[PROGRAM_NAME_BYTES]) {
    size_t len = read_file(pid, "comm", ret_name, PROGRAM_NAME_BYTES);

    if (len <= 1) {
        strcpy(ret_name, "-");
        return;
    }
    ret_name[len - 1] = '\0'; /* its newline */
}

bool program_is_gone(pid_t pid) {
    return kill(pid, 0) != 0 && errno == ESRCH;
}

bool program_has_ended(pid_t pid, int64_t seen_boot_ms) {
    char text[STAT_MAX_BYTES];
    size_t len = read_file(pid, "stat", text, sizeof(text) - 1);
    const char *rest;
    uint64_t ticks;
    char state;

    text[len] = '\0';
    rest = strrchr(text, ')'); /* behind the name, which may hold any byte */
    if (rest == NULL) {
        return program_is_gone(pid);
    }
    if (sscanf(rest,
                ") %c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s "
                "%" SCNu64,
                &state, &ticks) != 2) {
        return false;
    }
    return state == 'Z' || state == 'X' ||
           (int64_t)(ticks * MS_PER_S / (uint64_t)sysconf(_SC_CLK_TCK)) > seen_boot_ms;
}
