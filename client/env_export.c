#include "env_export.h"

#include <signal.h>

#include <ghostkey/error.h>

#include "env_file.h"
#include "env_watch.h"
#include "git_guard.h"
#include "output.h"
#include "signals.h"

static int write_file(
        const struct env_export *export, const struct env_text *text, size_t entry_count) {
    enum env_file_state state = ENV_FILE_ABSENT;
    int rc = env_file_examine(export->path, text, &state);

    if (rc != GK_EXIT_DONE) {
        return rc;
    }
    if (state == ENV_FILE_SAME) {
        output_note("%s is up to date", export->path);
        return GK_EXIT_DONE;
    }
    if (state == ENV_FILE_FOREIGN && !export->force) {
        output_error("%s was not written by GhostKey and stays as it is; name another file with "
                     "-o, or overwrite it with --force",
                export->path);
        return GK_EXIT_FAILED;
    }
    if (export->check) {
        output_error("%s %s", export->path,
                state == ENV_FILE_ABSENT ? "does not exist yet" : "is not up to date");
        return GK_EXIT_FAILED;
    }
    rc = export->in_place ? env_file_overwrite(export->path, text)
                          : env_file_replace(export->path, text);
    if (rc == GK_EXIT_DONE) {
        if (!export->format.quiet) {
            git_guard_warn(export->path);
        }
        output_note("wrote %s (%zu %s)", export->path, entry_count,
                entry_count == 1 ? "entry" : "entries");
    }
    return rc;
}

static int give(const void *source, env_text_take *take, void *userdata) {
    return env_format_write(source, take, userdata);
}

static int take_length(void *userdata, const char *piece, size_t length) {
    *(size_t *)userdata += length;
    return 0;
}

static int take_output(void *userdata, const char *piece, size_t length) {
    output_data(piece, length);
    return 0;
}

int env_export_run(struct broker_client *broker, const struct env_export *export) {
    GK_CLEANUP(env_set_deinit) struct env_set set = {0};
    AUTO_WRITING writing = {0};
    struct env_text text = {.give = give, .source = &writing};
    int rc = env_set_fetch(broker, export->prefix, &set);

    rc = rc != GK_EXIT_DONE ? rc : env_format_judge(&export->format, &set, &writing);
    if (rc != GK_EXIT_DONE) {
        return rc;
    }
    if (writing.skipped > 0) {
        output_warning("%zu of %zu entries left out", writing.skipped, set.count);
    }
    if (export->path == NULL) {
        (void)env_text_give(&text, take_output, NULL); /* which never ends it */
        return GK_EXIT_DONE;
    }
    (void)env_text_give(&text, take_length, &text.length);
    return write_file(export, &text, set.count - writing.skipped);
}

static int export_again(const struct target *target, const struct env_export *export) {
    AUTO_BROKER *broker = NULL;
    int rc = broker_client_open(target, &broker);

    return rc != GK_EXIT_DONE ? rc : env_export_run(broker, export);
}

int env_export_watch(const struct target *target, const struct env_export *export) {
    static const int ending_signals[] = {SIGINT, 0};
    GK_CLEANUP(env_watch_deinit) struct env_watch watch = {0};
    struct env_export again = *export;
    int signal_fd;
    int rc = env_watch_open(&watch, target, export->prefix);

    rc = rc != GK_EXIT_DONE ? rc : export_again(target, export);
    if (rc != GK_EXIT_DONE) {
        return rc;
    }
    /* What bears no mark is known to be ours from now on. */
    again.force = again.force || !again.format.format->is_marked;
    signal_fd = signals_open(ending_signals);
    while (rc == GK_EXIT_DONE && signals_read(signal_fd) == 0) {
        bool changed = false;

        rc = env_watch_wait(&watch, signal_fd, -1, &changed);
        if (rc == GK_EXIT_DONE && changed && export_again(target, &again) != GK_EXIT_DONE) {
            output_warning("%s stays as it is until the next change", export->path);
        }
    }
    (void)gk_close(signal_fd);
    return rc;
}
