#include "store/journal.h"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>

#include "ghostkey/error.h"
#include "process/new_file.h"
#include "store/seal.h"

/* What a file is allocated in if the disk has no room for JOURNAL_STEP_BYTES. */
#define BLOCK_BYTES 4096

/* A file is filled with zeros in such steps, ahead of what is written to it. */
#define ZEROED_BYTES ((size_t)256 << 10)

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
    uint64_t steps[] = {(up_to / JOURNAL_STEP_BYTES + 1) * JOURNAL_STEP_BYTES,
            (up_to / BLOCK_BYTES + 1) * BLOCK_BYTES};

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

/*
 * Writes zeros behind a frame that is to end there, for those that follow, in what is allocated. A
 * file system notes for each block that is only allocated when it is first written, and
 * fdatasync(2) waits for that note, too; blocks of zeros are just written over.
 */
static void zero_behind(struct journal *journal, uint64_t frame_end) {
    static const char zeros[ZEROED_BYTES];
    uint64_t room = journal->allocated > frame_end ? journal->allocated - frame_end : 0;
    struct span span = {zeros, room < sizeof(zeros) ? room : sizeof(zeros)};

    if (journal->kind == JOURNAL_FILE && journal->allocated != UINT64_MAX &&
            frame_end > journal->zeroed && write_all(journal->fd, span, frame_end) == 0) {
        journal->zeroed = frame_end + span.len; /* else it is only slower */
    }
}

/* Makes the sealed frame of a plain one, but for what frame_finish() fills in. */
static int seal_frame(struct journal *journal, const struct buffer *frame) {
    struct buffer *sealed = &journal->sealed;
    struct span payload = {frame->data + FRAME_HEAD_BYTES, frame->len - FRAME_HEAD_BYTES};

    frame_begin(sealed);
    buffer_truncate(sealed, FRAME_HEAD_BYTES);
    if (buffer_finish(sealed) != 0) {
        return -ENOMEM;
    }
    return seal_encrypt(journal->seal, frame_context(frame->data), payload, sealed);
}

int journal_write(struct journal *journal, struct buffer *frame, unsigned int flags) {
    struct buffer *bytes = journal->seal != NULL ? &journal->sealed : frame;
    uint64_t number = journal->number + 1;
    int error = buffer_finish(frame);

    if (error != 0) {
        return error;
    }
    frame->data[FRAME_HEAD_BYTES] = (char)flags;
    if (journal->seal != NULL) {
        frame_finish(frame->data, 0, number, journal->head.salt);
        error = seal_frame(journal, frame);
        if (error != 0) {
            return error;
        }
    }
    frame_finish(bytes->data, bytes->len - FRAME_HEAD_BYTES, number, journal->head.salt);
    (void)allocate(journal, journal->end + bytes->len); /* else the write fails */
    zero_behind(journal, journal->end + bytes->len);
    error = write_all(journal->fd, buffer_span(bytes), journal->end);
    if (error != 0) {
        return error;
    }
    error = sync_if_file(journal);
    if (error != 0) {
        return error;
    }
    journal->end += bytes->len;
    journal->number = number;
    return 0;
}

void journal_keep(struct journal *journal) {
    journal->kept = journal->end;
    journal->kept_number = journal->number;
}

int journal_take_back(struct journal *journal) {
    int error;

    journal->end = journal->kept;
    journal->number = journal->kept_number;
    journal->allocated = 0;
    journal->zeroed = 0;
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
    if (journal->has_new_name && new_file_sync_folder(journal->path, journal->fd) != 0) {
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
    buffer_deinit(&journal->sealed);
    *journal = JOURNAL_NULL;
}
