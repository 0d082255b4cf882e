/* How a journal is read at the start. */
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/journal.h"
#include "store/seal.h"

#define WINDOW_BYTES ((size_t)1 << 20)

/* A part of the file in memory. */
struct window {
    int fd;
    uint64_t size; /* of the file */
    uint64_t at;   /* of the first byte that is here */
    struct buffer bytes;
};

static void window_deinit(struct window *window) {
    buffer_deinit(&window->bytes);
}

/* The bytes at that place of the file, as far as it goes; valid until the next call. */
static int look_at(struct window *window, uint64_t at, size_t len, struct span *ret_bytes) {
    struct buffer *bytes = &window->bytes;
    uint64_t left = window->size - at;
    size_t want = len > WINDOW_BYTES ? len : WINDOW_BYTES;
    char *place;

    len = len < left ? len : (size_t)left;
    want = want < left ? want : (size_t)left;
    if (at < window->at || at + len > window->at + bytes->len) {
        buffer_clear(bytes);
        window->at = at;
        place = buffer_reserve(bytes, want + 1);
        if (place == NULL) {
            return -ENOMEM;
        }
        while (bytes->len < want) {
            ssize_t count = pread(
                    window->fd, place + bytes->len, want - bytes->len, (off_t)(at + bytes->len));

            if (count < 0 && errno != EINTR) {
                return -errno;
            }
            if (count == 0) {
                return -EIO; /* somebody cuts it just now */
            }
            buffer_commit(bytes, count > 0 ? (size_t)count : 0);
        }
    }
    *ret_bytes = (struct span){bytes->data + (at - window->at), len};
    return 0;
}

/* The frame at that place. -ENODATA: no whole one is there. */
static int look_at_frame(
        struct window *window, uint64_t at, uint64_t salt, struct frame *ret_frame) {
    struct span bytes = SPAN_NULL;
    int error = look_at(window, at, FRAME_HEAD_BYTES, &bytes);

    if (error != 0) {
        return error;
    }
    if (frame_find(bytes, salt) != 0) {
        return -ENODATA; /* and its length may be anything */
    }
    error = look_at(window, at, frame_len(bytes), &bytes);
    if (error != 0) {
        return error;
    }
    return frame_decode(bytes, salt, ret_frame) ? 0 : -ENODATA;
}

/* Where the last part of the file ends that was ever written: what is allocated ahead is zeros. It
 * is to be asked before that is read, since pages in the cache count as written. */
static uint64_t written_end(const struct window *window, uint64_t from) {
    uint64_t end = from;

    while (end < window->size) {
        off_t data = lseek(window->fd, (off_t)end, SEEK_DATA);
        off_t hole = data < 0 ? -1 : lseek(window->fd, data, SEEK_HOLE);

        if (data < 0 && errno == ENXIO) {
            return end;
        }
        if (hole < 0) {
            return window->size; /* the file system does not say */
        }
        end = (uint64_t)hole;
    }
    return window->size;
}

/*
 * Looks behind the last whole frame. *ret_end is where the last byte that is not zero ends. Stops
 * at a whole frame of this journal with a later number.
 */
static int look_behind(const struct journal *journal, struct window *window, uint64_t *ret_end,
        bool *ret_has_frame) {
    uint64_t at = journal->end;
    uint64_t end = at;
    uint64_t size = written_end(window, at);
    bool has_frame = false;

    while (at < size && !has_frame) {
        struct frame frame;
        struct span bytes = SPAN_NULL;
        size_t found;
        int error = look_at(window, at, WINDOW_BYTES, &bytes);

        if (error != 0) {
            return error;
        }
        found = frame_find(bytes, journal->head.salt);
        if (found < bytes.len) {
            error = look_at_frame(window, at + found, journal->head.salt, &frame);
            if (error != 0 && error != -ENODATA) {
                return error;
            }
            has_frame = error == 0 && frame.number > journal->number;
            at += found + 1;
            continue;
        }
        for (size_t len = bytes.len; len > 0 && end <= at; len--) {
            end = bytes.data[len - 1] != 0 ? at + len : end;
        }
        at += bytes.len < WINDOW_BYTES ? bytes.len : WINDOW_BYTES - FRAME_HEAD_BYTES;
    }
    *ret_end = end;
    *ret_has_frame = has_frame;
    return 0;
}

static int damaged(struct damage *ret_damage, const char *what, uint64_t at) {
    *ret_damage = (struct damage){what, at};
    return -EBADMSG;
}

/* No whole frame is at journal->end: whether the journal may end there. */
static int load_end(const struct journal *journal, struct window *window, uint64_t *ret_torn,
        struct damage *ret_damage) {
    uint64_t end;
    bool has_frame;
    int error = look_behind(journal, window, &end, &has_frame);

    if (error != 0) {
        return error;
    }
    if (has_frame || (journal->head.closed_at != 0 && journal->end != window->size)) {
        return damaged(ret_damage, "a part of it has changed", journal->end);
    }
    *ret_torn = end - journal->kept;
    return 0;
}

