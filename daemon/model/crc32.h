/*
 * CRC-32 as in IEEE 802.3, zip and PNG: the end of a `token`, and the checksum of every record.
 */
#ifndef GHOSTKEYD_MODEL_CRC32_H
#define GHOSTKEYD_MODEL_CRC32_H

#include <stddef.h>
#include <stdint.h>

/* The checksum of what gave crc, followed by len bytes of data; crc is 0 for nothing yet. */
uint32_t crc32_update(uint32_t crc, const void *data, size_t len);

#endif
