/*
 * How a journal looks: pure functions from structs to bytes and back.
 *
 * A journal is a head of HEAD_BYTES, then frames. A frame holds what one turn changed, or a part of
 * that: absolute changes, which may be applied twice. Behind the last frame there may be zeros: the
 * file is allocated in larger steps.
 *
 *   head:   magic (8), format (4), flags (4), id of the state (16), generation (8), salt (8),
 *           its length if it was closed at a clean stop, else 0 (8), time when it was made (8),
 *           key check (16), zeros (12), CRC-32 of all before it (4)
 *   frame:  length of the payload (4), CRC-32 of all else in the frame (4), number (8), salt (8),
 *           payload: flags (1), then changes; in a sealed journal encrypted as a whole (seal.h),
 *           with number and salt as the context
 *   change: kind (1), table (1), length of the key (2), length of the record (4), key, record
 *
 * The salt is drawn at random for each journal, so that older bytes are never taken for its frames.
 * Frames are numbered from 1, without gaps. Numbers are little-endian.
 */
#ifndef GHOSTKEYD_STORE_FRAME_H
#define GHOSTKEYD_STORE_FRAME_H

#include "common/buffer.h"
#include "common/instant.h"

#define FRAME_FORMAT 4 /* 1 to 3 were kept by LMDB */
#define HEAD_BYTES 96
#define FRAME_HEAD_BYTES 24
#define CHANGE_HEAD_BYTES 8
#define STATE_ID_BYTES 16
#define KEY_CHECK_BYTES 16

/* Once a frame has so many bytes, the turn goes on in another; its last change may pass that. */
#define FRAME_MAX_BYTES ((size_t)4 << 20)

struct journal_head {
    bool is_sealed;
    char id[STATE_ID_BYTES];
    uint64_t generation; /* if a state has two journals, the higher one counts */
    uint64_t salt;
    uint64_t closed_at; /* the journal's length at a clean stop; 0: it is in use */
    instant made_at;
    char key_check[KEY_CHECK_BYTES]; /* shows whether the key is wrong or the file damaged */
};

void head_encode(struct buffer *buffer, const struct journal_head *head);

/*
 * -ENODATA: a whole head of another format; -EPROTOTYPE: what LMDB kept for an older GhostKey;
 * -EBADMSG: damaged, or no head.
 */
int head_decode(struct span bytes, struct journal_head *ret_head);

enum frame_flag {
    FRAME_ENDS_TURN = 1 << 0, /* the changes of the turn are complete with this frame */
    FRAME_ENDS_COPY = 1 << 1, /* the journal holds the whole state: it may be used */
};

struct frame {
    uint64_t number;
    uint64_t salt;
    struct span payload;
};

/* A frame is built in a buffer: room for its head and its flags, then changes. */
#define FRAME_EMPTY_BYTES (FRAME_HEAD_BYTES + 1)
void frame_begin(struct buffer *frame);

/* Writes a frame's head to place, FRAME_HEAD_BYTES long. Its payload stands right behind it. */
void frame_finish(char *place, size_t payload_len, uint64_t number, uint64_t salt);

/* Number and salt in the head of a frame: what a sealed payload is bound to. */
struct span frame_context(const char *place);

/* Where in bytes the head of a frame with that salt may begin; bytes.len: nowhere. */
size_t frame_find(struct span bytes, uint64_t salt);

/* How long the frame at the start of bytes claims to be; 0: not even its head is there. */
size_t frame_len(struct span bytes);

/* Whether bytes, frame_len() of them, are a frame of the journal with that salt. */
bool frame_decode(struct span bytes, uint64_t salt, struct frame *ret_frame);

enum change_kind {
    CHANGE_PUT = 1,
    CHANGE_DELETE = 2,
    CHANGE_CLEAR = 3, /* of all tables; it has no key */
};

struct change {
    enum change_kind kind;
    uint8_t table;
    struct span key;
    struct span record;
};

void change_encode(struct buffer *frame, const struct change *change);

/* Takes the first change off *rest. -EBADMSG if it is not whole; -ENODATA at the end. */
int change_decode(struct span *rest, struct change *ret_change);

#endif
