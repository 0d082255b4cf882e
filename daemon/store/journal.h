/*
 * A journal (frame.h) in a file or a memfd: read once at the start, then appended to.
 *
 * Frames are written behind each other, and then kept or taken back together. In a file each frame
 * is on the disk before the next one is written, so that a frame with a later number behind one
 * that is damaged can only mean damage.
 *
 * Functions return 0 or a negative errno.
 */
#ifndef GHOSTKEYD_STORE_JOURNAL_H
#define GHOSTKEYD_STORE_JOURNAL_H

#include "store/frame.h"

struct seal;

#define JOURNAL_STEP_BYTES ((uint64_t)4 << 20) /* a file is allocated in such steps: faster */

enum journal_kind {
    JOURNAL_MEMFD,
    JOURNAL_FILE,
    JOURNAL_DRAFT, /* a file that is not synced before it takes another one's place */
};

struct journal {
    int fd; /* -1: there is no journal */
    enum journal_kind kind;
    const char *path; /* of a file that has its name; the caller's */
    struct seal *seal;
    struct journal_head head;
    uint64_t kept;        /* its length, up to the last frame that is kept */
    uint64_t kept_number; /* of that frame */
    uint64_t end;         /* with the frames that may still be taken back */
    uint64_t number;
    uint64_t allocated;   /* the disk has room for the file up to here */
    uint64_t zeroed;      /* what is past end up to here is zeros that were written */
    bool has_new_name;    /* its folder is to be synced before anything is acknowledged */
    bool is_cut;          /* by somebody else: what is missing may come back, but changed */
    bool is_torn;         /* what is to be taken back may still be there */
    struct buffer sealed; /* the last frame, encrypted */
};

#define JOURNAL_NULL ((struct journal){.fd = -1})

/* Why a journal cannot be used, for a message. */
struct damage {
    const char *what;
    uint64_t at; /* the byte in the file */
};

/* Draws salt and, unless there is one, id; then writes the head. The fd, which is empty, is taken
 * over by success. */
int journal_make(struct journal *journal, int fd, enum journal_kind kind, struct seal *seal,
        const struct journal_head *head);

/* Who takes what the frames hold. */
struct frame_reader {
    void (*begin)(void *userdata); /* nothing was visited, or nothing of it counts any more */
    int (*visit)(void *userdata, unsigned int flags, struct span changes);
    void *userdata;
};

/*
 * Reads the journal in fd, which is taken over by success. If its last turn is not whole, all is
 * read once more without it. An error of visit() ends the reading; -EBADMSG: the frame is damaged.
 * -EBADMSG, with *ret_damage, if the journal is damaged; -EACCES if seal does not fit; -EPROTOTYPE,
 * -ENODATA: as head_decode(). *ret_torn: so many bytes of a turn that was never acknowledged stand
 * behind what is kept.
 */
int journal_load(struct journal *journal, int fd, enum journal_kind kind, struct seal *seal,
        const struct frame_reader *reader, uint64_t *ret_torn, struct damage *ret_damage);

/* Only the head of the journal in fd. It is zeros if nothing was written, or nothing of it was kept
 * when power failed. Errors as head_decode(). */
int journal_peek(int fd, struct journal_head *ret_head);

/* After journal_load(), once the journal is to be written: cuts off what is not kept, and says in
 * its head that it is in use. */
int journal_resume(struct journal *journal);

/* Appends a frame that frame_begin() and change_encode() built. It may be written to another
 * journal as well. */
int journal_write(struct journal *journal, struct buffer *frame, unsigned int flags);
void journal_keep(struct journal *journal);
int journal_take_back(struct journal *journal); /* what was written and is not kept */

/* Has the disk keep room for so many bytes more. */
int journal_reserve(struct journal *journal, uint64_t bytes);

int journal_sync(struct journal *journal);

/* Before a turn: 0 if it can be written. GK_E_STORE_CUT, GK_E_STORE_GONE: somebody did that to the
 * file; GK_E_STORE_TORN: what was written and is not kept cannot be taken back, or the file's name
 * is not on the disk. */
int journal_check(struct journal *journal);

/* At a clean stop: nothing may follow any more, and a file that is cut later is found out. */
int journal_close(struct journal *journal);
void journal_deinit(struct journal *journal);

#endif
