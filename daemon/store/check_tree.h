/*
 * The part of check.c that knows LMDB's pages: walks one tree, all bounds checked.
 */
#ifndef GHOSTKEYD_STORE_CHECK_TREE_H
#define GHOSTKEYD_STORE_CHECK_TREE_H

#include "store/tables.h"

#define CHECK_PAGE_BYTES STORE_PAGE_BYTES
#define CHECK_NO_PAGE UINT64_MAX /* the root of an empty tree */
#define CHECK_DEPTH_MAX 32

/* As it stands in a meta page, or in a leaf of the main tree. */
struct check_tree {
    uint32_t page_bytes; /* in the tree of free pages; else 0 */
    uint16_t flags;
    uint16_t depth;
    uint64_t branch_pages;
    uint64_t leaf_pages;
    uint64_t overflow_pages;
    uint64_t entries;
    uint64_t root;
};

struct check_file {
    const unsigned char *bytes;
    uint64_t page_count;  /* that the snapshot may use */
    uint64_t pages_held;  /* that are there: LMDB does not write free ones at the end */
    unsigned char *taken; /* a bit for each; NULL: not kept */
    const char *fault;    /* the first one found */
};

/* One entry of a leaf. A tree within a tree has its struct check_tree as data. */
struct check_entry {
    struct span key;
    struct span data;
    bool is_tree;
};

/* Returns false, having set file->fault, to end the walk. */
typedef bool (*check_visitor)(
        struct check_file *file, void *userdata, const struct check_entry *entry);

/* Sets the fault if there is none yet. Returns false. */
bool check_fail(struct check_file *file, const char *fault);

/* Whether count pages from one on can be read: else they are outside, or the file is cut short. */
bool check_holds(struct check_file *file, uint64_t page, uint64_t count);

/* Marks a page as taken: false if it is outside, or was taken before. */
bool check_take(struct check_file *file, uint64_t page);

/*
 * Visits every entry of the tree in order. false, with the fault set, if a page is not sound, keys
 * are out of order, or the tree's numbers are not what was counted.
 */
bool check_walk(struct check_file *file, const struct check_tree *tree, check_visitor visit,
        void *userdata);

/* Looks up a key of bytes. false if it is not there, or the way to it is not sound. */
bool check_find(struct check_file *file, const struct check_tree *tree, struct span key,
        struct check_entry *ret_entry);

#endif
