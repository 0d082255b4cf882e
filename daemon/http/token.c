#include "http/token.h"

#include "common/base64.h"
#include "common/cleanup.h"
#include "ghostkey/protocol.h"
#include "process/log.h"
#include "process/new_file.h"
#include "process/runtime_dir.h"
#include <limits.h>
#include <openssl/crypto.h>
#include <stdarg.h>
#include <sys/random.h>
#include <sys/stat.h>

#define RANDOM_BYTES 32

__attribute__((format(printf, 3, 4))) static int refuse(
        struct problem *problem, const char *path, const char *format, ...) {
    char why[PROBLEM_MAX_BYTES];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(why, sizeof(why), format, arguments);
    va_end(arguments);
    return problem_set(problem, GK_E_BAD_REQUEST, "--token-file: %s %s", path, why);
}

static int draw(struct token *token) {
    BUFFER_AUTO struct buffer text = BUFFER_NULL;
    char random[RANDOM_BYTES];

    if (getrandom(random, sizeof(random), 0) != sizeof(random)) {
        return log_error(errno, "cannot draw a token");
    }
    base64_encode((struct span){random, sizeof(random)}, &text);
    explicit_bzero(random, sizeof(random));
    if (buffer_finish(&text) != 0) {
        return log_error(ENOMEM, "cannot draw a token");
    }
    token->len = text.len - 1; /* one byte of padding is left out */
    for (size_t i = 0; i < token->len; i++) {
        char c = text.data[i];

        token->text[i] = c == '+' ? '-' : c == '/' ? '_' : c;
    }
    return 0;
}

/* Makes the file. A client that waits for it sees it whole or not at all. -EEXIST: it is there. */
static int make_file(const char *path, struct token *ret_token, struct problem *problem) {
    TOKEN_AUTO struct token token = TOKEN_NULL;
    NEW_FILE_AUTO struct new_file file = NEW_FILE_NULL;
    int error = draw(&token);

    if (error != 0) {
        return error;
    }
    error = new_file_open(path, &file);
    if (error != 0) {
        return refuse(problem, path, "cannot be made: %s", strerror(-error));
    }
    token.text[token.len] = '\n';
    if (write(file.fd, token.text, token.len + 1) != (ssize_t)token.len + 1) {
        return refuse(problem, path, "cannot be written: %s", strerror(errno));
    }
    error = new_file_publish(&file, file.fd);
    if (error == -EEXIST) {
        return error;
    }
    if (error != 0) {
        return refuse(problem, path, "cannot be made: %s", strerror(-error));
    }
    *ret_token = token;
    return 0;
}

/* -ENOENT: nothing has that name. */
static int read_file(const char *path, struct token *ret_token, struct problem *problem) {
    const char *fault;
    struct stat stat;
    int error = token_file_read(path, true, ret_token, &fault);

    if (error == 0 || (error == -ENOENT && lstat(path, &stat) != 0)) {
        return error;
    }
    if (error > 0) {
        return refuse(problem, path, "%s", fault);
    }
    return refuse(problem, path, "cannot be read: %s", strerror(-error));
}

struct token_place {
    char path[PATH_MAX];
    char folder[PATH_MAX]; /* of the default place, to be made if it is missing; empty: no */
};

static int find_place(const char *path, struct token_place *place, struct problem *problem) {
    char fault[RUNTIME_DIR_FAULT_BYTES];
    const char *runtime_dir = path == NULL ? runtime_dir_find(fault) : NULL;
    int len;

    if (path == NULL && runtime_dir == NULL) {
        return problem_set(problem, GK_E_BAD_REQUEST,
                "TCP needs a token, and there is no place for its file, since " GK_VAR_RUNTIME_DIR
                " %s: say --token-file PATH",
                fault);
    }
    len = path != NULL ? snprintf(place->path, PATH_MAX, "%s", path)
                       : snprintf(place->path, PATH_MAX, "%s/" GK_TOKEN_SUBPATH, runtime_dir);
    if (len >= PATH_MAX) {
        return problem_set(problem, GK_E_BAD_REQUEST, "--token-file: the path is too long");
    }
    place->folder[0] = '\0';
    if (path == NULL) {
        (void)snprintf(place->folder, PATH_MAX, "%.*s",
                (int)(strrchr(place->path, '/') - place->path), place->path);
    }
    return 0;
}

/* Whether a file could be made at the place, where there is none. */
static int check_place(const struct token_place *place, struct problem *problem) {
    const bool is_default = place->folder[0] != '\0';
    struct stat folder;
    bool is_folder_missing = is_default && stat(place->folder, &folder) != 0;
    int error = new_file_check(is_folder_missing ? place->folder : place->path);

    if (error != 0) {
        return refuse(problem, place->path, "cannot be made: %s", strerror(-error));
    }
    if (is_default && !is_folder_missing && folder.st_uid != geteuid()) {
        return refuse(problem, place->path, "cannot be made: its folder belongs to another user");
    }
    return 0;
}

int token_check(const char *path, struct problem *problem) {
    TOKEN_AUTO struct token token = TOKEN_NULL;
    struct token_place place;
    int error = find_place(path, &place, problem);

    if (error != 0) {
        return error;
    }
    error = read_file(place.path, &token, problem);
    return error == -ENOENT ? check_place(&place, problem) : error;
}

int token_load(const char *path, struct token *ret_token, struct problem *problem) {
    struct token_place place;
    int error = find_place(path, &place, problem);

    if (error != 0) {
        return error;
    }
    error = read_file(place.path, ret_token, problem);
    if (error != -ENOENT) {
        return error;
    }
    if (place.folder[0] != '\0') {
        (void)mkdir(place.folder, 0700); /* what is there already, or cannot be made, shows below */
    }
    error = make_file(place.path, ret_token, problem);
    if (error != -EEXIST) {
        return error;
    }
    error = read_file(place.path, ret_token, problem); /* another daemon made it just now */
    return error == -ENOENT ? refuse(problem, place.path, "cannot be read") : error;
}

bool token_matches(const struct token *token, struct span offered) {
    /* its length is no secret: it says how the token was made */
    return token->len > 0 && offered.len == token->len &&
           CRYPTO_memcmp(offered.data, token->text, token->len) == 0;
}
