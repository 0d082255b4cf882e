#include <errno.h>
#include <stdlib.h>

#include "store/frame.h"
#include "support/test.h"

#define SALT UINT64_C(0x8877665544332211)

static const struct journal_head full_head = {
        .is_sealed = true,
        .id = "0123456789abcde",
        .generation = 0x0102030405060708,
        .salt = SALT,
        .closed_at = 4096,
        .made_at = 946684800000,
        .key_check = "ABCDEFGHIJKLMNO",
};

/* A head and a frame as any machine must write them. A journal goes from one machine to another, so
 * its numbers have one order of bytes, whatever the machine's is. */
static const unsigned char head_bytes[HEAD_BYTES] = {'G', 'H', 'O', 'S', 'T', 'K', 'E', 'Y', 4, 0,
        0, 0, 1, 0, 0, 0, '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e',
        0, 8, 7, 6, 5, 4, 3, 2, 1, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0, 0x10, 0, 0, 0,
        0, 0, 0, 0, 0xac, 0xcf, 0x6a, 0xdc, 0, 0, 0, 'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I',
        'J', 'K', 'L', 'M', 'N', 'O', 0,
        /* twelve zeros, then the checksum */
        [92] = 0x16, 0x62, 0x94, 0x8b};

static const unsigned char frame_bytes[] = {14, 0, 0, 0, 0x1d, 0xd4, 0x5f, 0x9c, 3, 2, 1, 0, 0, 0,
        0, 0, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, FRAME_ENDS_TURN, CHANGE_PUT, 4, 2, 0,
        3, 0, 0, 0, 'k', 'y', 'r', 'e', 'c'};

#define FRAME_NUMBER 0x010203

static void build_frame(struct buffer *frame) {
    const struct change change = {CHANGE_PUT, 4, SPAN_LITERAL("ky"), SPAN_LITERAL("rec")};

    buffer_clear(frame);
    buffer_append(frame, (char[FRAME_HEAD_BYTES]){0}, FRAME_HEAD_BYTES);
    buffer_append_byte(frame, FRAME_ENDS_TURN);
    change_encode(frame, &change);
    assert_int_equal(buffer_finish(frame), 0);
    frame_finish(frame->data, frame->len - FRAME_HEAD_BYTES, FRAME_NUMBER, SALT);
}

static void a_head_has_the_same_bytes_on_each_machine(void **state) {
    BUFFER_AUTO struct buffer head = BUFFER_NULL;
    struct journal_head back;

    head_encode(&head, &full_head);
    assert_int_equal(head.len, HEAD_BYTES);
    assert_memory_equal(head.data, head_bytes, HEAD_BYTES);
    assert_int_equal(head_decode((struct span){(const char *)head_bytes, HEAD_BYTES}, &back), 0);
    assert_true(back.is_sealed);
    assert_memory_equal(back.id, full_head.id, STATE_ID_BYTES);
    assert_true(back.generation == full_head.generation && back.salt == SALT);
    assert_int_equal(back.closed_at, 4096);
    assert_true(back.made_at == full_head.made_at);
    assert_memory_equal(back.key_check, full_head.key_check, KEY_CHECK_BYTES);
}

static void a_frame_has_the_same_bytes_on_each_machine(void **state) {
    BUFFER_AUTO struct buffer bytes = BUFFER_NULL;
    struct frame frame;
    struct change change;

    build_frame(&bytes);
    assert_int_equal(bytes.len, sizeof(frame_bytes));
    assert_memory_equal(bytes.data, frame_bytes, sizeof(frame_bytes));
    assert_int_equal(frame_len(buffer_span(&bytes)), sizeof(frame_bytes));
    assert_true(frame_decode(buffer_span(&bytes), SALT, &frame));
    assert_int_equal(frame.number, FRAME_NUMBER);
    assert_int_equal(frame.payload.data[0], FRAME_ENDS_TURN);
    frame.payload.data += 1;
    frame.payload.len -= 1;
    assert_int_equal(change_decode(&frame.payload, &change), 0);
    assert_int_equal(change.kind, CHANGE_PUT);
    assert_int_equal(change.table, 4);
    assert_true(span_is(change.key, "ky") && span_is(change.record, "rec"));
    assert_int_equal(change_decode(&frame.payload, &change), -ENODATA);
}

