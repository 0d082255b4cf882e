#include "model/crc32.h"

#include <libdeflate.h>

uint32_t crc32_update(uint32_t crc, const void *data, size_t len) {
    /* for NULL, libdeflate returns the checksum of no data instead of crc */
    return len == 0 ? crc : libdeflate_crc32(crc, data, len);
}
