#include "commands/command_input.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <ghostkey/error.h>

#include "common/cleanup.h"
#include "heap.h"
#include "terminal/output.h"

#define VAR_NAME "GHOSTKEY_NAME"
#define VAR_VERSION "GHOSTKEY_VERSION"
#define NUMBER_BYTES 24

void command_input_name(const char *name, json_int_t version) {
    char number[NUMBER_BYTES];

    (void)snprintf(number, sizeof(number), "%lld", (long long)version); /* it fits */
    if (setenv(VAR_NAME, name, 1) != 0 || setenv(VAR_VERSION, number, 1) != 0) {
        heap_exhausted();
    }
}

static int write_all(int fd, const char *bytes, size_t len) {
    while (len > 0) {
        ssize_t written = write(fd, bytes, len);

        if (written < 0 && errno != EINTR) {
            return -errno;
        }
        bytes += written > 0 ? written : 0;
        len -= written > 0 ? (size_t)written : 0;
    }
    return 0;
}

int command_input_set(const char *bytes, size_t len) {
    GK_AUTO_CLOSE int fd = memfd_create("ghostkey-input", MFD_CLOEXEC);

    if (fd < 0 || write_all(fd, bytes, len) != 0 || lseek(fd, 0, SEEK_SET) != 0 ||
            dup2(fd, STDIN_FILENO) < 0) {
        output_error("cannot pass the value to COMMAND: %s", strerror(errno));
        return GK_EXIT_FAILED;
    }
    return GK_EXIT_DONE;
}
