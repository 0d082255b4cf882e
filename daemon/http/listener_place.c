#include "http/listener_place.h"

#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "ghostkey/protocol.h"
#include "process/new_file.h"
#include "process/runtime_dir.h"

#define LOCK_TRIES 50
#define LOCK_PAUSE_NS 5000000

/* Writes the path, or the default one, into the address. */
static int find_address(const char *path, struct sockaddr_un *address, struct problem *problem) {
    char why[RUNTIME_DIR_WHY_BYTES];
    const char *runtime_dir = path == NULL ? runtime_dir_find(why) : NULL;
    size_t room = sizeof(address->sun_path);
    size_t len;

    address->sun_family = AF_UNIX;
    if (path != NULL) {
        len = (size_t)snprintf(address->sun_path, room, "%s", path);
    } else if (runtime_dir == NULL) {
        return problem_set(problem, GK_E_BAD_REQUEST,
                "no socket was passed in, and there is no place for one, since " GK_VAR_RUNTIME_DIR
                " %s: start ghostkey.socket (systemctl --user start ghostkey.socket), or say "
                "--socket PATH",
                why);
    } else {
        len = (size_t)snprintf(address->sun_path, room, "%s/" GK_SOCKET_SUBPATH, runtime_dir);
    }
    if (len >= room) {
        return problem_set(problem, GK_E_BAD_REQUEST,
                "the socket's path %s... is too long: a path of 1 to %zu bytes is accepted, this "
                "one has %zu; say --socket PATH",
                address->sun_path, room - 1, len);
    }
    return 0;
}

int listener_place_find(const char *path, struct listener_place *place, struct problem *problem) {
    int result = find_address(path, &place->address, problem);
    const char *whole = place->address.sun_path;
    const char *slash = strrchr(whole, '/');
    const char *name = slash == NULL ? whole : slash + 1;

    if (result != 0) {
        return result;
    }
    if (name[0] == '\0' || strcmp(name, ".") == 0 || strcmp(name, "..") == 0) {
        return problem_set(problem, GK_E_BAD_REQUEST,
                "--socket: '%s' names a directory; the path of a socket is accepted", whole);
    }
    snprintf(place->name, sizeof(place->name), "%s", name);
    snprintf(place->directory, sizeof(place->directory), "%.*s",
            slash == NULL ? 1 : (int)(slash - whole + 1), slash == NULL ? "." : whole);
    place->is_default = path == NULL;
    return 0;
}

/* What makes a directory unfit to hold the socket, or NULL. */
static const char *directory_fault(const struct stat *stat, bool is_default) {
    if (is_default) {
        return stat->st_uid != geteuid()     ? "belongs to another user"
               : (stat->st_mode & 0077) != 0 ? "is open to others (chmod 700 mends that)"
                                             : NULL;
    }
    /* a directory that the user chose may be shared, like /tmp, if others cannot move the socket */
    if (stat->st_uid != geteuid() && stat->st_uid != 0 && geteuid() != 0) {
        return "belongs to another user";
    }
    return (stat->st_mode & S_IWOTH) != 0 && (stat->st_mode & S_ISVTX) == 0
                   ? "lets everybody replace what is in it"
                   : NULL;
}

/* The lock is an address in the abstract namespace, so that there is no file for it. */
static socklen_t lock_address(const struct stat *directory, struct sockaddr_un *address) {
    int len = snprintf(address->sun_path + 1, sizeof(address->sun_path) - 1,
            "ghostkey-socket-in/%u/%llx/%llx", (unsigned int)geteuid(),
            (unsigned long long)directory->st_dev, (unsigned long long)directory->st_ino);

    address->sun_family = AF_UNIX;
    return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)len);
}

int listener_place_lock(int directory_fd) {
    const struct timespec pause = {.tv_nsec = LOCK_PAUSE_NS};
    struct sockaddr_un address = {0};
    GK_AUTO_CLOSE int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct stat directory;
    socklen_t len;

    if (fd < 0 || fstat(directory_fd, &directory) != 0) {
        return -1;
    }
    len = lock_address(&directory, &address);
    for (int tries = 1; bind(fd, (const struct sockaddr *)&address, len) != 0; tries++) {
        if (errno != EADDRINUSE || tries == LOCK_TRIES) {
            return -1;
        }
        (void)nanosleep(&pause, NULL); /* the lock is held for microseconds */
    }
    return gk_steal_fd(&fd);
}

