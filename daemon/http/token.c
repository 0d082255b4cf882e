#include "http/token.h"

#include "ghostkey/cleanup.h"
#include "ghostkey/protocol.h"
#include "log.h"
#include <fcntl.h>
#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdarg.h>
#include <sys/random.h>
#include <sys/stat.h>

#define RANDOM_BYTES 32
#define BASE64_BYTES 44 /* of 32 bytes, the padding included */

__attribute__((format(printf, 3, 4))) static int refuse(
        struct problem *problem, const char *path, const char *format, ...) {
    char why[PROBLEM_MAX_BYTES];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(why, sizeof(why), format, arguments);
    va_end(arguments);
    return problem_set(problem, GK_E_BAD_REQUEST, "--token-file: %s %s", path, why);
}

void token_deinit(struct token *token) {
    explicit_bzero(token, sizeof(*token));
}

static int draw(struct token *token) {
    unsigned char random[RANDOM_BYTES];
    unsigned char text[BASE64_BYTES + 1];

    if (getrandom(random, sizeof(random), 0) != sizeof(random)) {
        return log_error(errno, "cannot draw a token");
    }
    (void)EVP_EncodeBlock(text, random, sizeof(random));
    for (size_t i = 0; i < BASE64_BYTES - 1; i++) {
        char c = (char)text[i];

        token->text[i] = c == '+' ? '-' : c == '/' ? '_' : c;
    }
    token->len = BASE64_BYTES - 1; /* one byte of padding is left out */
    explicit_bzero(random, sizeof(random));
    explicit_bzero(text, sizeof(text));
    return 0;
}

static int make_file(int fd, const char *path, struct token *ret_token, struct problem *problem) {
    TOKEN_AUTO struct token token = TOKEN_NULL;
    int error = draw(&token);

    if (error != 0) {
        return error;
    }
    token.text[token.len] = '\n';
    if (write(fd, token.text, token.len + 1) != (ssize_t)token.len + 1) {
        error = refuse(problem, path, "cannot be written: %s", strerror(errno));
        (void)unlink(path); /* half a token would be read as one */
        return error;
    }
    *ret_token = token;
    return 0;
}

static int read_file(int fd, const char *path, struct token *ret_token, struct problem *problem) {
    TOKEN_AUTO struct token token = TOKEN_NULL;
    struct stat stat;
    ssize_t len;

    if (fstat(fd, &stat) != 0 || !S_ISREG(stat.st_mode)) {
        return refuse(problem, path, "is no regular file");
    }
    if (stat.st_uid != geteuid() || (stat.st_mode & 0077) != 0) {
        return refuse(problem, path, "can be read by others; chmod 600 it, and draw a new token");
    }
    len = read(fd, token.text, sizeof(token.text));
    if (len < 0) {
        return refuse(problem, path, "cannot be read: %s", strerror(errno));
    }
    token.len = (size_t)len;
    if (token.len > 0 && token.text[token.len - 1] == '\n') {
        token.len -= 1;
    }
    if (token.len == 0 || token.len >= sizeof(token.text) - 1) {
        return refuse(problem, path, "holds no token: one line of at most %d bytes is accepted",
                TOKEN_MAX_BYTES - 2);
    }
    for (size_t i = 0; i < token.len; i++) {
        if (token.text[i] <= ' ' || token.text[i] == 0x7f) {
            return refuse(problem, path, "holds no token: one line without spaces is accepted");
        }
    }
    *ret_token = token;
    return 0;
}

static int find_path(const char *path, char place[PATH_MAX], struct problem *problem) {
    const char *runtime_dir = getenv(GK_VAR_RUNTIME_DIR);

    if (path == NULL && (runtime_dir == NULL || runtime_dir[0] != '/')) {
        return problem_set(problem, GK_E_BAD_REQUEST,
                "TCP needs a token, and " GK_VAR_RUNTIME_DIR " names no directory for it: say "
                "--token-file PATH");
    }
    if (path == NULL) {
        (void)snprintf(place, PATH_MAX, "%s/ghostkey", runtime_dir);
        (void)mkdir(place, 0700); /* what is there already, or cannot be made, shows below */
    }
    if ((path != NULL ? snprintf(place, PATH_MAX, "%s", path)
                      : snprintf(place, PATH_MAX, "%s/" GK_TOKEN_SUBPATH, runtime_dir)) >=
            PATH_MAX) {
        return problem_set(problem, GK_E_BAD_REQUEST, "--token-file: the path is too long");
    }
    return 0;
}

int token_load(const char *path, struct token *ret_token, struct problem *problem) {
    GK_AUTO_CLOSE int fd = -1;
    char place[PATH_MAX];
    int error = find_path(path, place, problem);

    if (error != 0) {
        return error;
    }
    fd = open(place, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd >= 0) {
        return make_file(fd, place, ret_token, problem);
    }
    if (errno != EEXIST) {
        return refuse(problem, place, "cannot be made: %s", strerror(errno));
    }
    fd = open(place, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0) {
        return refuse(problem, place, "cannot be read: %s", strerror(errno));
    }
    return read_file(fd, place, ret_token, problem);
}

bool token_matches(const struct token *token, struct span authorization) {
    const struct span scheme = SPAN_LITERAL("Bearer ");
    struct span given;

    if (token->len == 0 || authorization.len <= scheme.len ||
            strncasecmp(authorization.data, scheme.data, scheme.len) != 0) {
        return false;
    }
    given = (struct span){authorization.data + scheme.len, authorization.len - scheme.len};
    while (given.len > 0 && given.data[0] == ' ') {
        given.data += 1;
        given.len -= 1;
    }
    /* its length is no secret: it says how the token was made */
    return given.len == token->len && CRYPTO_memcmp(given.data, token->text, token->len) == 0;
}
