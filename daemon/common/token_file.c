#include "common/token_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "common/cleanup.h"
#include "ghostkey/error.h"

_Static_assert(TOKEN_MAX_BYTES - 2 == 1022, "a sentence below names it");

static int refuse(const char *fault, const char **ret_fault) {
    *ret_fault = fault;
    return GK_E_BAD_REQUEST;
}

void token_deinit(struct token *token) {
    explicit_bzero(token, sizeof(*token));
}

static int check_private(int fd, const char **ret_fault) {
    struct stat stat;

    if (fstat(fd, &stat) != 0 || !S_ISREG(stat.st_mode)) {
        return refuse("is no regular file", ret_fault);
    }
    if (stat.st_uid != geteuid()) {
        return refuse("belongs to another user", ret_fault);
    }
    if ((stat.st_mode & 0077) != 0) {
        return refuse("can be read by others; chmod 600 it, and draw a new token", ret_fault);
    }
    return 0;
}

int token_file_read(
        const char *path, bool must_be_private, struct token *ret_token, const char **ret_fault) {
    TOKEN_AUTO struct token token = TOKEN_NULL;
    /* O_NONBLOCK: opening a FIFO without a writer must not wait. */
    GK_AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    ssize_t len;

    if (fd < 0) {
        return -errno;
    }
    if (must_be_private) {
        int error = check_private(fd, ret_fault);

        if (error != 0) {
            return error;
        }
    }
    len = read(fd, token.text, sizeof(token.text));
    if (len < 0) {
        return -errno;
    }
    token.len = (size_t)len;
    if (token.len > 0 && token.text[token.len - 1] == '\n') {
        token.len -= 1;
    }
    if (token.len == 0 || token.len >= sizeof(token.text) - 1) {
        return refuse("holds no token: one line of at most 1022 bytes is accepted", ret_fault);
    }
    for (size_t i = 0; i < token.len; i++) {
        if (token.text[i] < '!' || token.text[i] > '~') {
            return refuse("holds no token: one line of printable ASCII characters without spaces "
                          "is accepted",
                    ret_fault);
        }
    }
    *ret_token = token;
    return 0;
}
