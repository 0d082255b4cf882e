#include "common/tcp_table.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <string.h>

#include "common/cleanup.h"

#define LINE_MAX_BYTES 512
#define ADDRESS_DIGITS 32 /* of an IPv6 address; an IPv4 one has 8 */
#define STATE_LISTEN 0x0a

uint16_t tcp_port(const struct sockaddr_storage *address) {
    return ntohs(address->ss_family == AF_INET6 ? ((const struct sockaddr_in6 *)address)->sin6_port
                                                : ((const struct sockaddr_in *)address)->sin_port);
}

/* The address as the table shows it: words of the machine's own byte order. */
static void print_address(const void *address, size_t words, char text[ADDRESS_DIGITS + 1]) {
    for (size_t at = 0; at < words; at++) {
        uint32_t word;

        memcpy(&word, (const char *)address + at * sizeof(word), sizeof(word));
        (void)snprintf(text + 8 * at, ADDRESS_DIGITS + 1 - 8 * at, "%08" PRIX32, word);
    }
}

/* The socket in the table that listens on this port of this address, or of all addresses. */
static struct tcp_row find_row(const char *path, const char *host, uint16_t wanted) {
    GK_AUTO_FCLOSE FILE *table = fopen(path, "re");
    char line[LINE_MAX_BYTES];

    while (table != NULL && fgets(line, sizeof(line), table) != NULL) {
        char local[ADDRESS_DIGITS + 1];
        unsigned int port;
        unsigned int state;
        unsigned int uid;
        uint64_t inode;

        if (sscanf(line, "%*d: %32[0-9A-F]:%x %*[0-9A-F]:%*x %x %*s %*s %*s %u %*u %" SCNu64, local,
                    &port, &state, &uid, &inode) == 5 &&
                port == wanted && state == STATE_LISTEN &&
                (strcmp(local, host) == 0 || strspn(local, "0") == strlen(local))) {
            return (struct tcp_row){inode, uid};
        }
    }
    return (struct tcp_row){0};
}

struct tcp_row tcp_table_find(const struct sockaddr_storage *address) {
    const struct sockaddr_in *four = (const struct sockaddr_in *)address;
    const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)address;
    char host[ADDRESS_DIGITS + 1];
    struct tcp_row row;

    if (address->ss_family == AF_INET6) {
        print_address(&six->sin6_addr, 4, host);
        return find_row("/proc/net/tcp6", host, tcp_port(address));
    }
    print_address(&four->sin_addr, 1, host);
    row = find_row("/proc/net/tcp", host, tcp_port(address));
    /* An IPv6 socket that listens on all addresses also listens on those of IPv4. */
    return row.inode != 0 ? row : find_row("/proc/net/tcp6", host, tcp_port(address));
}
