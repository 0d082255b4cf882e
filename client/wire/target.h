/*
 * Where the daemon is: a Unix socket, or a loopback address with a token. The options decide, else
 * the environment, else it is the default socket. GHOSTKEY_SOCKET wins over GHOSTKEY_URL, since a
 * socket needs no token.
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
    char *token; /* NULL: it was not found */
    /* The token's file, if it is missing: the daemon may make it when it starts. Else NULL. */
    char *token_path;
    char *token_file;           /* the token's file, whether or not it is there; NULL: no TCP */
    const char *token_named_by; /* the option or variable that names the file; NULL: none does */
    bool is_unix;
};

/*
 * An exit status, after a message: GK_EXIT_USAGE for a text that is not an address,
 * GK_EXIT_UNREACHABLE if nothing names the daemon.
 */
int target_resolve(const struct target_choice *choice, struct target *ret_target);
void target_deinit(struct target *target);

/*
 * Reads target->token_path once the daemon answers. *ret_token stays as it is if the file is still
 * missing and was not named. GK_EXIT_FAILED, after a message, if it was named and is missing, or
 * holds no token.
 */
int target_read_late_token(const struct target *target, char **ret_token);

#endif
