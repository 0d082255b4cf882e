/*
 * The token that a request over TCP must have (contract, section 7): 256 random bits as base64url
 * (RFC 4648, section 5), or any line that the user has written. It is in a file that only its owner
 * can read.
 */
#ifndef GHOSTKEYD_HTTP_TOKEN_H
#define GHOSTKEYD_HTTP_TOKEN_H

#include "common/buffer.h"
#include "common/token_file.h"
#include "model/problem.h"

/*
 * Reads the token in the file at path (NULL: the default one below $XDG_RUNTIME_DIR), or makes the
 * file with a new one. GK_E_BAD_REQUEST: the path is wrong, or the file must not or
 * cannot be used (others can read it, it is empty, it is no regular file). Or a negative errno
 * (logged).
 */
int token_load(const char *path, struct token *ret_token, struct problem *problem);

/* Whether token_load() would succeed now; with the same refusals. Nothing is made. */
int token_check(const char *path, struct problem *problem);

/* Sets the absolute path of the file that token_load() has read. A negative errno (logged). */
int token_path(const char *path, struct buffer *ret_path);

/* Draws a token of 256 random bits. A negative errno (logged) */
int token_draw(struct token *ret_token);

/* Whether the request has this token; compared in constant time. */
bool token_matches(const struct token *token, struct span offered);

#endif
