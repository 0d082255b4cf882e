/*
 * systemd credentials (contract, section 14; systemd.exec(5), LoadCredential=). systemd connects to
 * a socket from an abstract address that names the unit and the credential, reads the credential
 * until the end, and gives it to the unit. After an empty answer the unit would start with an empty
 * credential: one that has none gets more than systemd takes, and does not start.
 */
#ifndef GHOSTKEYD_CREDENTIAL_CREDENTIAL_H
#define GHOSTKEYD_CREDENTIAL_CREDENTIAL_H

#include <sys/socket.h>
#include <sys/un.h>

#include "common/span.h"
#include "model/problem.h"
#include "model/secret.h"

struct broker;

/* The largest credential that systemd takes. */
#define CREDENTIAL_MAX_BYTES (1024 * 1024)

/* The names of unit and credential stand in an address. */
#define CREDENTIAL_NAME_MAX_BYTES sizeof(((struct sockaddr_un *)NULL)->sun_path)

/* What systemd's address names; the spans point into the address. */
struct credential_asked {
    struct span unit;
    struct span credential;
};

/*
 * Reads `\0HEX/unit/UNIT/CREDENTIAL`, 1 to 16 hexadecimal digits, with both names not empty. len is
 * that of the address, as from getpeername(2). False: systemd does not write such an address.
 */
bool credential_parse(
        const struct sockaddr_un *address, socklen_t len, struct credential_asked *ret_asked);

/*
 * Finds the secret that is named like the credential, or if there is none like the credential with
 * '/' for each '.'. *ret_name: its name, which may point into place; if there is none, the
 * credential's. GK_E_NO_SECRET: there is none, or it has no value. ret_secret begins as
 * SECRET_NULL.
 */
int credential_find(struct broker *broker, struct span credential,
        char place[CREDENTIAL_NAME_MAX_BYTES], struct secret *ret_secret, struct span *ret_name,
        struct problem *problem);

/* GK_E_NO_SECRET: it has expired. */
int credential_check(struct broker *broker, const struct secret *secret, struct problem *problem);

/* Puts the previous version in place of the current one, if there is one that is live. */
int credential_make_stale(struct broker *broker, struct secret *secret);

#endif
