#include "model/crc32.h"

#define POLYNOMIAL 0xedb88320u /* reflected */
#define SLICES 8               /* bytes taken at a time: eight tables, about 1.5 GB/s */

static uint32_t tables[SLICES][256];

__attribute__((constructor)) static void make_tables(void) {
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t crc = byte;

        for (int bit = 0; bit < 8; bit++) {
            crc = crc >> 1 ^ (crc & 1 ? POLYNOMIAL : 0);
        }
        tables[0][byte] = crc;
    }
    for (uint32_t byte = 0; byte < 256; byte++) {
        for (int slice = 1; slice < SLICES; slice++) {
            uint32_t crc = tables[slice - 1][byte];

            tables[slice][byte] = crc >> 8 ^ tables[0][crc & 0xff];
        }
    }
}

uint32_t crc32_update(uint32_t crc, const void *data, size_t len) {
    const unsigned char *bytes = data;

    crc = ~crc;
    for (; len >= SLICES; len -= SLICES, bytes += SLICES) {
        uint32_t low = bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
                       (uint32_t)bytes[3] << 24;

        low ^= crc;
        crc = tables[7][low & 0xff] ^ tables[6][low >> 8 & 0xff] ^ tables[5][low >> 16 & 0xff] ^
              tables[4][low >> 24] ^ tables[3][bytes[4]] ^ tables[2][bytes[5]] ^
              tables[1][bytes[6]] ^ tables[0][bytes[7]];
    }
    for (; len > 0; len--, bytes++) {
        crc = crc >> 8 ^ tables[0][(crc ^ *bytes) & 0xff];
    }
    return ~crc;
}
