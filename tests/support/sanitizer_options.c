/* Linked into every program that `ci/check sanitizers` builds: what the sanitizers look for, and
 * REPORTS, the file that each report goes to (with the process's number behind it). They ask here,
 * not in the environment, since tests give programs environments of their own, and a daemon's
 * stderr goes with its directory; whatever becomes of the exit status, a report is there to be
 * found.
 */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define OFFERED __attribute__((visibility("default"), used))

OFFERED const char *__asan_default_options(void);
OFFERED const char *__ubsan_default_options(void);
OFFERED void __ubsan_on_report(void);

/* Absent in a preloaded library, which is linked without a sanitizer. */
__attribute__((weak)) void __ubsan_get_current_report_data(const char **ret_kind,
        const char **ret_message, const char **ret_file, unsigned int *ret_line,
        unsigned int *ret_column, char **ret_address);

const char *__asan_default_options(void) {
    return "log_path=" REPORTS ":detect_stack_use_after_return=1:strict_string_checks=1";
}

const char *__ubsan_default_options(void) {
    return "halt_on_error=1:print_stacktrace=1";
}

/* With ASan, gcc's UBSan ignores log_path; what it prints goes to stderr as well. */
void __ubsan_on_report(void) {
    const char *kind = "", *message = "", *file = "";
    unsigned int line = 0, column = 0;
    char path[sizeof(REPORTS) + 32], *address = NULL;
    int fd;

    if (__ubsan_get_current_report_data != NULL) {
        __ubsan_get_current_report_data(&kind, &message, &file, &line, &column, &address);
    }
    (void)snprintf(path, sizeof(path), "%s.%d", REPORTS, (int)getpid());
    fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (fd >= 0) {
        (void)dprintf(fd, "%s:%u:%u: %s: %s\n", file, line, column, kind, message);
        (void)close(fd);
    }
}