/* -ENODATA: no frame is next; -EBADMSG: it is whole, and makes no sense. */
static int load_frame(struct journal *journal, struct window *window, struct buffer *plain,
        const struct frame_reader *reader) {
    struct frame frame;
    struct span payload;
    int error = look_at_frame(window, journal->end, journal->head.salt, &frame);

    if (error != 0) {
        return error;
    }
    if (frame.number != journal->number + 1) {
        return -ENODATA;
    }
    payload = frame.payload;
    if (journal->seal != NULL) {
        buffer_clear(plain);
        error = seal_decrypt(
                journal->seal, frame_context(payload.data - FRAME_HEAD_BYTES), payload, plain);
        if (error != 0) {
            return error;
        }
        payload = buffer_span(plain);
    }
    if (payload.len == 0) {
        return -EBADMSG;
    }
    error = reader->visit(reader->userdata, (unsigned char)payload.data[0],
            (struct span){payload.data + 1, payload.len - 1});
    if (error != 0) {
        return error;
    }
    journal->end += FRAME_HEAD_BYTES + frame.payload.len;
    journal->number = frame.number;
    if ((payload.data[0] & FRAME_ENDS_TURN) != 0) {
        journal->kept = journal->end;
        journal->kept_number = journal->number;
    }
    return 0;
}

/* Up to that byte, or to what is no frame. */
static int load_frames(struct journal *journal, struct window *window, uint64_t up_to,
        const struct frame_reader *reader) {
    BUFFER_AUTO struct buffer plain = BUFFER_NULL;

    journal->end = HEAD_BYTES;
    journal->number = 0;
    reader->begin(reader->userdata);
    while (journal->end < up_to) {
        int error = load_frame(journal, window, &plain, reader);

        if (error != 0) {
            return error;
        }
    }
    return 0;
}

static int load_all(struct journal *journal, struct window *window,
        const struct frame_reader *reader, uint64_t *ret_torn, struct damage *ret_damage) {
    int error = load_frames(journal, window, window->size, reader);

    if (error == -EBADMSG) {
        return damaged(ret_damage, "a part of it makes no sense", journal->end);
    }
    if (error != 0 && error != -ENODATA) {
        return error;
    }
    error = load_end(journal, window, ret_torn, ret_damage);
    if (error != 0 || journal->end == journal->kept) {
        return error;
    }
    error = load_frames(journal, window, journal->kept, reader);
    return error == -ENODATA || error == -EBADMSG ? -EIO : error; /* it changes just now */
}

static int load_head(struct journal *journal, struct window *window, struct damage *ret_damage) {
    char check[KEY_CHECK_BYTES];
    struct span bytes = SPAN_NULL;
    int error;

    if (window->size == 0) {
        return damaged(ret_damage, "it is empty", 0);
    }
    error = look_at(window, 0, HEAD_BYTES, &bytes);
    if (error != 0) {
        return error;
    }
    error = head_decode(bytes, &journal->head);
    if (error == -EBADMSG) {
        return damaged(ret_damage, "it does not begin as a store of GhostKey does", 0);
    }
    if (error != 0) {
        return error;
    }
    if (journal->head.is_sealed != (journal->seal != NULL)) {
        return -EACCES;
    }
    if (journal->seal == NULL) {
        return 0;
    }
    error = seal_key_check(journal->seal, journal->head.id, check);
    if (error != 0) {
        return error;
    }
    return memcmp(check, journal->head.key_check, sizeof(check)) == 0 ? 0 : -EACCES;
}

int journal_load(struct journal *journal, int fd, enum journal_kind kind, struct seal *seal,
        const struct frame_reader *reader, uint64_t *ret_torn, struct damage *ret_damage) {
    GK_CLEANUP(window_deinit) struct window window = {.fd = fd};
    struct journal loaded = {
            .fd = fd, .kind = kind, .seal = seal, .kept = HEAD_BYTES, .end = HEAD_BYTES};
    struct stat status;
    int error;

    if (fstat(fd, &status) != 0) {
        return -errno;
    }
    window.size = (uint64_t)status.st_size;
    error = load_head(&loaded, &window, ret_damage);
    if (error != 0) {
        return error;
    }
    if (loaded.head.closed_at != 0 && loaded.head.closed_at != window.size) {
        return damaged(ret_damage,
                window.size < loaded.head.closed_at ? "it is cut short" : "it has become longer",
                window.size);
    }
    error = load_all(&loaded, &window, reader, ret_torn, ret_damage);
    if (error != 0) {
        return error;
    }
    *journal = loaded;
    return 0;
}

int journal_peek(int fd, struct journal_head *ret_head) {
    static const char zeros[HEAD_BYTES];
    char bytes[HEAD_BYTES + 1] = {0}; /* one more: whether anything follows */
    ssize_t len = pread(fd, bytes, sizeof(bytes), 0);

    if (len < 0) {
        return -errno;
    }
    if (len <= HEAD_BYTES && memcmp(bytes, zeros, HEAD_BYTES) == 0) {
        *ret_head = (struct journal_head){0};
        return 0;
    }
    return head_decode((struct span){bytes, (size_t)len}, ret_head);
}