static int decode_head(const char *bytes, size_t len) {
    struct journal_head head;

    return head_decode((struct span){bytes, len}, &head);
}

static void no_damaged_head_is_read(void **state) {
    BUFFER_AUTO struct buffer head = BUFFER_NULL;

    head_encode(&head, &full_head);
    for (size_t bit = 0; bit < HEAD_BYTES * 8; bit++) { /* of each field, the zeros included */
        head.data[bit / 8] ^= (char)(1 << bit % 8);
        assert_int_equal(decode_head(head.data, head.len), -EBADMSG);
        head.data[bit / 8] ^= (char)(1 << bit % 8);
    }
    for (size_t len = 0; len < HEAD_BYTES; len++) {
        char *cut = malloc(len + 1); /* to the byte: a sanitizer sees a read past its end */

        memcpy(cut, head.data, len);
        assert_int_equal(decode_head(cut, len), -EBADMSG);
        free(cut);
    }
    assert_int_equal(decode_head(head.data, head.len), 0);
}

static void another_version_is_told_from_damage(void **state) {
    static const unsigned char magic[] = {0xde, 0xc0, 0xef, 0xbe};
    char older[4096] = {0};

    memcpy(older + 16, magic, sizeof(magic)); /* formats 1 to 3, of either byte order */
    assert_int_equal(decode_head(older, sizeof(older)), -EPROTOTYPE);
    for (size_t at = 0; at < sizeof(magic); at++) {
        older[16 + at] = (char)magic[3 - at];
    }
    assert_int_equal(decode_head(older, sizeof(older)), -EPROTOTYPE);
}

static void no_damaged_frame_is_read(void **state) {
    BUFFER_AUTO struct buffer bytes = BUFFER_NULL;
    struct frame frame;

    build_frame(&bytes);
    for (size_t bit = 0; bit < bytes.len * 8; bit++) {
        bytes.data[bit / 8] ^= (char)(1 << bit % 8);
        assert_false(frame_decode(buffer_span(&bytes), SALT, &frame));
        bytes.data[bit / 8] ^= (char)(1 << bit % 8);
    }
    for (size_t len = 0; len < bytes.len; len++) {
        char *cut = malloc(len + 1);

        memcpy(cut, bytes.data, len);
        assert_false(frame_decode((struct span){cut, len}, SALT, &frame));
        free(cut);
    }
    assert_false(frame_decode(buffer_span(&bytes), SALT + 1, &frame)); /* another journal's */
    assert_true(frame_decode(buffer_span(&bytes), SALT, &frame));
    buffer_append_byte(&bytes, '\0');
    assert_false(frame_decode(buffer_span(&bytes), SALT, &frame));
}

static void a_frame_of_nothing_is_none(void **state) {
    char empty[FRAME_HEAD_BYTES];
    struct frame frame;

    frame_finish(empty, 0, 1, SALT);
    assert_false(frame_decode((struct span){empty, sizeof(empty)}, SALT, &frame));
    memset(empty, 0, sizeof(empty)); /* as room that was allocated and never written */
    assert_false(frame_decode((struct span){empty, sizeof(empty)}, 0, &frame));
}

static void no_cut_change_is_read(void **state) {
    BUFFER_AUTO struct buffer payload = BUFFER_NULL;
    const struct change change = {CHANGE_PUT, 1, SPAN_LITERAL("name"), SPAN_LITERAL("record")};
    struct change back;

    change_encode(&payload, &change);
    for (size_t len = 1; len < payload.len; len++) {
        char *cut = malloc(len);
        struct span rest = {cut, len};

        memcpy(cut, payload.data, len);
        assert_int_equal(change_decode(&rest, &back), -EBADMSG);
        assert_int_equal(rest.len, len); /* nothing was taken off */
        free(cut);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(a_head_has_the_same_bytes_on_each_machine),
            cmocka_unit_test(a_frame_has_the_same_bytes_on_each_machine),
            cmocka_unit_test(no_damaged_head_is_read),
            cmocka_unit_test(another_version_is_told_from_damage),
            cmocka_unit_test(no_damaged_frame_is_read),
            cmocka_unit_test(a_frame_of_nothing_is_none),
            cmocka_unit_test(no_cut_change_is_read),
    };

    return cmocka_run_group_tests_name("frame", tests, NULL, NULL);
}
