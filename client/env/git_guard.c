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

/* Runs git with these arguments and without output. 0 or an errno. */
static int spawn_git(const char *const *arguments, pid_t *ret_pid) {
    GK_CLEANUP(posix_spawn_file_actions_destroy) posix_spawn_file_actions_t actions = {0};
    GK_CLEANUP(posix_spawnattr_destroy) posix_spawnattr_t attributes = {0};
    int error = posix_spawn_file_actions_init(&actions);

    if (error != 0) {
        return error;
    }
    error = signals_init_spawn(&attributes);
    if (error != 0) {
        return error;
    }
    error = posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    if (error != 0) {
        return error;
    }
    error = posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
    if (error != 0) {
        return error;
    }
    /* The type of execve() lacks a const for historical reasons; the strings are not written to. */
    return posix_spawnp(ret_pid, "git", &actions, &attributes, (char *const *)arguments, environ);
}

/* What `git check-ignore` says of the file. */
static int ask_git(const char *dir, const char *name) {
    const char *const arguments[] = {"git", "-C", dir, "check-ignore", "-q", "--", name, NULL};
    pid_t pid = 0;
    int status = 0;

    if (spawn_git(arguments, &pid) != 0) {
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
