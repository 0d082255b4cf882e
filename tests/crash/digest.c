#include "digest.h"

#include "common/cleanup.h"
#include "sample_store.h"
#include <sys/mman.h>

#define FNV_START 0xcbf29ce484222325u
#define FNV_PRIME 0x100000001b3u

uint64_t digest_of(const unsigned char *content, size_t content_len, struct damage *ret_damage) {
    BUFFER_AUTO struct buffer text = BUFFER_NULL;
    GK_AUTO_CLOSE int fd = memfd_create("death", MFD_CLOEXEC);
    struct store *store = NULL;
    uint64_t hash = FNV_START;
    bool good;

    *ret_damage = (struct damage){"it cannot be read", 0};
    if (fd < 0 || write(fd, content, content_len) != (ssize_t)content_len ||
            store_new(STORE_FDSTORE, NULL, &store) != 0) {
        return 0;
    }
    good = store_load(store, fd, ret_damage) == 0;
    if (good) {
        fd = -1; /* taken over */
        good = sample_dump(store, &text) == 0;
    }
    store_free(store);
    for (size_t at = 0; at < text.len; at++) {
        hash = (hash ^ (unsigned char)text.data[at]) * FNV_PRIME;
    }
    return good ? hash : 0;
}
