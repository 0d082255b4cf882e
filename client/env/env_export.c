#include "env/env_export.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include <ghostkey/error.h>
#include <ghostkey/protocol.h>

#include "env/env_file.h"
#include "env/env_watch.h"
#include "env/git_guard.h"
#include "terminal/output.h"
#include "terminal/signals.h"

#define APPEARED_MAX 20 /* how often another program may make the file before ghostctl does */

/* The descriptor that a path stands for; -1: none. */
static int descriptor_of(const char *path) {
    static const char *const folders[] = {"/dev/fd/", "/proc/self/fd/"};

    if (strcmp(path, "-") == 0 || strcmp(path, "/dev/stdout") == 0) {
        return STDOUT_FILENO;
    }
    if (strcmp(path, "/dev/stderr") == 0) {
        return STDERR_FILENO;
    }
    for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
        size_t len = strlen(folders[i]);
        const char *number = path + len;

        if (strncmp(path, folders[i], len) == 0 && number[0] != '\0' && strlen(number) < 7 &&
                strspn(number, "0123456789") == strlen(number)) {
            return (int)strtol(number, NULL, 10);
        }
    }
    return -1;
}

int env_export_aim(struct env_export *export, const char *path) {
    const char *file = export->format.format->file;
    int flags;

    export->path = NULL;
    export->fd = path != NULL ? descriptor_of(path) : -1;
    if (export->fd < 0) {
        export->path = path != NULL ? path : file != NULL ? file : GK_ENV_FILE;
        return GK_EXIT_DONE;
    }
    flags = fcntl(export->fd, F_GETFL);
    if (flags < 0 || (flags & O_ACCMODE) == O_RDONLY) {
        return env_file_say_failed("write", path, flags < 0 ? errno : EBADF);
    }
    return GK_EXIT_DONE;
}

/* Prints why the file is not replaced. */
static int say_kept(const struct env_export *export) {
    const struct env_format *format = export->format.format;

    if (format->suffix != NULL) {
        output_error("%s may not be GhostKey's and stays as it is: in the format %s only a file "
                     "whose name ends in %s is known to be; name such a file with -o, or overwrite "
                     "this one with --force",
                export->path, format->name, format->suffix);
    } else {
        output_error("%s was not written by GhostKey and stays as it is; name another file with "
                     "-o, or overwrite it with --force",
                export->path);
    }
    return GK_EXIT_FAILED;
}

static enum env_file_may may_write(const struct env_export *export, enum env_file_state state) {
    if (state == ENV_FILE_ABSENT) {
        return ENV_FILE_MAY_MAKE;
    }
    return export->force ? ENV_FILE_MAY_FORCE : ENV_FILE_MAY_REPLACE;
}

/* GK_EXIT_PRECONDITION, without a message, if another program has just made the file. */
static int write_once(
        const struct env_export *export, const struct env_text *text, size_t entry_count) {
    enum env_file_state state = ENV_FILE_ABSENT;
    int error = env_file_examine(export->path, export->format.format->suffix, text, &state);

    if (error != 0) {
        return error;
    }
    if (state == ENV_FILE_SAME) {
        output_note("%s is up to date", export->path);
        return GK_EXIT_DONE;
    }
    if (state == ENV_FILE_FOREIGN && !export->force) {
        return say_kept(export);
    }
    if (export->check) {
        output_error("%s %s", export->path,
                state == ENV_FILE_ABSENT ? "does not exist yet" : "is not up to date");
        return GK_EXIT_FAILED;
    }
    error = export->in_place && state != ENV_FILE_ABSENT
                    ? env_file_overwrite(export->path, text, may_write(export, state))
                    : env_file_replace(export->path, text, may_write(export, state));
    if (error != 0) {
        return error;
    }
    if (!export->format.quiet) {
        git_guard_warn(export->path);
    }
    output_note(
            "wrote %s (%zu %s)", export->path, entry_count, entry_count == 1 ? "entry" : "entries");
    return 0;
}

static int write_file(
        const struct env_export *export, const struct env_text *text, size_t entry_count) {
    for (int attempt = 0; attempt < APPEARED_MAX; attempt++) {
        int error = write_once(export, text, entry_count);

        if (error != GK_EXIT_PRECONDITION) {
            return error;
        }
    }
    output_error("%s is made by another program again and again", export->path);
    return GK_EXIT_FAILED;
}

static int give(const void *source, env_text_take *take, void *userdata) {
    return env_format_write(source, take, userdata);
}

static int take_len(void *userdata, const char *piece, size_t len) {
    *(size_t *)userdata += len;
    return 0;
}

static int take_output(void *userdata, const char *piece, size_t len) {
    output_data(piece, len);
    return 0;
}

static int write_descriptor(int fd, const struct env_text *text) {
    int error;

    if (fd == STDOUT_FILENO) {
        (void)env_text_give(text, take_output, NULL); /* take_output() always returns 0 */
        return GK_EXIT_DONE;
    }
    error = env_text_give(text, env_file_write_piece, &fd);
    if (error < 0 && error != -EPIPE) {
        output_error("cannot write to descriptor %d: %s", fd, strerror(-error));
        return GK_EXIT_FAILED;
    }
    return GK_EXIT_DONE;
}

int env_export_run(struct broker_client *broker, const struct env_export *export) {
    ENV_SET_AUTO struct env_set set = {0};
    ENV_WRITING_AUTO struct env_writing writing = {0};
    struct env_text text = {.give = give, .source = &writing};
    int error = env_set_fetch(broker, export->prefix, &set);

    if (error != 0) {
        return error;
    }
    error = env_format_judge(&export->format, &set, &writing);
    if (error != 0) {
        return error;
    }
    if (writing.skipped > 0) {
        output_warning("%zu of %zu entries left out", writing.skipped, set.count);
    }
    if (export->path == NULL) {
        return write_descriptor(export->fd, &text);
    }
    (void)env_text_give(&text, take_len, &text.len);
    return write_file(export, &text, set.count - writing.skipped);
}

static int export_again(const struct target *target, const struct env_export *export) {
    BROKER_CLIENT_AUTO struct broker_client *broker = NULL;
    int error = broker_client_open(target, &broker);

    if (error != 0) {
        return error;
    }
    return env_export_run(broker, export);
}

/* Exports again at each change, until SIGINT. After a failure it tries again at the next change. */
static int export_changes(const struct target *target, const struct env_export *export,
        struct env_watch *watch, int signal_fd) {
    while (signals_read(signal_fd) == 0) {
        bool changed = false;
        int error = env_watch_wait(watch, signal_fd, -1, &changed);

        if (error != 0) {
            return error;
        }
        if (changed && export_again(target, export) != 0 && !signals_is_interrupted()) {
            output_warning("%s stays as it is until the next change", export->path);
        }
    }
    return 0;
}

int env_export_watch(const struct target *target, const struct env_export *export) {
    static const int ending_signals[] = {SIGINT, 0};
    GK_CLEANUP(env_watch_deinit) struct env_watch watch = {0};
    GK_AUTO_CLOSE int signal_fd = -1;
    int error = env_watch_open(&watch, target, export->prefix);

    if (error != 0) {
        return error;
    }
    error = export_again(target, export);
    if (error != 0) {
        return error;
    }
    signal_fd = signals_open(ending_signals);
    if (signal_fd < 0) {
        return GK_EXIT_FAILED;
    }
    signals_set_interrupt_fd(signal_fd);
    error = export_changes(target, export, &watch, signal_fd);
    signals_set_interrupt_fd(-1);
    return error;
}
