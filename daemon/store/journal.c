#include "store/journal.h"

#include "ghostkey/error.h"
#include "process/new_file.h"
#include "store/fields.h"
#include "store/seal.h"
#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>

#define STEP_BYTES \
    ((uint64_t)4 << 20) /* a file that is allocated in such steps is written faster */
#define BLOCK_BYTES 4096
#define WINDOW_BYTES ((size_t)1 << 20)
#define CONTEXT_BYTES 16
#define CONTEXT_AT 8 /* number and salt in the head of a frame */
#define SALT_AT 16

static int write_all(int fd, struct span bytes, uint64_t at) {
    while (bytes.len > 0) {
        ssize_t count = pwrite(fd, bytes.data, bytes.len, (off_t)at);

        if (count < 0 && errno != EINTR) {
            return -errno;
        }
        if (count == 0) {
            return -ENOSPC;
        }
        if (count > 0) {
            bytes.data += count;
            bytes.len -= (size_t)count;
            at += (uint64_t)count;
        }
    }
    return 0;
}

static int sync_if_file(const struct journal *journal) {
    return journal->kind != JOURNAL_FILE || fdatasync(journal->fd) == 0 ? 0 : -errno;
}

static int write_head(struct journal *journal) {
    BUFFER_AUTO struct buffer bytes = BUFFER_NULL;
    int error;

    head_encode(&bytes, &journal->head);
    error = buffer_finish(&bytes);
    if (error != 0) {
        return error;
    }
    error = write_all(journal->fd, buffer_span(&bytes), 0);
    return error != 0 ? error : sync_if_file(journal);
}

static int draw(void *place, size_t len) {
    return getrandom(place, len, 0) == (ssize_t)len ? 0 : -EIO;
}

int journal_make(struct journal *journal, int fd, enum journal_kind kind, struct seal *seal,
        const struct journal_head *head) {
    static const char no_id[STATE_ID_BYTES];
    struct journal made = {.fd = fd,
            .kind = kind,
            .seal = seal,
            .head = *head,
            .kept = HEAD_BYTES,
            .end = HEAD_BYTES};
    int error = draw(&made.head.salt, sizeof(made.head.salt));

    if (error != 0) {
        return error;
    }
    error = memcmp(head->id, no_id, sizeof(no_id)) == 0 ? draw(made.head.id, sizeof(no_id)) : 0;
    if (error != 0) {
        return error;
    }
    made.head.is_sealed = seal != NULL;
    error = seal != NULL ? seal_key_check(seal, made.head.id, made.head.key_check) : 0;
    if (error != 0) {
        return error;
    }
    made.head.closed_at = 0;
    error = write_head(&made);
    if (error != 0) {
        return error;
    }
    *journal = made;
    return 0;
}

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

/* The bytes at that place of the file, which lie within it; valid until the next call. */
static int look_at(struct window *window, uint64_t at, size_t len, struct span *ret_bytes) {
    uint64_t left = window->size - at;
    size_t want = left < WINDOW_BYTES ? (size_t)left : WINDOW_BYTES;
    char *place;

    if (at < window->at || at + len > window->at + window->bytes.len) {
        want = want < len ? len : want;
        buffer_clear(&window->bytes);
        place = buffer_reserve(&window->bytes, want + 1);
        if (place == NULL) {
            return -ENOMEM;
        }
        while (window->bytes.len < want) {
            ssize_t count = pread(window->fd, place + window->bytes.len, want - window->bytes.len,
                    (off_t)(at + window->bytes.len));

            if (count < 0 && errno != EINTR) {
                return -errno;
            }
            if (count == 0) {
                return -EIO; /* somebody cuts it just now */
            }
            window->bytes.len += count > 0 ? (size_t)count : 0;
        }
        window->at = at;
    }
    *ret_bytes = (struct span){window->bytes.data + (at - window->at), len};
    return 0;
}

