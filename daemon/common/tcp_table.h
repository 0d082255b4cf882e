/*
 * Who listens on a TCP address, by the kernel's table of this network namespace (proc(5),
 * /proc/net/tcp).
 */
#ifndef GHOSTKEY_TCP_TABLE_H
#define GHOSTKEY_TCP_TABLE_H

#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

/* A socket that listens. */
struct tcp_row {
    uint64_t inode; /* 0: none is found */
    uid_t uid;
};

/* The socket that listens on this address and port, or on this port of all addresses. */
struct tcp_row tcp_table_find(const struct sockaddr_storage *address);

/* The port of an IPv4 or IPv6 address. */
uint16_t tcp_port(const struct sockaddr_storage *address);

#endif