static int open_directory(
        const struct listener_place *place, int *ret_fd, struct problem *problem) {
    GK_AUTO_CLOSE int fd = open(place->directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
    const char *why;
    struct stat stat;

    if (fd < 0 || fstat(fd, &stat) != 0) {
        return problem_set(problem, GK_E_INTERNAL, "cannot open the socket's directory %s: %s",
                place->directory, strerror(errno));
    }
    why = directory_fault(&stat, place->is_default);
    if (why != NULL) {
        return problem_set(
                problem, GK_E_INTERNAL, "the socket's directory %s %s", place->directory, why);
    }
    *ret_fd = gk_steal_fd(&fd);
    return 0;
}

static int refuse_directory(
        const struct listener_place *place, int error, struct problem *problem) {
    return problem_set(problem, GK_E_INTERNAL, "cannot make the socket's directory %s: %s",
            place->directory, strerror(error));
}

int listener_place_open(const struct listener_place *place, int *ret_fd, struct problem *problem) {
    if (mkdir(place->directory, 0700) != 0 && errno != EEXIST) {
        return refuse_directory(place, errno, problem);
    }
    return open_directory(place, ret_fd, problem);
}

/* Names the process that listens on the socket to which fd is connected. */
static int refuse_held(const struct listener_place *place, int fd, struct problem *problem) {
    struct ucred holder = {0};
    socklen_t len = sizeof(holder);

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &holder, &len) != 0 || holder.pid == 0) {
        return problem_set(problem, GK_E_INTERNAL,
                "another process listens on %s already; stop it, or say --socket PATH",
                place->address.sun_path);
    }
    return problem_set(problem, GK_E_INTERNAL,
            "process %d listens on %s already; stop it, or say --socket PATH", (int)holder.pid,
            place->address.sun_path);
}

static int refuse_stale(const struct listener_place *place, int error, struct problem *problem) {
    return problem_set(problem, GK_E_INTERNAL,
            "cannot replace the socket %s: %s; remove it, or say --socket PATH",
            place->address.sun_path, strerror(error));
}

/* Accepts that nothing, or a stale socket, has the name; refuses anything else. */
static int look(const struct listener_place *place, int directory_fd, bool *ret_is_stale,
        struct problem *problem) {
    GK_AUTO_CLOSE int fd = -1;
    const char *path = place->address.sun_path;
    struct stat stat;

    if (fstatat(directory_fd, place->name, &stat, AT_SYMLINK_NOFOLLOW) != 0) {
        *ret_is_stale = false;
        return errno == ENOENT ? 0
                               : problem_set(problem, GK_E_INTERNAL, "cannot look at %s: %s", path,
                                         strerror(errno));
    }
    if (!S_ISSOCK(stat.st_mode)) {
        return problem_set(problem, GK_E_INTERNAL,
                "%s exists and is no socket; remove it, or say --socket PATH", path);
    }
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        return problem_set(problem, GK_E_INTERNAL, "cannot make a socket: %s", strerror(errno));
    }
    if (connect(fd, (const struct sockaddr *)&place->address, sizeof(place->address)) == 0 ||
            errno == EAGAIN) { /* EAGAIN: a process listens, and its queue is full */
        return refuse_held(place, fd, problem);
    }
    if (errno != ECONNREFUSED) {
        return refuse_stale(place, errno, problem);
    }
    *ret_is_stale = true;
    return 0;
}

int listener_place_clear(
        const struct listener_place *place, int directory_fd, struct problem *problem) {
    bool is_stale;
    int result = look(place, directory_fd, &is_stale, problem);

    if (result != 0) {
        return result;
    }
    return !is_stale || unlinkat(directory_fd, place->name, 0) == 0
                   ? 0
                   : refuse_stale(place, errno, problem);
}

/* Whether the directory, which is missing, could be made. */
static int check_parent(const struct listener_place *place, struct problem *problem) {
    char directory[PATH_MAX];
    int error;

    (void)snprintf(directory, sizeof(directory), "%.*s", (int)strlen(place->directory) - 1,
            place->directory); /* without the slash at its end */
    error = new_file_check(directory);
    return error == 0 ? 0 : refuse_directory(place, -error, problem);
}

int listener_place_check(const struct listener_place *place, struct problem *problem) {
    GK_AUTO_CLOSE int fd = -1;
    struct stat stat;
    bool is_stale;
    int result;

    if (lstat(place->directory, &stat) != 0 && errno == ENOENT) {
        return check_parent(place, problem);
    }
    result = open_directory(place, &fd, problem);
    if (result != 0) {
        return result;
    }
    if (faccessat(AT_FDCWD, place->directory, W_OK | X_OK, AT_EACCESS) != 0) {
        return problem_set(problem, GK_E_INTERNAL, "cannot make the socket %s: %s",
                place->address.sun_path, strerror(errno));
    }
    return look(place, fd, &is_stale, problem);
}