/* The frame at that place. -EBADMSG: there is none. */
static int look_at_frame(
        struct window *window, uint64_t at, uint64_t salt, struct frame *ret_frame) {
    struct span bytes;
    size_t len;
    int error;

    if (window->size - at < FRAME_HEAD_BYTES) {
        return -EBADMSG;
    }
    error = look_at(window, at, FRAME_HEAD_BYTES, &bytes);
    if (error != 0) {
        return error;
    }
    len = frame_len(bytes);
    if (len > window->size - at || number_take(bytes.data + SALT_AT, 8) != salt) {
        return -EBADMSG;
    }
    error = look_at(window, at, len, &bytes);
    if (error != 0) {
        return error;
    }
    return frame_decode(bytes, salt, ret_frame) ? 0 : -EBADMSG;
}

/* What stands from `from` on: the number of bytes up to the last that is not zero. */
static int measure_rest(struct window *window, uint64_t from, uint64_t *ret_len) {
    uint64_t len = 0;

    for (uint64_t at = from; at < window->size;) {
        size_t count =
                window->size - at < WINDOW_BYTES ? (size_t)(window->size - at) : WINDOW_BYTES;
        struct span bytes;
        int error = look_at(window, at, count, &bytes);

        if (error != 0) {
            return error;
        }
        while (count > 0 && bytes.data[count - 1] == 0) {
            count -= 1;
        }
        len = count > 0 ? at + count - from : len;
        at += bytes.len;
    }
    *ret_len = len;
    return 0;
}

/* Whether a whole frame with that number or a later one stands behind `from`. */
static int find_later_frame(struct window *window, const struct journal_head *head, uint64_t from,
        uint64_t number, bool *ret_found) {
    char salt[8];
    struct frame frame;

    number_put(salt, head->salt, sizeof(salt));
    for (uint64_t at = from; at + FRAME_HEAD_BYTES <= window->size;) {
        size_t count =
                window->size - at < WINDOW_BYTES ? (size_t)(window->size - at) : WINDOW_BYTES;
        const char *place;
        struct span bytes;
        int error = look_at(window, at, count, &bytes);

        if (error != 0) {
            return error;
        }
        place = memmem(bytes.data + SALT_AT, count - SALT_AT, salt, sizeof(salt));
        if (place == NULL) {
            at += count < WINDOW_BYTES ? count : count - FRAME_HEAD_BYTES;
            continue;
        }
        at += (uint64_t)(place - bytes.data) - SALT_AT;
        error = look_at_frame(window, at, head->salt, &frame);
        if (error != 0 && error != -EBADMSG) {
            return error;
        }
        if (error == 0 && frame.number >= number) {
            *ret_found = true;
            return 0;
        }
        at += 1;
    }
    *ret_found = false;
    return 0;
}

static int damaged(struct damage *ret_damage, const char *what, uint64_t at) {
    *ret_damage = (struct damage){what, at};
    return -EBADMSG;
}

/* The frame at journal->end is not whole: whether the journal may end there. */
static int look_at_rest(struct journal *journal, struct window *window, uint64_t *ret_torn,
        struct damage *ret_damage) {
    uint64_t at = journal->end;
    uint64_t rest;
    bool found;
    int error;

    if (journal->head.closed_at != 0) {
        return damaged(ret_damage, "a part of it has changed", at);
    }
    error = measure_rest(window, at, &rest);
    if (error != 0) {
        return error;
    }
    if (rest != 0) {
        error = find_later_frame(window, &journal->head, at, journal->number + 1, &found);
        if (error != 0) {
            return error;
        }
        if (found) {
            return damaged(ret_damage, "a part of it has changed", at);
        }
    }
    *ret_torn = at - journal->kept + rest;
    return 0;
}

