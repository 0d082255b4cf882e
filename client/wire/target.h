/*
 * Where the daemon is: a Unix socket, or a loopback address with a token. From the options, else
 * from the environment, else the default socket. An option wins over every variable, and
 * GHOSTKEY_SOCKET over GHOSTKEY_URL, as the socket is the way that needs no token.
 */
#ifndef GHOSTCTL_TARGET_H
#define GHOSTCTL_TARGET_H

#include <stdbool.h>
#include <sys/socket.h>

#define TARGET_VAR_URL "GHOSTKEY_URL"
#define TARGET_VAR_TOKEN_FILE "GHOSTKEY_TOKEN_FILE"

/* What was asked for on the command line; NULL where nothing was. */
struct target_choice {
    const char *socket;
    const char *url;
    const char *token_file;
};

struct target {
    struct sockaddr_storage address;
    socklen_t address_length;
    char *shown; /* the path or URL, for messages */
    char *host;  /* the Host header */
    char *token; /* NULL: none, or none yet */
    /* TCP: the file that the token is looked for in again once the daemon answers, since a daemon
     * makes it when it starts; NULL: the token was found, or there is no place to look. */
    char *token_path;
    const char *token_named_by; /* the option or variable that names that file; NULL: none does */
    bool is_unix;
};

/* GK_EXIT_USAGE for what cannot be an address, GK_EXIT_UNREACHABLE if none is known; said. */
int target_resolve(const struct target_choice *choice, struct target *ret_target);
void target_deinit(struct target *target);

/*
 * The token in target->token_path, once the daemon answers; NULL if the file is still missing and
 * was not named. GK_EXIT_FAILED if it holds no token, or is missing though it was named; said.
 */
int target_read_late_token(const struct target *target, char **ret_token);

#endif
