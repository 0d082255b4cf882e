#include "env/git_guard.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdbool.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/buffer.h"
#include "heap.h"
#include "terminal/output.h"
#include "terminal/signals.h"

#define GIT_IGNORED 0
#define GIT_NOT_IGNORED 1
#define GIT_UNKNOWN (-1)

/* Whether `dir` or one above it has a .git. */
static bool is_in_work_tree(const char *dir) {
    GK_AUTO_FREE char *above = heap_duplicate(dir, strlen(dir));
    char *slash;

    do {
        BUFFER_AUTO struct buffer git = BUFFER_NULL;

        buffer_printf(&git, "%s/.git", above);
        if (access(buffer_string(&git), F_OK) == 0) {
            return true;
        }
        slash = strrchr(above, '/');
        if (slash != NULL) {
            *slash = '\0';
        }
    } while (slash != NULL);
    return false;
}

/* What `git check-ignore` says of it. */
static int ask_git(const char *dir, const char *name) {
    const char *const arguments[] = {"git", "-C", dir, "check-ignore", "-q", "--", name, NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    pid_t pid = 0;
    int status = 0;
    int rc;

    if (posix_spawn_file_actions_init(&actions) != 0) {
        return GIT_UNKNOWN;
    }
    rc = signals_init_spawn(&attributes);
    if (rc != 0) {
        (void)posix_spawn_file_actions_destroy(&actions);
        return GIT_UNKNOWN;
    }
    rc = posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    rc = rc != 0 ? rc : posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
    /* The strings are not written to: execve() has no const in its type for reasons of age. */
    rc = rc != 0 ? rc
                 : posix_spawnp(
                           &pid, "git", &actions, &attributes, (char *const *)arguments, environ);
    (void)posix_spawn_file_actions_destroy(&actions);
    (void)posix_spawnattr_destroy(&attributes);
    if (rc != 0) {
        return GIT_UNKNOWN;
    }
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    return WIFEXITED(status) && WEXITSTATUS(status) <= GIT_NOT_IGNORED ? WEXITSTATUS(status)
                                                                       : GIT_UNKNOWN;
}

void git_guard_warn(const char *path) {
    GK_AUTO_FREE char *real = realpath(path, NULL);
    char *name = real != NULL ? strrchr(real, '/') : NULL;
    int answer;

    if (name == NULL) {
        return;
    }
    *name++ = '\0';
    if (!is_in_work_tree(real)) {
        return;
    }
    answer = ask_git(real[0] != '\0' ? real : "/", name);
    if (answer == GIT_NOT_IGNORED) {
        output_warning("%s is in a git work tree and not ignored; add '%s' to its .gitignore "
                       "before the secrets are committed",
                path, name);
    } else if (answer == GIT_UNKNOWN) {
        output_warning("%s is in a git work tree; git could not tell whether it is ignored", path);
    }
}