static int visit_frame(struct journal *journal, const struct frame *frame, struct span head,
        struct buffer *plain, frame_visitor visit, void *userdata, bool *ret_ends_turn) {
    struct span context = {head.data + CONTEXT_AT, CONTEXT_BYTES};
    struct span payload = frame->payload;
    int error;

    if (journal->seal != NULL) {
        buffer_clear(plain);
        error = seal_open(journal->seal, context, payload, plain);
        if (error != 0) {
            return error;
        }
        payload = buffer_span(plain);
    }
    if (payload.len == 0) {
        return -EBADMSG;
    }
    error = visit(userdata, (unsigned char)payload.data[0],
            (struct span){payload.data + 1, payload.len - 1});
    if (error != 0) {
        return error;
    }
    *ret_ends_turn = (payload.data[0] & FRAME_ENDS_TURN) != 0;
    return 0;
}

static int load_frames(struct journal *journal, struct window *window, frame_visitor visit,
        void *userdata, uint64_t *ret_torn, struct damage *ret_damage) {
    BUFFER_AUTO struct buffer plain = BUFFER_NULL;

    while (journal->end < window->size) {
        struct frame frame;
        bool ends_turn;
        size_t len;
        int error = look_at_frame(window, journal->end, journal->head.salt, &frame);

        if (error == -EBADMSG || (error == 0 && frame.number != journal->number + 1)) {
            return look_at_rest(journal, window, ret_torn, ret_damage);
        }
        if (error != 0) {
            return error;
        }
        len = FRAME_HEAD_BYTES + frame.payload.len;
        error = visit_frame(journal, &frame,
                (struct span){frame.payload.data - FRAME_HEAD_BYTES, FRAME_HEAD_BYTES}, &plain,
                visit, userdata, &ends_turn);
        if (error == -EBADMSG) {
            return damaged(ret_damage, "a part of it makes no sense", journal->end);
        }
        if (error != 0) {
            return error;
        }
        journal->end += len;
        journal->number = frame.number;
        if (ends_turn) {
            journal_keep(journal);
        }
    }
    *ret_torn = journal->end - journal->kept;
    return 0;
}

