/*
 * Looks for damage in a store's file before LMDB, which trusts what it reads, is let near it.
 *
 * The file is read as LMDB 0.9 lays it out (magic 0xBEEFC0DE, data version 1): both meta pages,
 * each page of every tree, each overflow page, the list of free pages. No page number, offset or
 * length is followed that does not lie within the file, so no file can end the process. Then every
 * record is decoded, checksum and all. What is found sound is sound for LMDB too: trees whose pages
 * are all there, once, in order, and none of which is in the list of the free.
 *
 * The one thing that a snapshot cannot tell by itself is that it is not the newest. So each
 * transaction of a store on a file keeps its own number in the tree, and the meta page that claims
 * an older one than its tree holds is found out.
 */
#ifndef GHOSTKEYD_STORE_CHECK_H
#define GHOSTKEYD_STORE_CHECK_H

#include <stddef.h>

/* NULL if the file of len bytes is sound, else what is wrong with it, for a message. */
const char *check_fault(const void *file, size_t len);

#endif
