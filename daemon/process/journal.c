#include "process/journal.h"

#include <assert.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "common/buffer.h"
#include "common/cleanup.h"

#define JOURNAL_SOCKET "/run/systemd/journal/socket"

int journal_send(const struct journal_field *fields, size_t count) {
    static int fd = -1; /* stays open for the next entry */
    const struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = JOURNAL_SOCKET};
    BUFFER_AUTO struct buffer entry = BUFFER_NULL;

    if (fd < 0) {
        fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (fd < 0) {
            return -errno;
        }
    }
    for (size_t i = 0; i < count; i++) {
        assert(fields[i].value.len == 0 ||
                memchr(fields[i].value.data, '\n', fields[i].value.len) == NULL);
        buffer_append_text(&entry, fields[i].name);
        buffer_append_byte(&entry, '=');
        buffer_append_span(&entry, fields[i].value);
        buffer_append_byte(&entry, '\n');
    }
    if (buffer_finish(&entry) != 0) {
        return -ENOMEM;
    }
    if (sendto(fd, entry.data, entry.len, MSG_NOSIGNAL, (const struct sockaddr *)&address,
                sizeof(address)) < 0) {
        return -errno;
    }
    return 0;
}
