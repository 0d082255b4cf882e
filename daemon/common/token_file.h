/*
 * The file that holds the token for TCP (contract, section 7): one line of printable ASCII
 * characters without spaces.
 */
#ifndef GHOSTKEY_TOKEN_FILE_H
#define GHOSTKEY_TOKEN_FILE_H

#include "common/span.h"

#define TOKEN_MAX_BYTES 1024

struct token {
    char text[TOKEN_MAX_BYTES];
    size_t len; /* 0: there is none */
};

#define TOKEN_NULL ((struct token){.len = 0})
#define TOKEN_AUTO __attribute__((cleanup(token_deinit)))

void token_deinit(struct token *token);

/*
 * Reads the token in the file at path, which with must_be_private has to be a regular file that
 * only its owner, this user, can use. 0; GK_E_BAD_REQUEST: *ret_fault says what is wrong
 * with it, as in `FILE holds no token: …`; a negative errno: it cannot be read.
 */
int token_file_read(
        const char *path, bool must_be_private, struct token *ret_token, const char **ret_fault);

#endif