static int load_head(struct journal *journal, struct window *window, struct damage *ret_damage) {
    char check[KEY_CHECK_BYTES];
    struct span bytes;
    int error;

    if (window->size == 0) {
        return damaged(ret_damage, "it is empty", 0);
    }
    error = look_at(
            window, 0, window->size < HEAD_BYTES ? (size_t)window->size : HEAD_BYTES, &bytes);
    if (error != 0) {
        return error;
    }
    error = head_decode(bytes, &journal->head);
    if (error == -EBADMSG) {
        return damaged(ret_damage, "it is no store of GhostKey's, or its head is damaged", 0);
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
        frame_visitor visit, void *userdata, uint64_t *ret_torn, struct damage *ret_damage) {
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
    error = load_frames(&loaded, &window, visit, userdata, ret_torn, ret_damage);
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

int journal_resume(struct journal *journal) {
    int error;

    if (journal->head.closed_at != 0) {
        journal->head.closed_at = 0;
        error = write_head(journal);
        if (error != 0) {
            return error;
        }
    }
    return journal_take_back(journal);
}

static int allocate(struct journal *journal, uint64_t up_to) {
    uint64_t steps[] = {
            (up_to / STEP_BYTES + 1) * STEP_BYTES, (up_to / BLOCK_BYTES + 1) * BLOCK_BYTES};

    if (journal->kind == JOURNAL_MEMFD || up_to <= journal->allocated) {
        return 0;
    }
    for (size_t at = 0; at < sizeof(steps) / sizeof(steps[0]); at++) {
        if (fallocate(journal->fd, 0, (off_t)journal->end, (off_t)(steps[at] - journal->end)) ==
                0) {
            journal->allocated = steps[at];
            return 0;
        }
        if (errno == EOPNOTSUPP) {
            journal->allocated = UINT64_MAX; /* the file grows as it is written */
            return 0;
        }
    }
    return -errno;
}

int journal_reserve(struct journal *journal, uint64_t bytes) {
    return allocate(journal, journal->end + bytes);
}

static int build_frame(struct journal *journal, struct span payload) {
    struct buffer *frame = &journal->frame;
    size_t sealed_bytes = payload.len + SEAL_OVERHEAD_BYTES;
    size_t len = journal->seal != NULL ? sealed_bytes : payload.len;
    char *place;
    int error;

    buffer_clear(frame);
    place = buffer_reserve(frame, FRAME_HEAD_BYTES + len);
    if (place == NULL) {
        return -ENOMEM;
    }
    frame_finish(place, 0, journal->number + 1, journal->head.salt);
    buffer_commit(frame, FRAME_HEAD_BYTES);
    if (journal->seal == NULL) {
        buffer_append_span(frame, payload);
    } else {
        error = seal_close(
                journal->seal, (struct span){place + CONTEXT_AT, CONTEXT_BYTES}, payload, frame);
        if (error != 0) {
            return error;
        }
    }
    frame_finish(place, len, journal->number + 1, journal->head.salt);
    return buffer_finish(frame);
}

int journal_write(struct journal *journal, struct span payload) {
    int error = build_frame(journal, payload);

    if (error != 0) {
        return error;
    }
    (void)allocate(journal, journal->end + journal->frame.len); /* else the write fails */
    error = write_all(journal->fd, buffer_span(&journal->frame), journal->end);
    if (error != 0) {
        return error;
    }
    error = sync_if_file(journal);
    if (error != 0) {
        return error;
    }
    journal->end += journal->frame.len;
    journal->number += 1;
    buffer_clear(&journal->frame);
    return 0;
}

void journal_keep(struct journal *journal) {
    journal->kept = journal->end;
    journal->kept_number = journal->number;
}

int journal_take_back(struct journal *journal) {
    int error;

    buffer_clear(&journal->frame);
    journal->end = journal->kept;
    journal->number = journal->kept_number;
    journal->allocated = 0;
    journal->is_torn = true;
    if (ftruncate(journal->fd, (off_t)journal->kept) != 0) {
        return -errno;
    }
    error = sync_if_file(journal);
    journal->is_torn = error != 0;
    return error;
}

int journal_sync(struct journal *journal) {
    return fdatasync(journal->fd) == 0 ? 0 : -errno;
}

/* The head says from now on how long the file should be: at the next start this is no journal that
 * a crash has left. */
static void mark_cut(struct journal *journal) {
    if (!journal->is_cut) {
        journal->is_cut = true;
        journal->head.closed_at = journal->kept;
        (void)write_head(journal); /* else the next start may take it for a crash's */
    }
}

int journal_check(struct journal *journal) {
    struct stat status;
    struct stat named;

    if (journal->is_torn && journal_take_back(journal) != 0) {
        return GK_E_STORE_TORN;
    }
    if (journal->has_new_name && new_file_sync_folder(journal->path) != 0) {
        return GK_E_STORE_TORN;
    }
    journal->has_new_name = false;
    if (fstat(journal->fd, &status) != 0 || (uint64_t)status.st_size < journal->kept) {
        mark_cut(journal);
    }
    if (journal->is_cut) {
        return GK_E_STORE_CUT;
    }
    if (journal->path == NULL) {
        return 0;
    }
    return stat(journal->path, &named) == 0 && named.st_ino == status.st_ino &&
                           named.st_dev == status.st_dev
                   ? 0
                   : GK_E_STORE_GONE;
}

int journal_close(struct journal *journal) {
    int error = journal_take_back(journal);

    if (error != 0) {
        return error;
    }
    journal->head.closed_at = journal->kept;
    return write_head(journal);
}

void journal_deinit(struct journal *journal) {
    journal->fd = gk_close(journal->fd);
    buffer_deinit(&journal->frame);
    *journal = JOURNAL_NULL;
}
