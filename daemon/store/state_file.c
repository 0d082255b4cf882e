/* The --store file: found, locked and checked; or made, so that it is whole once it has its name.
 */
#include "store/state_internal.h"

#include "common/cleanup.h"
#include "process/log.h"
#include "store/check.h"
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#define LINE_MAX_BYTES 256

__attribute__((format(printf, 3, 4))) static int refuse(
        struct problem *problem, const char *path, const char *format, ...) {
    char why[PROBLEM_MAX_BYTES];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(why, sizeof(why), format, arguments);
    va_end(arguments);
    return problem_set(problem, GK_E_INTERNAL, "--store: %s %s", path, why);
}

/* Who holds the lock on the file (proc(5), /proc/locks); 0 if that cannot be told. */
static int holder_of(int fd) {
    GK_AUTO_FCLOSE FILE *locks = fopen("/proc/locks", "re");
    char line[LINE_MAX_BYTES];
    struct stat stat;

    if (locks == NULL || fstat(fd, &stat) != 0) {
        return 0;
    }
    while (fgets(line, sizeof(line), locks) != NULL) {
        unsigned int major_number;
        unsigned int minor_number;
        unsigned long long inode;
        int pid;

        if (sscanf(line, "%*s FLOCK %*s %*s %d %x:%x:%llu", &pid, &major_number, &minor_number,
                    &inode) == 4 &&
                inode == stat.st_ino && major_number == major(stat.st_dev) &&
                minor_number == minor(stat.st_dev)) {
            return pid;
        }
    }
    return 0;
}

static int lock(int fd, const char *path, struct problem *problem) {
    int pid;

    if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
        return 0;
    }
    if (errno != EWOULDBLOCK) {
        return refuse(problem, path, "cannot be locked: %s", strerror(errno));
    }
    pid = holder_of(fd);
    return pid > 0 ? refuse(problem, path, "is held by process %d already; stop it first", pid)
                   : refuse(problem, path, "is held by another process already; stop it first");
}

/* Looks whether what was opened may be used as a store at all. */
static int check_inode(int fd, const char *path, struct stat *ret_stat, struct problem *problem) {
    if (fstat(fd, ret_stat) != 0) {
        return refuse(problem, path, "cannot be looked at: %s", strerror(errno));
    }
    if (!S_ISREG(ret_stat->st_mode)) {
        return refuse(problem, path, "is no regular file");
    }
    if (ret_stat->st_uid != geteuid()) {
        return refuse(problem, path, "belongs to another user");
    }
    return 0;
}

/* Its length, now that nobody else writes; and whether it is still what bears the name. */
static int check_still_there(
        int fd, const char *path, struct stat *ret_stat, struct problem *problem) {
    struct stat named;

    if (fstat(fd, ret_stat) != 0 || stat(path, &named) != 0 || named.st_ino != ret_stat->st_ino ||
            named.st_dev != ret_stat->st_dev) {
        return refuse(problem, path, "was replaced just now; start again");
    }
    return 0;
}

/* LMDB trusts what it reads, so it is let near a file only after that was read without it. */
static int check_content(int fd, const char *path, size_t len, struct problem *problem) {
    const void *content = MAP_FAILED;
    const char *fault = "it is empty";

    if (len > 0) {
        content = mmap(NULL, len, PROT_READ, MAP_SHARED, fd, 0);
        if (content == MAP_FAILED) {
            return refuse(problem, path, "cannot be read: %s", strerror(errno));
        }
        (void)madvise((void *)content, len, MADV_SEQUENTIAL);
        fault = check_fault(content, len);
        (void)munmap((void *)content, len);
    }
    return fault == NULL ? 0
                         : refuse(problem, path,
                                   "cannot be used: %s; put a copy in its place, or move it away "
                                   "to begin anew",
                                   fault);
}

static int open_existing(int fd, const struct state_options *options, struct state_home *ret_home,
        struct problem *problem) {
    STATE_HOME_AUTO struct state_home home = STATE_HOME_NULL;
    struct stat status;
    int result;

    home.fd = fd;
    result = check_inode(fd, options->path, &status, problem);
    if (result == 0) {
        result = lock(fd, options->path, problem);
    }
    if (result == 0) {
        result = check_still_there(fd, options->path, &status, problem);
    }
    if (result == 0) {
        result = check_content(fd, options->path, (size_t)status.st_size, problem);
    }
    if (result == 0) {
        result = state_open_store(&home, STORE_FILE, options, problem);
    }
    if (result == 0) {
        *ret_home = home;
        home = STATE_HOME_NULL;
    }
    return result;
}

/* Keeps a state in a file that gets its name only when state_publish() is called. */
static int make_new(
        const struct state_options *options, struct state_home *ret_home, struct problem *problem) {
    STATE_HOME_AUTO struct state_home home = STATE_HOME_NULL;
    int error = new_file_open(options->path, &home.draft);
    int result;

    if (error != 0) {
        return refuse(problem, options->path, "cannot be made: %s", strerror(-error));
    }
    home.fd = gk_steal_fd(&home.draft.fd);
    result = lock(home.fd, options->path, problem);
    if (result != 0) {
        return result;
    }
    result = state_open_store(&home, STORE_FILE, options, problem);
    if (result != 0) {
        return result;
    }
    if (fsync(home.fd) != 0) {
        return refuse(problem, options->path, "cannot be written: %s", strerror(errno));
    }
    *ret_home = home;
    home = STATE_HOME_NULL; /* handed over */
    return 0;
}

/* Closes a store's file to others, if it is open to them. */
static int close_to_others(int fd, const char *path, struct problem *problem) {
    struct stat status;

    if (fstat(fd, &status) != 0) {
        return refuse(problem, path, "cannot be looked at: %s", strerror(errno));
    }
    if ((status.st_mode & 0777) != 0600 && fchmod(fd, 0600) != 0) {
        return refuse(problem, path, "is open to others, and that cannot be changed: %s",
                strerror(errno));
    }
    return 0;
}

int state_publish(const char *path, struct state_home *home, struct problem *problem) {
    int error;

    if (path == NULL) {
        return 0;
    }
    if (home->draft.path[0] == '\0') {
        return close_to_others(home->fd, path, problem);
    }
    error = new_file_publish(&home->draft, home->fd);
    if (error == -EEXIST) {
        return refuse(problem, path, "was made by another process just now; start again");
    }
    if (error != 0) {
        return refuse(problem, path, "cannot be made: %s", strerror(-error));
    }
    new_file_deinit(&home->draft); /* of its first name, if it had one */
    return 0;
}

int state_open_file(
        const struct state_options *options, struct state_home *ret_home, struct problem *problem) {
    int fd = open(options->path, O_RDWR | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    struct stat link;

    if (fd >= 0) {
        return open_existing(fd, options, ret_home, problem); /* consumed */
    }
    if (errno != ENOENT) {
        return refuse(problem, options->path, "cannot be opened: %s", strerror(errno));
    }
    if (lstat(options->path, &link) == 0) {
        /* a new file would take the link's place, and not stand where it points */
        return refuse(
                problem, options->path, "is a link to nothing; remove it, or make its target");
    }
    return make_new(options, ret_home, problem);
}
