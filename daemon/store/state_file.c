/* The --store file: found, locked and checked; or made, so that it is whole once it has its name.
 */
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "common/cleanup.h"
#include "process/log.h"
#include "store/journal.h"
#include "store/state_internal.h"

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

/* Whether the file can be replaced by one that is written anew. */
static int check_place(const char *given, const char *path, struct problem *problem) {
    struct statx status;
    int error = new_file_check(path);

    if (error != 0) {
        return refuse(problem, given,
                "stands in a folder that cannot be written (%s), and is replaced by a new file now "
                "and then; move it into a folder of its own",
                strerror(-error));
    }
    if (statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, 0, &status) == 0 &&
            (status.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0) {
        return refuse(problem, given,
                "is mounted by itself, so that no new file can take its place; mount its folder "
                "instead");
    }
    return 0;
}

/* The key does not fit: which of the two has one, or that both have. */
static int refuse_key(int fd, const struct state_options *options, struct problem *problem) {
    struct journal_head head = {0};
    int error = journal_peek(fd, &head);

    if (error != 0) {
        return log_error(error, "cannot read the store");
    }
    if (!head.is_sealed) {
        return problem_set(problem, GK_E_BAD_REQUEST,
                "--store-key: %s was made without a key; start without one, or name another store",
                options->path);
    }
    return problem_set(problem, GK_E_BAD_REQUEST,
            "--store-key: %s is encrypted%s; only the key that it was made with is accepted",
            options->path, options->has_key ? " with another key" : "");
}

static int refuse_content(int error, const struct damage *damage, int fd,
        const struct state_options *options, struct problem *problem) {
    const char *path = options->path;

    if (error == -EPROTOTYPE) {
        return refuse(problem, path,
                "was made by an older version of GhostKey, which kept it in another way; start "
                "that version, export the secrets, and move the file away to begin anew");
    }
    if (error == -ENODATA) {
        return refuse(problem, path,
                "was made by another version of GhostKey, and this one cannot read it; start that "
                "version, or move the file away to begin anew");
    }
    if (error == -EACCES) {
        return refuse_key(fd, options, problem);
    }
    if (error != -EBADMSG && error != -ENOMSG) {
        return refuse(problem, path, "cannot be read: %s", strerror(-error));
    }
    return refuse(problem, path,
            "is damaged: %s (byte %llu); put a copy in its place, or move it away to begin "
            "anew",
            damage->what, (unsigned long long)damage->at);
}

static int set_up_seal(const struct state_options *options, struct state_home *home) {
    int error = options->has_key ? seal_new(options->key, &home->seal) : 0;

    return error == 0 ? 0 : log_error(error, "cannot set up the encryption of the store");
}

static int open_existing(int file, const struct state_options *options, struct state_home *ret_home,
        struct problem *problem) {
    STATE_HOME_AUTO struct state_home home = STATE_HOME_NULL;
    GK_AUTO_CLOSE int fd = file;
    struct damage damage = {0};
    struct stat status;
    int error = check_inode(fd, options->path, &status, problem);

    if (error != 0) {
        return error;
    }
    error = lock(fd, options->path, problem);
    if (error != 0) {
        return error;
    }
    error = check_still_there(fd, options->path, &status, problem);
    if (error != 0) {
        return error;
    }
    if (realpath(options->path, home.path) == NULL) {
        return refuse(problem, options->path, "cannot be found: %s", strerror(errno));
    }
    error = check_place(options->path, home.path, problem);
    if (error != 0) {
        return error;
    }
    error = set_up_seal(options, &home);
    if (error != 0) {
        return error;
    }
    error = store_new(STORE_FILE, home.seal, &home.store);
    if (error != 0) {
        return log_error(error, "cannot make a store");
    }
    error = store_load(home.store, fd, &damage);
    if (error != 0) {
        return refuse_content(error, &damage, fd, options, problem);
    }
    home.fd = gk_steal_fd(&fd); /* the store's now */
    error = state_check(home.store, options, problem);
    if (error != 0) {
        return error;
    }
    *ret_home = home;
    home = STATE_HOME_NULL;
    return 0;
}

/* Keeps a state in a file that gets its name only when state_publish() is called. */
static int make_new(
        const struct state_options *options, struct state_home *ret_home, struct problem *problem) {
    STATE_HOME_AUTO struct state_home home = STATE_HOME_NULL;
    GK_AUTO_CLOSE int fd = -1;
    int error = new_file_open(options->path, &home.draft);

    if (error != 0) {
        return refuse(problem, options->path, "cannot be made: %s", strerror(-error));
    }
    fd = gk_steal_fd(&home.draft.fd);
    (void)snprintf(home.path, sizeof(home.path), "%s", options->path);
    error = lock(fd, options->path, problem);
    if (error != 0) {
        return error;
    }
    error = set_up_seal(options, &home);
    if (error != 0) {
        return error;
    }
    error = state_make(&home, STORE_FILE, options);
    if (error != 0) {
        return error;
    }
    error = store_keep_in(home.store, fd, STORE_FILE);
    if (error != 0) {
        return refuse(problem, options->path, "cannot be written: %s", strerror(-error));
    }
    home.fd = gk_steal_fd(&fd); /* the store's now */
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

static int publish_file(const char *path, struct state_home *home, struct problem *problem) {
    int error;

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

int state_publish(const char *path, struct state_home *home, struct problem *problem) {
    int error = path == NULL ? 0 : publish_file(path, home, problem);

    if (error != 0) {
        return error;
    }
    error = store_begin(home->store, path == NULL ? NULL : home->path);
    return error == 0 ? 0 : log_error(error, "the store cannot be written");
}

static int open_file(
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

int state_open(const struct state_options *options, int *kept_fds, size_t kept_count,
        struct state_home *ret_home, struct problem *problem) {
    return options->path != NULL
                   ? open_file(options, ret_home, problem)
                   : state_open_memory(options, kept_fds, kept_count, ret_home, problem);
}
