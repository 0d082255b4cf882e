/*
 * The redo log: what turns changed since LMDB's last commit, as bytes.
 *
 * It is a place of fixed length in the store's file, made of pages. A frame holds what one turn
 * changed and begins at a page; the next one begins at the page behind it. Each bears the number of
 * the transaction that it stands on (LMDB's last commit) and its own, counted from 1 there; so a
 * commit makes all frames before it void without a write. The log ends at the first page that holds
 * no frame of its number: it was never written, is an older one, or was torn when power was lost,
 * and then nobody was told of it.
 *
 * A frame: CRC-32 of what follows (4 bytes), length of its changes (4), salt (8), transaction (8),
 * number (8), changes. A change: kind (1), table (1), length of key (2) and record (4), key,
 * record. Little-endian. RECORD_FORMAT changes with any of it.
 *
 * The salt is drawn when the log is made and stands before the frames: a value that somebody put
 * fills pages of a frame, and must not pass for one.
 */
#ifndef GHOSTKEYD_STORE_REDO_H
#define GHOSTKEYD_STORE_REDO_H

#include "common/buffer.h"
#include "store/tables.h"

#define REDO_PAGES 128
#define REDO_PAGE_HEAD_BYTES 16 /* LMDB's, before a record on pages of its own */
#define REDO_RECORD_BYTES (REDO_PAGES * STORE_PAGE_BYTES - REDO_PAGE_HEAD_BYTES)
#define REDO_FRAMES_OFFSET (STORE_PAGE_BYTES - REDO_PAGE_HEAD_BYTES) /* in that record */
#define REDO_FRAMES_BYTES (REDO_RECORD_BYTES - REDO_FRAMES_OFFSET)

enum redo_kind {
    REDO_PUT,
    REDO_APPEND, /* behind all keys of the table */
    REDO_DELETE, /* if it is there */
};

struct redo_change {
    enum redo_kind kind;
    size_t table; /* an index of tables_at() */
    struct span key;
    struct span record;
};

/* Which frame: of which log, the transaction that it stands on, and its number there. */
struct redo_place {
    uint64_t salt;
    uint64_t txn;
    uint64_t number;
};

/* Starts a frame in an empty buffer; adds a change to it; ends it, whole pages then. Ask
 * buffer_finish(). */
void redo_begin(struct buffer *frame);
void redo_add(struct buffer *frame, const struct redo_change *change);
void redo_finish(struct buffer *frame, struct redo_place place);

/* The pages that a frame with that much in it takes, in bytes. */
size_t redo_frame_bytes(size_t len);

/* Whether rest begins with the frame of that place: takes it off rest, and shows its changes. */
bool redo_take(struct span *rest, struct redo_place place, struct span *ret_changes);

/* Takes the next change off changes, which are not empty. -EBADMSG */
int redo_next(struct span *changes, struct redo_change *ret_change);

/* The parts of a log's record, of REDO_RECORD_BYTES. */
#define REDO_SALT_BYTES 8
uint64_t redo_salt(struct span record);
struct span redo_frames(struct span record);

/* The frames of a log that stand on a transaction: how many, and the bytes they take. */
struct redo_extent {
    uint64_t count;
    size_t len;
};

/*
 * -EBADMSG if the record is damaged: of another length, a frame is not whole or not there, yet one
 * behind it is, or a change is none that a store makes (tables_change_is_sound).
 */
int redo_measure(struct span record, uint64_t txn, struct redo_extent *ret_extent);

#endif
