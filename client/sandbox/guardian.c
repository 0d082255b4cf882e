#include "sandbox/guardian.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <ghostkey/error.h>
#include <ghostkey/protocol.h>

#include "common/cleanup.h"
#include "terminal/output.h"

#define FOLDER_NAME "/ghostkey-XXXXXX"
#define END_MS 1000 /* what ghostkeyd has to end in order; all is gone within 2 s */
#define OPEN_FOLDERS_MAX 16
#define FAULT_BYTES 512

/* What the guardian answers, once. */
struct guardian_reply {
    char folder[sizeof(((struct guardian *)0)->folder)]; /* empty: none could be made */
    char fault[FAULT_BYTES]; /* why not, for each place that was tried */
};

static bool make_folder_in(const char *place, struct guardian_reply *reply) {
    size_t used = strlen(reply->fault);
    const char *why = NULL;
    int len = snprintf(reply->folder, sizeof(reply->folder), "%s" FOLDER_NAME, place);

    if (place[0] != '/') {
        why = "is no absolute path";
    } else if (len + strlen(GUARDIAN_SOCKET) >= sizeof(reply->folder)) {
        why = "is too long for the path of a socket";
    } else if (mkdtemp(reply->folder) == NULL) {
        why = strerror(errno);
    }
    if (why == NULL) {
        return true;
    }
    reply->folder[0] = '\0';
    (void)snprintf(reply->fault + used, sizeof(reply->fault) - used, "%s%.80s: %s",
            used > 0 ? "; " : "", place, why); /* a long list is cut */
    return false;
}

static void make_folder(struct guardian_reply *reply) {
    const char *const places[] = {getenv(GK_VAR_RUNTIME_DIR), getenv("TMPDIR"), "/tmp"};

    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        if (places[i] != NULL && places[i][0] != '\0' && make_folder_in(places[i], reply)) {
            return;
        }
    }
}

/* Waits until the process has ended. False: it has not in that time. */
static bool await_end(int pidfd, int limit_ms) {
    struct pollfd process = {.fd = pidfd, .events = POLLIN};

    return poll(&process, 1, limit_ms) > 0;
}

static void end_broker(int pidfd) {
    if (pidfd < 0) {
        return;
    }
    (void)pidfd_send_signal(pidfd, SIGTERM, NULL, 0); /* it may have ended already */
    if (!await_end(pidfd, END_MS)) {
        (void)pidfd_send_signal(pidfd, SIGKILL, NULL, 0);
        (void)await_end(pidfd, END_MS / 2);
    }
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *place) {
    (void)status;
    (void)kind;
    (void)place;
    (void)remove(path); /* what is left makes the removal of its folder fail, too */
    return 0;
}

/* Whatever COMMAND may have put there goes, too. */
static void remove_folder(const char *folder) {
    if (folder[0] != '\0') {
        (void)nftw(folder, remove_one, OPEN_FOLDERS_MAX, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
    }
}

/*
 * Neither a key of the terminal nor a signal to ghostctl's process group reaches the guardian, and
 * it keeps no file of ghostctl's open: a pipe whose reader waits for its end, for example.
 */
static void leave_all(int fd) {
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    sigset_t all;

    (void)sigfillset(&all); /* this and the next cannot fail */
    (void)sigprocmask(SIG_SETMASK, &all, NULL);
    (void)setsid();    /* fails only for the leader of a group */
    (void)!chdir("/"); /* a root that cannot be entered holds nothing */
    for (int number = STDIN_FILENO; number <= STDERR_FILENO && null >= 0; number++) {
        (void)dup2(null, number);
    }
    (void)dup2(fd, STDERR_FILENO + 1);
    (void)close_range(STDERR_FILENO + 2, ~0U, 0);
}

static void __attribute__((noreturn)) guard(int socket_fd) {
    const int fd = STDERR_FILENO + 1;
    struct guardian_reply reply = {0};
    int broker = -1;
    pid_t pid;

    leave_all(socket_fd);
    make_folder(&reply);
    (void)send(fd, &reply, sizeof(reply), MSG_NOSIGNAL); /* ghostctl may be gone: see recv() */
    while (recv(fd, &pid, sizeof(pid), 0) == (ssize_t)sizeof(pid)) {
        broker = gk_close(broker); /* the one before has ended */
        broker = pidfd_open(pid, 0);
    }
    end_broker(broker);
    remove_folder(reply.folder);
    _exit(0);
}

int guardian_start(struct guardian *ret_guardian) {
    struct guardian_reply reply = {0};
    int ends[2];
    pid_t pid;

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
        output_error("cannot make a sandbox: %s", strerror(errno));
        return GK_EXIT_FAILED;
    }
    pid = fork();
    if (pid == 0) {
        (void)gk_close(ends[0]); /* ghostctl's: its end is what the guardian waits for */
        guard(ends[1]);
    }
    (void)gk_close(ends[1]);
    *ret_guardian = (struct guardian){.pid = pid, .fd = ends[0]};
    if (pid < 0) {
        output_error("cannot make a sandbox: %s", strerror(errno));
        return GK_EXIT_FAILED;
    }
    if (recv(ends[0], &reply, sizeof(reply), 0) != (ssize_t)sizeof(reply)) {
        output_error("cannot make a sandbox: its guardian process was ended");
        return GK_EXIT_FAILED;
    }
    if (reply.folder[0] == '\0') {
        output_error("cannot make a folder for the sandbox (%s); TMPDIR may name a place that can "
                     "be written",
                reply.fault);
        return GK_EXIT_FAILED;
    }
    memcpy(ret_guardian->folder, reply.folder, sizeof(reply.folder));
    return GK_EXIT_DONE;
}

bool guardian_announce(const struct guardian *guardian) {
    pid_t pid = getpid();

    return send(guardian->fd, &pid, sizeof(pid), MSG_NOSIGNAL) == (ssize_t)sizeof(pid);
}

void guardian_end(struct guardian *guardian, pid_t broker) {
    int status = 0;

    if (guardian->fd < 0) {
        return;
    }
    guardian->fd = gk_close(guardian->fd);
    /* ECHILD: it was ended before, and child_look() has taken its status */
    while (waitpid(guardian->pid, &status, 0) < 0 && errno == EINTR) {
    }
    if (guardian->folder[0] != '\0' && access(guardian->folder, F_OK) == 0) {
        GK_AUTO_CLOSE int pidfd = broker > 0 ? pidfd_open(broker, 0) : -1;

        end_broker(pidfd); /* somebody has ended the guardian */
        remove_folder(guardian->folder);
    }
}
