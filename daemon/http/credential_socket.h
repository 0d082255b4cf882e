/* Sends systemd credentials (credential/credential.h): a connection gets bytes, and is closed. */
#ifndef GHOSTKEYD_HTTP_CREDENTIAL_SOCKET_H
#define GHOSTKEYD_HTTP_CREDENTIAL_SOCKET_H

struct connection;
struct turn;

/*
 * Answers a connection that was just accepted with the value that its address asks for. If there is
 * none it sends more than CREDENTIAL_MAX_BYTES. Closes the connection once that was sent.
 */
void credential_socket_answer(struct connection *connection, struct turn *turn);

#endif
