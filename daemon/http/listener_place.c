#include "http/listener_place.h"

#include "ghostkey/cleanup.h"
#include "ghostkey/protocol.h"
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>

#define LOCK_TRIES 50
#define LOCK_PAUSE_NS 20000000

/* The whole path, the default one included, into the address. */
static int find_address(const char *path, struct sockaddr_un *address, struct problem *problem) {
    const char *runtime_dir = path == NULL ? getenv(GK_VAR_RUNTIME_DIR) : NULL;
    size_t room = sizeof(address->sun_path);
    size_t len;

    address->sun_family = AF_UNIX;
    if (path != NULL) {
        len = (size_t)snprintf(address->sun_path, room, "%s", path);
    } else if (runtime_dir == NULL || runtime_dir[0] != '/') {
        return problem_set(problem, GK_E_BAD_REQUEST,
                "no socket was passed in, and " GK_VAR_RUNTIME_DIR " names no directory for one: "
                "start ghostkey.socket (systemctl --user start ghostkey.socket), or say --socket "
                "PATH");
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
    /* One that was named may be shared, as /tmp is, but not so that others can move the socket. */
    if (stat->st_uid != geteuid() && stat->st_uid != 0 && geteuid() != 0) {
        return "belongs to another user";
    }
    return (stat->st_mode & S_IWOTH) != 0 && (stat->st_mode & S_ISVTX) == 0
                   ? "lets everybody replace what is in it"
                   : NULL;
}

int listener_place_lock(int directory_fd) {
    const struct timespec pause = {.tv_nsec = LOCK_PAUSE_NS};

    for (int tries = 1; flock(directory_fd, LOCK_EX | LOCK_NB) != 0; tries++) {
        if (errno != EWOULDBLOCK || tries == LOCK_TRIES) {
            return -1;
        }
        (void)nanosleep(&pause, NULL); /* whoever holds it makes or removes a socket: no time */
    }
    return 0;
}

int listener_place_open(const struct listener_place *place, int *ret_fd, struct problem *problem) {
    GK_AUTO_CLOSE int fd = -1;
    const char *fault;
    struct stat stat;

    if (mkdir(place->directory, 0700) != 0 && errno != EEXIST) {
        return problem_set(problem, GK_E_INTERNAL, "cannot make the socket's directory %s: %s",
                place->directory, strerror(errno));
    }
    fd = open(place->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &stat) != 0) {
        return problem_set(problem, GK_E_INTERNAL, "cannot open the socket's directory %s: %s",
                place->directory, strerror(errno));
    }
    fault = directory_fault(&stat, place->is_default);
    if (fault != NULL) {
        return problem_set(
                problem, GK_E_INTERNAL, "the socket's directory %s %s", place->directory, fault);
    }
    if (listener_place_lock(fd) != 0) {
        return problem_set(problem, GK_E_INTERNAL, "cannot lock the socket's directory %s: %s",
                place->directory, strerror(errno));
    }
    *ret_fd = gk_steal_fd(&fd);
    return 0;
}

/* Refuses with who holds the socket that fd is connected to. */
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

int listener_place_clear(
        const struct listener_place *place, int directory_fd, struct problem *problem) {
    GK_AUTO_CLOSE int fd = -1;
    const char *path = place->address.sun_path;
    struct stat stat;

    if (fstatat(directory_fd, place->name, &stat, AT_SYMLINK_NOFOLLOW) != 0) {
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
            errno == EAGAIN) { /* EAGAIN: somebody listens, with a queue that is full */
        return refuse_held(place, fd, problem);
    }
    if (errno != ECONNREFUSED || unlinkat(directory_fd, place->name, 0) != 0) {
        return problem_set(problem, GK_E_INTERNAL,
                "cannot replace the socket %s: %s; remove it, or say --socket PATH", path,
                strerror(errno));
    }
    return 0;
}
