#include "terminal/input.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <ghostkey/error.h>
#include <ghostkey/protocol.h>

#include "terminal/output.h"

#define READ_PIECE_BYTES (16 * 1024)

int input_read_all(int fd, const char *shown, struct buffer *content) {
    for (;;) {
        ssize_t len = read(fd, buffer_reserve(content, READ_PIECE_BYTES), READ_PIECE_BYTES);

        if (len == 0) {
            return GK_EXIT_DONE;
        }
        if (len < 0 && errno != EINTR) {
            output_error("cannot read %s: %s", shown, strerror(errno));
            return GK_EXIT_FAILED;
        }
        buffer_commit(content, len > 0 ? (size_t)len : 0);
        if (content->len > GK_VALUE_MAX_BYTES_CEILING) {
            output_error("%s is larger than any value can be (%d bytes)", shown,
                    GK_VALUE_MAX_BYTES_CEILING);
            return GK_EXIT_FAILED;
        }
    }
}

int input_read_file(const char *path, const char *shown, struct buffer *content) {
    GK_AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0) {
        output_error("cannot open %s: %s", shown, strerror(errno));
        return GK_EXIT_FAILED;
    }
    return input_read_all(fd, shown, content);
}
