/*
 * The part of check.c that knows how LMDB lays out one page: what a page holds may be looked at
 * only after its bounds, and those of all in it, were found to be within it.
 */
#ifndef GHOSTKEYD_STORE_CHECK_PAGE_H
#define GHOSTKEYD_STORE_CHECK_PAGE_H

#include "store/check_tree.h"

enum check_page_kind {
    CHECK_BRANCH = 0x01,
    CHECK_LEAF = 0x02,
};

/* A page whose nodes all lie in it, each beside the next: no two share a byte, none is missing. */
struct check_page {
    const unsigned char *bytes;
    enum check_page_kind kind;
    size_t count; /* of nodes */
};

/* Takes the page and looks at it. false, with the fault set, if it is not sound. */
bool check_page_open(struct check_file *file, uint64_t number, enum check_page_kind kind,
        struct check_page *ret_page);

/* The key of a node, and, on a branch, the page below it. */
struct span check_page_key(const struct check_page *page, size_t at);
uint64_t check_page_child(const struct check_page *page, size_t at);

/* A node of a leaf, whose pages of its own, if its data is large, are taken and counted. */
bool check_page_entry(struct check_file *file, const struct check_page *page, size_t at,
        struct check_entry *ret_entry, uint64_t *overflow_pages);

#endif
