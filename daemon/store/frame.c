#include "store/frame.h"

#include <libdeflate.h>

#include "store/fields.h"

#define MAGIC "GHOSTKEY"
#define MAGIC_BYTES 8
#define CRC_BYTES 4
#define HEAD_SEALED 1
#define NUMBER_AT 8
#define SALT_AT 16
#define BUFFER_KEPT_BYTES ((size_t)2 << 20) /* a larger one is freed before the next frame */

/* Where an LMDB file has its magic number: behind the head of its first page. */
#define LMDB_MAGIC_AT 16
#define LMDB_MAGIC 0xbeefc0de

/* Whether an older GhostKey may have made it, on a machine of either byte order. */
static bool is_older_store(struct span bytes) {
    uint32_t magic;

    if (bytes.len < LMDB_MAGIC_AT + sizeof(magic)) {
        return false;
    }
    memcpy(&magic, bytes.data + LMDB_MAGIC_AT, sizeof(magic));
    return magic == LMDB_MAGIC || magic == __builtin_bswap32(LMDB_MAGIC);
}

void head_encode(struct buffer *buffer, const struct journal_head *head) {
    char *place = buffer_reserve(buffer, HEAD_BYTES);
    size_t at = buffer->len;

    if (place == NULL) {
        return;
    }
    memset(place, 0, HEAD_BYTES);
    buffer_append(buffer, MAGIC, MAGIC_BYTES);
    field_put_number(buffer, FRAME_FORMAT, 4);
    field_put_number(buffer, head->is_sealed ? HEAD_SEALED : 0, 4);
    buffer_append(buffer, head->id, STATE_ID_BYTES);
    field_put_number(buffer, head->generation, 8);
    field_put_number(buffer, head->salt, 8);
    field_put_number(buffer, head->closed_at, 8);
    field_put_number(buffer, (uint64_t)head->made_at, 8);
    buffer_append(buffer, head->key_check, KEY_CHECK_BYTES);
    buffer->len = at + HEAD_BYTES;
    number_put(place + HEAD_BYTES - CRC_BYTES, libdeflate_crc32(0, place, HEAD_BYTES - CRC_BYTES),
            CRC_BYTES);
}

int head_decode(struct span bytes, struct journal_head *ret_head) {
    struct fields fields = {.rest = {bytes.data, HEAD_BYTES}};
    struct journal_head head = {0};
    uint64_t format;
    uint64_t flags;

    if (is_older_store(bytes)) {
        return -EPROTOTYPE;
    }
    if (bytes.len < HEAD_BYTES || memcmp(bytes.data, MAGIC, MAGIC_BYTES) != 0 ||
            number_take(bytes.data + HEAD_BYTES - CRC_BYTES, CRC_BYTES) !=
                    libdeflate_crc32(0, bytes.data, HEAD_BYTES - CRC_BYTES)) {
        return -EBADMSG;
    }
    (void)field_take_bytes(&fields, MAGIC_BYTES);
    format = field_take_number(&fields, 4);
    flags = field_take_number(&fields, 4);
    if (format != FRAME_FORMAT || flags > HEAD_SEALED) {
        return -ENODATA;
    }
    head.is_sealed = flags == HEAD_SEALED;
    memcpy(head.id, field_take_bytes(&fields, STATE_ID_BYTES).data, STATE_ID_BYTES);
    head.generation = field_take_number(&fields, 8);
    head.salt = field_take_number(&fields, 8);
    head.closed_at = field_take_number(&fields, 8);
    head.made_at = (instant)field_take_number(&fields, 8);
    memcpy(head.key_check, field_take_bytes(&fields, KEY_CHECK_BYTES).data, KEY_CHECK_BYTES);
    *ret_head = head;
    return 0;
}

void frame_begin(struct buffer *frame) {
    static const char empty[FRAME_EMPTY_BYTES];

    if (frame->capacity > BUFFER_KEPT_BYTES) {
        buffer_deinit(frame);
    }
    buffer_clear(frame);
    buffer_append(frame, empty, sizeof(empty));
}

/* Of all in a frame that its checksum covers. */
static uint32_t frame_crc(const char *place, size_t payload_len) {
    uint32_t crc = libdeflate_crc32(0, place, 4);

    return libdeflate_crc32(crc, place + 8, FRAME_HEAD_BYTES - 8 + payload_len);
}

void frame_finish(char *place, size_t payload_len, uint64_t number, uint64_t salt) {
    number_put(place, payload_len, 4);
    number_put(place + NUMBER_AT, number, 8);
    number_put(place + SALT_AT, salt, 8);
    number_put(place + 4, frame_crc(place, payload_len), 4);
}

struct span frame_context(const char *place) {
    return (struct span){place + NUMBER_AT, FRAME_HEAD_BYTES - NUMBER_AT};
}

size_t frame_find(struct span bytes, uint64_t salt) {
    char mark[FRAME_HEAD_BYTES - SALT_AT];
    const char *found;

    if (bytes.len < FRAME_HEAD_BYTES) {
        return bytes.len;
    }
    number_put(mark, salt, sizeof(mark));
    found = memmem(bytes.data + SALT_AT, bytes.len - SALT_AT, mark, sizeof(mark));
    return found == NULL ? bytes.len : (size_t)(found - bytes.data) - SALT_AT;
}

size_t frame_len(struct span bytes) {
    return bytes.len < FRAME_HEAD_BYTES ? 0 : FRAME_HEAD_BYTES + (size_t)number_take(bytes.data, 4);
}

bool frame_decode(struct span bytes, uint64_t salt, struct frame *ret_frame) {
    struct frame frame;

    if (bytes.len <= FRAME_HEAD_BYTES || bytes.len != frame_len(bytes)) {
        return false;
    }
    frame.number = number_take(bytes.data + NUMBER_AT, 8);
    frame.salt = number_take(bytes.data + SALT_AT, 8);
    frame.payload = (struct span){bytes.data + FRAME_HEAD_BYTES, bytes.len - FRAME_HEAD_BYTES};
    if (frame.salt != salt ||
            number_take(bytes.data + 4, 4) != frame_crc(bytes.data, frame.payload.len)) {
        return false;
    }
    *ret_frame = frame;
    return true;
}

void change_encode(struct buffer *frame, const struct change *change) {
    field_put_number(frame, change->kind, 1);
    field_put_number(frame, change->table, 1);
    field_put_number(frame, change->key.len, 2);
    field_put_number(frame, change->record.len, 4);
    buffer_append_span(frame, change->key);
    buffer_append_span(frame, change->record);
}

int change_decode(struct span *rest, struct change *ret_change) {
    struct fields fields = {.rest = *rest};
    struct change change;
    size_t key_len;
    size_t record_len;

    if (rest->len == 0) {
        return -ENODATA;
    }
    change.kind = (enum change_kind)field_take_number(&fields, 1);
    change.table = (uint8_t)field_take_number(&fields, 1);
    key_len = (size_t)field_take_number(&fields, 2);
    record_len = (size_t)field_take_number(&fields, 4);
    change.key = field_take_bytes(&fields, key_len);
    change.record = field_take_bytes(&fields, record_len);
    if (fields.bad) {
        return -EBADMSG;
    }
    *rest = fields.rest;
    *ret_change = change;
    return 0;
}
