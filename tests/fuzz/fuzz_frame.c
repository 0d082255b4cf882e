/*
 * The reader of journals: its head, frames and changes. The input is read as a whole file, and as
 * the payload of a frame that is sound, which random bytes would not be.
 */
#include <fcntl.h>
#include <sys/mman.h>

#include "fuzz.h"
#include "store/journal.h"
#include "store/store_tables.h"

static void load(struct span bytes) {
    GK_AUTO_CLOSE int fd = memfd_create("fuzz", MFD_CLOEXEC);
    struct store *store = NULL;
    struct damage damage;

    MUST(fd >= 0 && pwrite(fd, bytes.data, bytes.len, 0) == (ssize_t)bytes.len);
    MUST(store_new(STORE_FDSTORE, NULL, &store) == 0);
    if (store_load(store, fd, &damage) == 0) {
        fd = -1; /* taken over */
        MUST(store_begin(store, NULL) == 0);
        MUST(store_open_turn(store) == 0);
        MUST(store_put_clock(store, 1) == 0);
        MUST(store_commit(store) == 0);
    }
    store_free(store);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const struct journal_head head = {.salt = 46};
    BUFFER_AUTO struct buffer file = BUFFER_NULL;
    char *place;

    load((struct span){(const char *)data, size});
    head_encode(&file, &head);
    place = buffer_reserve(&file, FRAME_HEAD_BYTES + size);
    MUST(place != NULL);
    memcpy(place + FRAME_HEAD_BYTES, data, size);
    frame_finish(place, size, 1, head.salt);
    buffer_commit(&file, FRAME_HEAD_BYTES + size);
    load(buffer_span(&file));
    return 0;
}
