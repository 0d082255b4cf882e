#include "http/token.h"

#include <limits.h>
#include <openssl/crypto.h>
#include <sys/random.h>
#include <sys/stat.h>

#include "common/base64.h"
#include "common/cleanup.h"
#include "ghostkey/protocol.h"
#include "process/log.h"
#include "process/new_file.h"
#include "process/runtime_dir.h"

#define RANDOM_BYTES 32

static int refuse(const char *path, const char *what, const char *why, struct problem *problem) {
    return problem_set(problem, GK_E_BAD_REQUEST, "--token-file: %s %s%s", path, what, why);
}

int token_draw(struct token *ret_token) {
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
    ret_token->len = text.len - 1; /* without the padding */
    for (size_t i = 0; i < ret_token->len; i++) {
        char c = text.data[i];

        ret_token->text[i] = c == '+' ? '-' : c == '/' ? '_' : c;
    }
    return 0;
}

/* Makes the file, which clients see only once it is whole. -EEXIST: it exists already. */
static int make_file(const char *path, struct token *ret_token, struct problem *problem) {
    TOKEN_AUTO struct token token = TOKEN_NULL;
    NEW_FILE_AUTO struct new_file file = NEW_FILE_NULL;
    int error = token_draw(&token);

    if (error != 0) {
        return error;
    }
    error = new_file_open(path, &file);
    if (error != 0) {
        return refuse(path, "cannot be made: ", strerror(-error), problem);
    }
    token.text[token.len] = '\n';
    if (write(file.fd, token.text, token.len + 1) != (ssize_t)token.len + 1) {
        return refuse(path, "cannot be written: ", strerror(errno), problem);
    }
    error = new_file_publish(&file, file.fd);
    if (error == -EEXIST) {
        return error;
    }
    if (error != 0) {
        return refuse(path, "cannot be made: ", strerror(-error), problem);
    }
    *ret_token = token;
    return 0;
}

/* -ENOENT: nothing has that name. */
static int read_file(const char *path, struct token *ret_token, struct problem *problem) {
    const char *why;
    struct stat stat;
    int error = token_file_read(path, true, ret_token, &why);

    if (error == 0 || (error == -ENOENT && lstat(path, &stat) != 0)) {
        return error;
    }
    if (error > 0) {
        return refuse(path, "", why, problem);
    }
    return refuse(path, "cannot be read: ", strerror(-error), problem);
}

struct token_place {
    char path[PATH_MAX];
    char folder[PATH_MAX]; /* made if it is missing; empty: the path is not the default one */
};

static int find_place(const char *path, struct token_place *place, struct problem *problem) {
    char why[RUNTIME_DIR_WHY_BYTES];
    const char *runtime_dir = path == NULL ? runtime_dir_find(why) : NULL;
    int len;

    place->folder[0] = '\0';
    if (path == NULL && runtime_dir == NULL) {
        return problem_set(problem, GK_E_BAD_REQUEST,
                "TCP needs a token, and there is no place for its file, since " GK_VAR_RUNTIME_DIR
                " %s: say --token-file PATH",
                why);
    }
    len = path != NULL ? snprintf(place->path, PATH_MAX, "%s", path)
                       : snprintf(place->path, PATH_MAX, "%s/" GK_TOKEN_SUBPATH, runtime_dir);
    if (len >= PATH_MAX) {
        return problem_set(problem, GK_E_BAD_REQUEST, "--token-file: the path is too long");
    }
    if (path == NULL) {
        (void)snprintf(place->folder, PATH_MAX, "%.*s",
                (int)(strrchr(place->path, '/') - place->path), place->path);
    }
    return 0;
}

/* Whether the file, which is missing, could be made. */
static int check_place(const struct token_place *place, struct problem *problem) {
    const bool is_default = place->folder[0] != '\0';
    struct stat folder;
    bool is_folder_missing = is_default && stat(place->folder, &folder) != 0;
    int error = new_file_check(is_folder_missing ? place->folder : place->path);

    if (error != 0) {
        return refuse(place->path, "cannot be made: ", strerror(-error), problem);
    }
    if (is_default && !is_folder_missing && folder.st_uid != geteuid()) {
        return refuse(
                place->path, "cannot be made: ", "its folder belongs to another user", problem);
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
        (void)mkdir(place.folder, 0700); /* make_file() reports a failure */
    }
    error = make_file(place.path, ret_token, problem);
    if (error != -EEXIST) {
        return error;
    }
    error = read_file(place.path, ret_token, problem); /* another daemon has made it meanwhile */
    return error == -ENOENT ? refuse(place.path, "cannot be read", "", problem) : error;
}

int token_path(const char *path, struct buffer *ret_path) {
    struct problem problem = PROBLEM_NULL;
    struct token_place place;
    GK_AUTO_FREE char *whole =
            find_place(path, &place, &problem) == 0 ? realpath(place.path, NULL) : NULL;

    if (whole == NULL) {
        return log_error(errno, "cannot find the token file again");
    }
    buffer_append_text(ret_path, whole);
    return buffer_finish(ret_path);
}

bool token_matches(const struct token *token, struct span offered) {
    /* the length of a token is no secret */
    return token->len > 0 && offered.len == token->len &&
           CRYPTO_memcmp(offered.data, token->text, token->len) == 0;
}
