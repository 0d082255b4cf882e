/* A socket in a folder of its own, on which a test's server listens. */
#ifndef GHOSTKEY_TESTS_UNIT_CLIENT_OWN_SOCKET_H
#define GHOSTKEY_TESTS_UNIT_CLIENT_OWN_SOCKET_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "support/test.h"
#include "wire/target.h"

struct own_socket {
    char dir[32];
    struct target target; /* where a client finds it; it borrows from dir */
};

/* Returns the listening socket. The caller closes it, and ends with own_socket_remove(). */
static inline int own_socket_listen(struct own_socket *own) {
    struct sockaddr_un *address = (struct sockaddr_un *)&own->target.address;
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    strcpy(own->dir, "/tmp/ghostkey-XXXXXX");
    assert_non_null(mkdtemp(own->dir));
    address->sun_family = AF_UNIX;
    (void)snprintf(address->sun_path, sizeof(address->sun_path), "%s/s", own->dir);
    own->target.address_length = sizeof(*address);
    own->target.shown = address->sun_path;
    own->target.host = own->dir + 1; /* any word */
    assert_int_equal(bind(listener, (struct sockaddr *)address, sizeof(*address)), 0);
    assert_int_equal(listen(listener, 8), 0);
    return listener;
}

static inline void own_socket_remove(struct own_socket *own) {
    (void)unlink(((struct sockaddr_un *)&own->target.address)->sun_path);
    (void)rmdir(own->dir);
}

#endif
