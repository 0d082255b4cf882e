/*
 * systemd credentials (contract, section 14; systemd.exec(5), LoadCredential=). systemd connects to
 * a socket from an abstract address that names the unit and the credential, reads the credential
 * until the end, and gives it to the unit. After an empty answer the unit would start with an empty
 * credential: one that has none gets more than systemd takes, and does not start.
 */
#ifndef GHOSTKEYD_CREDENTIAL_CREDENTIAL_H
#define GHOSTKEYD_CREDENTIAL_CREDENTIAL_H

#include "common/buffer.h"
#include <sys/socket.h>
#include <sys/un.h>

struct broker;

/* The largest credential that systemd takes. */
#define CREDENTIAL_MAX_BYTES (1024 * 1024)

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
 * Appends the value of the secret that is named like the credential, or if there is none like the
 * credential with '/' for each '.'. Not 0: there is no value to tell, which was logged.
 */
int credential_read(
        struct broker *broker, const struct credential_asked *asked, struct buffer *value);

#endif
