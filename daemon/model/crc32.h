/*
 * CRC-32 as in IEEE 802.3, zip and PNG: for the end of a `token`, and for each record.
 */
#ifndef GHOSTKEYD_MODEL_CRC32_H
#define GHOSTKEYD_MODEL_CRC32_H

#include <stddef.h>
#include <stdint.h>

/* The checksum of all data so far. crc: the checksum of the data before these bytes; 0: none. */
uint32_t crc32_update(uint32_t crc, const void *data, size_t len);

#endif
