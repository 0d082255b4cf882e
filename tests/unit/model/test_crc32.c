#include <string.h>

#include "model/crc32.h"
#include "support/test.h"

/* Bit by bit, as the polynomial says. */
static uint32_t slow_crc32(const unsigned char *data, size_t len) {
    uint32_t crc = 0xffffffffu;

    for (size_t i = 0; i < len; i++) {
        crc ^= data[i];
        for (int bit = 0; bit < 8; bit++) {
            crc = crc & 1 ? crc >> 1 ^ 0xedb88320u : crc >> 1;
        }
    }
    return ~crc;
}

static void known_checksums_come_out(void **state) {
    static const char pangram[] = "The quick brown fox jumps over the lazy dog";

    assert_int_equal(crc32_update(0, "123456789", 9), 0xcbf43926u);
    assert_int_equal(crc32_update(0, pangram, strlen(pangram)), 0x414fa339u);
    assert_int_equal(crc32_update(0, "", 0), 0);
    assert_int_equal(crc32_update(0, NULL, 0), 0);
}

static void every_length_and_place_is_right(void **state) {
    unsigned char data[200];

    for (size_t i = 0; i < sizeof(data); i++) {
        data[i] = (unsigned char)(i * 167 + 13);
    }
    for (size_t start = 0; start < 9; start++) {
        for (size_t len = 0; start + len <= sizeof(data); len++) {
            assert_int_equal(crc32_update(0, data + start, len), slow_crc32(data + start, len));
        }
    }
}

static void pieces_join(void **state) {
    unsigned char data[64];

    memset(data, 0xa5, sizeof(data));
    for (size_t cut = 0; cut <= sizeof(data); cut++) {
        uint32_t crc = crc32_update(0, data, cut);

        assert_int_equal(
                crc32_update(crc, data + cut, sizeof(data) - cut), slow_crc32(data, sizeof(data)));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(known_checksums_come_out),
            cmocka_unit_test(every_length_and_place_is_right),
            cmocka_unit_test(pieces_join),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
